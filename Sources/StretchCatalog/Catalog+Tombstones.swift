internal import StretchCore
package import StretchEndpoint
package import StretchSQLite

/// `stretch_tombstone`: the hidden cold rows.
extension Catalog {
    /// Hides one cold row; hiding it again changes nothing.
    ///
    /// - Returns: Whether it was visible.
    @discardableResult
    package func insertTombstone(
        _ location: ColdLocation, _ cause: TombstoneCause
    ) throws(SQLiteError) -> Bool {
        try connection.run(
            "INSERT OR IGNORE INTO main.stretch_tombstone VALUES(?, ?, ?)",
            .integer(location.batchNumber), .integer(location.ordinal), .integer(cause.rawValue))
        return connection.changeCount > 0
    }

    /// Records that a hot row has replaced a hidden one.
    package func finishTombstone(_ location: ColdLocation) throws(SQLiteError) {
        try connection.run(
            "UPDATE main.stretch_tombstone SET cause = ? WHERE batch = ? AND ordinal = ?",
            .integer(TombstoneCause.replaced.rawValue), .integer(location.batchNumber),
            .integer(location.ordinal))
    }

    /// Makes a hidden cold row visible again.
    package func removeTombstone(_ location: ColdLocation) throws(SQLiteError) {
        try connection.run(
            "DELETE FROM main.stretch_tombstone WHERE batch = ? AND ordinal = ?",
            .integer(location.batchNumber), .integer(location.ordinal))
    }

    /// Hides all rows of a batch.
    package func hideAll(_ batch: VisibleBatch, _ cause: TombstoneCause) throws {
        try complete()
        try connection.run(
            """
            WITH RECURSIVE row(ordinal) AS (
                SELECT 0 UNION ALL SELECT ordinal + 1 FROM row WHERE ordinal + 1 < ?2)
            INSERT OR IGNORE INTO main.stretch_tombstone SELECT ?1, ordinal, ?3 FROM row
            """, .integer(batch.number), .integer(batch.rowCount), .integer(cause.rawValue))
    }

    /// Returns whether a tombstone hides the row.
    package func isHidden(_ location: ColdLocation) throws(SQLiteError) -> Bool {
        try connection.holds(
            "SELECT 1 FROM main.stretch_tombstone WHERE batch = ? AND ordinal = ?",
            .integer(location.batchNumber), .integer(location.ordinal))
    }

    /// Returns the ordinals of a batch's hidden rows.
    package func hiddenOrdinals(batchNumber: Int64) throws -> [Int64] {
        try ordinals("WHERE batch = ?", .integer(batchNumber))
    }

    /// Returns the ordinals of a batch's rows that are hidden without a replacement.
    package func unfinishedOrdinals(batchNumber: Int64) throws -> [Int64] {
        // Rows hidden by version 0.1.0 were deleted or replaced; see `complete()`.
        guard try isComplete else { return [] }
        return try ordinals(
            "WHERE batch = ? AND cause = ?", .integer(batchNumber),
            .integer(TombstoneCause.unfinished.rawValue))
    }

    private func ordinals(_ which: String, _ values: Value...) throws -> [Int64] {
        try connection.stored(
            "stretch_tombstone", of: .local,
            "SELECT batch, ordinal FROM main.stretch_tombstone \(which)", values
        ) { try $0.integer(1, in: Int64.min...Int64.max) }
    }

    /// Returns the number of tombstones of all batches.
    package func hiddenRowCount() throws(SQLiteError) -> Int64 {
        try connection.count("SELECT count(*) FROM main.stretch_tombstone")
    }

    /// Returns the number of tombstones of a batch.
    package func hiddenRowCount(batchNumber: Int64) throws(SQLiteError) -> Int64 {
        try connection.count(
            "SELECT count(*) FROM main.stretch_tombstone WHERE batch = ?", .integer(batchNumber))
    }

    /// Returns the number of tombstones of missing batches.
    package func strayTombstoneCount() throws(SQLiteError) -> Int64 {
        try connection.count(
            """
            SELECT count(*) FROM main.stretch_tombstone
            WHERE batch NOT IN (SELECT number FROM main.stretch_batch)
            """)
    }
}
