internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite
internal import StretchText

/// The statements with which scans of one table filter rows.
///
/// All scans share them, because each is reset after every use.
final class ColdRowStatements {
    private unowned let connection: Connection
    let tombstones: TombstoneLookup
    /// Finds a hot row by its key; `nil` if keys do not identify rows.
    let shadow: Statement?
    /// Finds a hot row in a range of rowids; `nil` if rowids are not keys.
    let shadowRange: Statement?
    /// Finds a hot row in a range of the key's first column.
    ///
    /// `nil` if keys do not identify rows, or if their collation differs from that of the column.
    let leadingKeys: Statement?
    /// Finds hot rows by rowid; `nil` if a column of the table holds the rowid, or without one.
    let rowids: HotRowids?
    private var comparisons: [IndexRequest.Operator: Statement] = [:]

    init(_ schema: TableSchema, on connection: Connection) throws {
        self.connection = connection
        tombstones = try TombstoneLookup(on: connection)
        let name = schema.name.quotedName
        let columns = schema.key.map { "h.\(schema.columns[$0].name.quotedName)" }
        let condition = schema.keyCondition("h", firstParameter: 1)
        shadow =
            schema.keyKind.isKeyed
            ? try connection.prepare("SELECT 1 FROM main.\(name) AS h WHERE \(condition)") : nil
        shadowRange =
            schema.keyKind == .rowid
            ? try connection.prepare(
                "SELECT 1 FROM main.\(name) AS h WHERE \(columns[0]) BETWEEN ? AND ? LIMIT 1") : nil
        rowids = try HotRowids(schema, on: connection)
        let leading = schema.keyTerms.first
        leadingKeys =
            leading?.needsCollation == false && schema.keyKind.isKeyed
            ? try connection.prepare(
                "SELECT 1 FROM main.\(name) AS h WHERE \(columns[0]) BETWEEN ? AND ? LIMIT 1") : nil
    }

    /// Returns a statement that compares an integer with a value as SQLite compares a column.
    func comparison(_ sign: IndexRequest.Operator) throws -> Statement {
        if let known = comparisons[sign] { return known }
        // A CAST expression has an affinity, like the column: https://sqlite.org/datatype3.html
        let made = try connection.prepare("SELECT CAST(?1 AS INTEGER) \(sign.sql) ?2")
        comparisons[sign] = made
        return made
    }
}
