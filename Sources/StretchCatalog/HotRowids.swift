package import StretchSQLite
internal import StretchText

/// Finds hot rows by a rowid that no column of their table holds.
package final class HotRowids {
    private let statement: Statement

    /// - Returns: `nil` for a table without such rowids.
    package init?(_ schema: TableSchema, on connection: Connection) throws(SQLiteError) {
        guard schema.hasUnnamedRowid, let rowid = schema.rowidName else { return nil }
        statement = try connection.prepare(
            """
            SELECT 1 FROM main.\(schema.name.quotedName) AS h \
            WHERE h.\(rowid) BETWEEN ? AND ? LIMIT 1
            """)
    }

    /// Returns whether a hot row has a rowid of the range.
    package func isThere(_ range: ClosedRange<Int64>) throws(SQLiteError) -> Bool {
        defer { statement.reset() }
        try statement.bind(integer: range.lowerBound, at: 1)
        try statement.bind(integer: range.upperBound, at: 2)
        return try statement.step()
    }

    /// Returns whether a hot row has the rowid.
    package func isThere(_ rowid: Int64) throws(SQLiteError) -> Bool { try isThere(rowid...rowid) }

    /// Returns a rowid, if there is one and no hot row has it.
    package func free(_ rowid: Int64?) throws(SQLiteError) -> Int64? {
        guard let rowid, try !isThere(rowid) else { return nil }
        return rowid
    }
}
