internal import SQLText
internal import StretchCore
package import StretchSQLite
internal import StretchText

/// Indexes that are dropped while a table is filled, and then rebuilt.
///
/// Building an index sorts it once, which is faster than inserting each row.
///
/// Only indexes that no constraint needs are dropped, and only if the table gets more rows than it
/// has. The results of ANALYZE are kept. No other connection may use the file in the meantime.
package struct DroppedIndexes {
    private static let statistics = ["sqlite_stat1", "sqlite_stat4"]

    private let connection: Connection
    private let table: String
    private let definitions: [String]
    private var keptStatistics: [(name: String, rows: [[Value]])] = []

    /// Drops the indexes of a table, or none.
    ///
    /// - Parameters:
    ///   - table: The table's name in schema main.
    ///   - rowCount: The number of rows to be inserted.
    ///   - connection: A connection, in a transaction.
    package init(of table: String, filledWith rowCount: Int64, on connection: Connection) throws {
        self.connection = connection
        self.table = table
        let presentCount =
            try connection.integer("SELECT count(*) FROM main.\(table.quotedName)") ?? 0
        guard rowCount > presentCount else {
            definitions = []
            return
        }
        let indexes = try connection.rows(
            """
            SELECT l.name, s.sql FROM pragma_index_list(?1, 'main') AS l
            JOIN main.sqlite_schema AS s ON s.type = 'index' AND s.name = l.name
            WHERE l."unique" = 0 AND l.origin = 'c' ORDER BY l.seq DESC
            """, .text(table)
        ).map { $0.compactMap(\.stringValue) }
        for index in indexes
        where !DependencyScan.isIndex(index[1], named: index[0], on: table) {
            throw StretchError(
                .unsupported,
                "index \"\(index[0])\" of table \"\(table)\": its text is not one CREATE INDEX",
                hint: "Drop the index, and create it again.")
        }
        definitions = indexes.map { $0[1] }
        for name in Self.statistics {
            let isThere = try connection.integer(
                "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = ?", .text(name))
            guard isThere != nil else { continue }
            let rows = try connection.rows(
                "SELECT * FROM main.\(name) WHERE tbl = ? COLLATE NOCASE", .text(table))
            keptStatistics.append((name, rows))
        }
        for index in indexes {
            try connection.execute(one: "DROP INDEX main.\(index[0].quotedName)")
        }
    }

    /// Creates the indexes again, in their original order.
    package func create() throws {
        guard !definitions.isEmpty else { return }
        try connection.authorizing({ action in
            switch action {
            case .read: true
            case .createIndex(let schema), .writeSchemaTable(let schema):
                schema.isSameText(as: "main")
            default: false
            }
        }) { () throws(SQLiteError) in
            for definition in definitions { try connection.execute(one: definition) }
        }
        for (name, rows) in keptStatistics {
            try connection.run(
                "DELETE FROM main.\(name) WHERE tbl = ? COLLATE NOCASE", .text(table))
            for row in rows {
                let marks = row.map { _ in "?" }.joined(separator: ", ")
                let statement = try connection.prepare("INSERT INTO main.\(name) VALUES(\(marks))")
                try statement.bind(row)
                try statement.run()
            }
        }
    }
}
