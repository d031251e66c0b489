internal import StretchCatalog
internal import StretchEndpoint
package import StretchSQLite

/// The cold rows that are hidden while the hot rows that take their places are written.
///
/// A debug build asks after each statement whether one of them was left hidden: it would be lost.
struct UnfinishedTombstones {
    #if DEBUG
        private(set) var locations: Set<ColdLocation> = []
        /// Whether what a failed replacement hid is shown again; tests prove that they need it.
        var areUndone = true
    #else
        let areUndone = true
    #endif

    mutating func begin(_ location: ColdLocation) {
        #if DEBUG
            locations.insert(location)
        #endif
    }

    mutating func end(_ location: ColdLocation) {
        #if DEBUG
            locations.remove(location)
        #endif
    }

    #if DEBUG
        mutating func removeAll() -> Set<ColdLocation> {
            defer { locations = [] }
            return locations
        }
    #endif
}

#if DEBUG
    extension Overlay {
        /// Checks that the statement that has ended left no row hidden whose place nothing took.
        package func checkTombstones() throws(SQLiteError) {
            guard !unfinished.locations.isEmpty else { return }
            for location in unfinished.removeAll() where try catalog.isHidden(location) {
                throw SQLiteError(
                    extendedCode: 2,
                    message: """
                        row \(location.ordinal) of batch \(location.batchNumber) is hidden, and \
                        nothing took its place
                        """)
            }
        }
    }
#endif
