internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite

extension StretchDatabase {
    /// The number of batches hidden before the migrator retires them, which bounds the tombstones.
    private static let abandonedBatchCount = 32
    /// Failures of the remote that do not prevent abandoning.
    private static let abandonableCodes: Set<StretchError.Code> = [
        .remoteUnavailable, .remoteMismatch, .notPermitted,
    ]

    /// Removes all batches of a table from the manifest, and leaves their rows in the remote.
    ///
    /// The rows are hidden first, so that the migrator's own protocol retires the batches; a crash
    /// leaves hidden batches, which the next run of the migrator retires.
    ///
    /// - Returns: Whether the remote was updated; `false` if it was unreachable and the batches
    ///   were removed only locally.
    func abandon(_ table: StretchedTable) throws(StretchError) -> Bool {
        do {
            // What prevents the migrator prevents this too, and is found before the first write.
            try migrate(tables: [])
            try tables[table.name].pause()
            while try perform({ try hideBatches(of: table) }) {
                _ = try migrate(tables: [table.name])
            }
            return true
        } catch  where Self.abandonableCodes.contains(error.code) {
            // A step in flight may have reached the remote, and only the remote knows.
            guard try perform({ try catalog.pending() }) == nil else { throw error }
            return false
        }
    }

    /// Hides the rows of the table's next batches.
    ///
    /// - Returns: `false` if no batch is left.
    private func hideBatches(of table: StretchedTable) throws -> Bool {
        try connection.transaction(.immediate) {
            let batches = try catalog.batches(table: table.id).prefix(Self.abandonedBatchCount)
            for batch in batches {
                try catalog.hideAll(batch.visible, .abandoned)
            }
            return !batches.isEmpty
        }
    }
}
