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

    /// Notes that a hot row has taken the place of a hidden one.
    package func finishTombstone(_ location: ColdLocation) throws(SQLiteError) {
        try connection.run(
            "UPDATE main.stretch_tombstone SET cause = ? WHERE batch = ? AND ordinal = ?",
            .integer(TombstoneCause.replaced.rawValue), .integer(location.batchNumber),
            .integer(location.ordinal))
    }

    /// Shows a hidden cold row again.
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

    /// Whether a tombstone hides the row.
    package func isHidden(_ location: ColdLocation) throws(SQLiteError) -> Bool {
        try connection.holds(
            "SELECT 1 FROM main.stretch_tombstone WHERE batch = ? AND ordinal = ?",
            .integer(location.batchNumber), .integer(location.ordinal))
    }

    /// The ordinals of a batch's rows that tombstones hide.
    package func hiddenOrdinals(batchNumber: Int64) throws -> [Int64] {
        try ordinals("WHERE batch = ?", .integer(batchNumber))
    }

    /// The ordinals of a batch's rows that are hidden although nothing took their place.
    package func unfinishedOrdinals(batchNumber: Int64) throws -> [Int64] {
        // What version 0.1.0 hid was deleted or replaced; see `complete()`.
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

    /// The number of tombstones of all batches.
    package func hiddenRowCount() throws(SQLiteError) -> Int64 {
        try connection.count("SELECT count(*) FROM main.stretch_tombstone")
    }

    /// The number of tombstones of a batch.
    package func hiddenRowCount(batchNumber: Int64) throws(SQLiteError) -> Int64 {
        try connection.count(
            "SELECT count(*) FROM main.stretch_tombstone WHERE batch = ?", .integer(batchNumber))
    }

    /// The number of tombstones of batches that are not there.
    package func strayTombstoneCount() throws(SQLiteError) -> Int64 {
        try connection.count(
            """
            SELECT count(*) FROM main.stretch_tombstone
            WHERE batch NOT IN (SELECT number FROM main.stretch_batch)
            """)
    }
}
