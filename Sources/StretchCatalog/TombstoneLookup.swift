internal import StretchCore
package import StretchEndpoint
package import StretchSQLite

/// Prepared lookups of tombstones, which all scans share because they are reset after every use.
package final class TombstoneLookup {
    private let ordinals: Statement
    private let counts: Statement

    package init(on connection: Connection) throws(SQLiteError) {
        ordinals = try connection.prepare(
            "SELECT ordinal FROM main.stretch_tombstone WHERE batch = ? AND ordinal BETWEEN ? AND ?"
        )
        counts = try connection.prepare(
            """
            SELECT count(*), count(*) FILTER (WHERE ordinal NOT BETWEEN 0 AND ?2 - 1)
            FROM main.stretch_tombstone WHERE batch = ?1
            """)
    }

    /// Returns whether a tombstone hides one of a batch's rows.
    package func hidesRow(
        ofBatch number: Int64, from first: Int64, through last: Int64
    ) throws(SQLiteError) -> Bool {
        defer { ordinals.reset() }
        try bind(number, first, last)
        return try ordinals.step()
    }

    /// Calls `body` with the ordinals of a batch's hidden rows.
    package func forEachHiddenOrdinal(
        ofBatch number: Int64, from first: Int64, through last: Int64, _ body: (Int64) -> Void
    ) throws {
        defer { ordinals.reset() }
        try bind(number, first, last)
        let row = StoredRow(ordinals, table: "stretch_tombstone", file: .local)
        while try ordinals.step() { body(try row.integer(0, in: first...last)) }
    }

    private func bind(_ number: Int64, _ first: Int64, _ last: Int64) throws(SQLiteError) {
        try ordinals.bind(integer: number, at: 1)
        try ordinals.bind(integer: first, at: 2)
        try ordinals.bind(integer: last, at: 3)
    }

    /// Returns the number of a batch's hidden rows.
    ///
    /// - Throws: `damaged` if a tombstone hides a row that the batch does not have.
    package func count(of batch: VisibleBatch) throws -> Int64 {
        defer { counts.reset() }
        try counts.bind(integer: batch.number, at: 1)
        try counts.bind(integer: batch.rowCount, at: 2)
        _ = try counts.step()
        let strayCount = counts.integer(1)
        guard strayCount == 0 else {
            throw StoredFile.local.damaged(
                "\(strayCount) tombstones of batch \(batch.number) hide rows that it does not have")
        }
        return counts.integer(0)
    }
}
