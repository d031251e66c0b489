internal import StretchCatalog
internal import StretchEndpoint

#if DEBUG
    package import StretchSQLite
#endif

/// The cold rows that are hidden while the hot rows that replace them are written.
///
/// A debug build checks after each statement whether one of them was left hidden and would be lost.
struct UnfinishedTombstones {
    #if DEBUG
        private(set) var locations: Set<ColdLocation> = []
        /// Whether rows hidden by a failed replacement are made visible again; tests disable it.
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
        /// Checks that the ended statement left no row hidden without a replacement.
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
