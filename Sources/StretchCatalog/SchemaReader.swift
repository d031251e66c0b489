internal import SQLText
package import StretchSQLite
internal import StretchText

/// The definitions of schema main in one snapshot.
///
/// Data about all tables, such as the foreign keys that reference one of them, is read once, so
/// that reading all tables takes time proportional to their number. Results are cached: create a
/// reader inside each read transaction; see also ``KnownSchema``.
package final class SchemaReader {
    /// A row of `pragma_table_list`.
    package struct Entry {
        let name: String
        /// `table`, `view`, `virtual`, or `shadow`.
        package let type: String
        let isWithoutRowid: Bool
        let isStrict: Bool
    }

    package let connection: Connection
    private var entries: [SQLName: Entry]?
    private var tables: [SQLName: TableSchema?] = [:]
    private var places: [SQLName: Int64]?
    private var keysOfTables: [SQLName: [ForeignKeySchema]] = [:]
    private var keysIntoTables: [SQLName: [ForeignKeySchema]]?
    private var allKeys: [ForeignKeySchema]?
    private var triggersOfTables: [SQLName: [TriggerSchema]]?
    private var statistics: Statistics?
    private var mentionIndex: MentionIndex?
    private var contents: [SQLName: String]?

    package init(_ connection: Connection) {
        self.connection = connection
    }

    /// Returns the definition of an ordinary table by name, ignoring case.
    package func table(_ name: String) throws(SQLiteError) -> TableSchema? {
        let key = SQLName(name)
        if let known = tables[key] { return known }
        let table = try TableSchema(reading: name, from: self)
        tables[key] = .some(table)
        return table
    }

    /// Returns the row of `pragma_table_list` for a table or view of main.
    package func entry(_ name: String) throws(SQLiteError) -> Entry? {
        try allEntries()[SQLName(name)]
    }

    private func allEntries() throws(SQLiteError) -> [SQLName: Entry] {
        if let entries { return entries }
        var found: [SQLName: Entry] = [:]
        for row in try connection.rows(
            "SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main'")
        {
            guard let name = row[0].stringValue else { continue }
            found[SQLName(name)] = Entry(
                name: name, type: row[1].stringValue ?? "", isWithoutRowid: row[2] == 1,
                isStrict: row[3] == 1)
        }
        entries = found
        return found
    }

    // MARK: Entries

    /// Returns whether the entry of a table is behind the mark, so that the table was made after
    /// it; `nil` without a mark, or without the table.
    package func isBehindMark(_ name: String) throws(SQLiteError) -> Bool? {
        let places = try allPlaces()
        guard let mark = places[SQLName("stretch_mark")], let place = places[SQLName(name)] else {
            return nil
        }
        return place > mark
    }

    /// Returns the names of all ordinary tables, apart from those of SQLite and Stretch.
    package func ordinaryTableNames() throws(SQLiteError) -> [String] {
        try allEntries().values.filter { entry in
            let name = entry.name.foldingCase
            return entry.type.isSameText(as: "table") && !name.beginsWith("sqlite_")
                && !name.beginsWith("stretch_")
        }.map(\.name).sorted()
    }

    /// The rowid of each table in `sqlite_schema`.
    private func allPlaces() throws(SQLiteError) -> [SQLName: Int64] {
        if let places { return places }
        var found: [SQLName: Int64] = [:]
        for row in try connection.rows(
            "SELECT name, rowid FROM main.sqlite_schema WHERE type = 'table'")
        {
            guard let name = row[0].stringValue, let place = row[1].integerValue else { continue }
            found[SQLName(name)] = place
        }
        places = found
        return found
    }

    // MARK: Foreign keys

    /// Returns the foreign keys of all ordinary tables.
    package func foreignKeys() throws(SQLiteError) -> [ForeignKeySchema] {
        if let allKeys { return allKeys }
        var keys: [ForeignKeySchema] = []
        for (name, entry) in try allEntries().sorted(by: { $0.key < $1.key })
        where entry.type.isSameText(as: "table") && !name.text.foldingCase.beginsWith("sqlite_") {
            keys += try foreignKeys(of: entry.name)
        }
        allKeys = keys
        return keys
    }

    /// Returns the foreign keys of one table.
    func foreignKeys(of child: String) throws(SQLiteError) -> [ForeignKeySchema] {
        if let known = keysOfTables[SQLName(child)] { return known }
        let keys = try ForeignKeySchema.read(child: child, from: connection)
        keysOfTables[SQLName(child)] = keys
        return keys
    }

    /// Returns the foreign keys that reference a table.
    func foreignKeys(into parent: String) throws(SQLiteError) -> [ForeignKeySchema] {
        if let keysIntoTables { return keysIntoTables[SQLName(parent)] ?? [] }
        let keys = Dictionary(grouping: try foreignKeys()) { SQLName($0.parent) }
        keysIntoTables = keys
        return keys[SQLName(parent)] ?? []
    }

    // MARK: Triggers, views and full-text tables

    /// Returns the triggers on a table, ordered by name.
    func triggers(on table: String) throws(SQLiteError) -> [TriggerSchema] {
        if let triggersOfTables { return triggersOfTables[SQLName(table)] ?? [] }
        let triggers = Dictionary(
            grouping: try connection.rows(
                """
                SELECT name, tbl_name, sql FROM main.sqlite_schema WHERE type = 'trigger'
                ORDER BY name
                """
            ).map {
                TriggerSchema(
                    name: $0[0].stringValue ?? "", table: $0[1].stringValue ?? "",
                    text: $0[2].stringValue ?? "")
            }
        ) { SQLName($0.table) }
        triggersOfTables = triggers
        return triggers[SQLName(table)] ?? []
    }

    /// Returns the index of tables named in triggers and views.
    package func mentions() throws(SQLiteError) -> MentionIndex {
        if let mentionIndex { return mentionIndex }
        _ = try triggers(on: "")
        let triggers = (triggersOfTables ?? [:]).flatMap(\.value)
        let views = try connection.rows(
            "SELECT name, sql FROM main.sqlite_schema WHERE type = 'view' ORDER BY name"
        ).map { (name: $0[0].stringValue ?? "", text: $0[1].stringValue ?? "") }
        let index = MentionIndex(
            triggers: triggers.sorted { SQLName($0.name) < SQLName($1.name) }, views: views)
        mentionIndex = index
        return index
    }

    /// Returns the full-text table whose content table is an ordinary table:
    /// <https://sqlite.org/fts5.html#external_content_tables>.
    package func fullTextTable(over content: String) throws(SQLiteError) -> String? {
        if let contents { return contents[SQLName(content)] }
        var found: [SQLName: String] = [:]
        for row in try connection.rows(
            """
            SELECT name, sql FROM main.sqlite_schema
            WHERE type = 'table' AND sql LIKE 'CREATE VIRTUAL TABLE%'
            """)
        {
            guard let table = FullTextTable.contentTable(row[1].stringValue ?? "") else {
                continue
            }
            found[SQLName(table)] = row[0].stringValue ?? ""
        }
        contents = found
        return found[SQLName(content)]
    }

    // MARK: Statistics

    /// The content of `sqlite_stat1`: <https://sqlite.org/fileformat2.html#the_sqlite_stat1_table>.
    private struct Statistics {
        /// The number of rows of each table.
        var rowCounts: [ExactText: Int64] = [:]
        /// The number of rows per distinct value of each index's first 1, 2, 3 … terms.
        var rowsPerPrefix: [ExactText: [Int64]] = [:]
    }

    func estimatedRowCount(of table: String) throws(SQLiteError) -> Int64? {
        try allStatistics().rowCounts[ExactText(table)]
    }

    func rowsPerPrefix(of index: String) throws(SQLiteError) -> [Int64] {
        try allStatistics().rowsPerPrefix[ExactText(index)] ?? []
    }

    private func allStatistics() throws(SQLiteError) -> Statistics {
        if let statistics { return statistics }
        var found = Statistics()
        let isThere = try connection.integer(
            "SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_stat1'")
        let rows =
            isThere == nil
            ? [] : try connection.rows("SELECT tbl, idx, stat FROM main.sqlite_stat1")
        for row in rows {
            guard let table = row[0].stringValue, let stat = row[2].stringValue else { continue }
            // Any program may write to the table; the values are used for costs only.
            let numbers = stat.parts(between: " ", omitsEmptyParts: true).map { part in
                Int64(part).map { min(max($0, 0), 1 << 48) }
            }
            if let count = numbers.first.flatMap({ $0 }) {
                let key = ExactText(table)
                found.rowCounts[key] = max(found.rowCounts[key] ?? 0, count)
            }
            if let index = row[1].stringValue {
                found.rowsPerPrefix[ExactText(index)] = numbers.dropFirst().compactMap { $0 }
            }
        }
        statistics = found
        return found
    }
}

/// The definitions of schema main on a connection that never changes them, such as the migrator's.
///
/// Such a connection sees only committed states, which the schema version distinguishes. If a
/// transaction could change the schema and roll back, one version could have two meanings.
package final class KnownSchema {
    package let connection: Connection
    private var known: (version: Int64, reader: SchemaReader)?

    package init(_ connection: Connection) {
        self.connection = connection
    }

    /// Runs `body` in a read transaction, or in the open one, with the definitions of its snapshot.
    package func reading<Result>(_ body: (SchemaReader) throws -> Result) throws -> Result {
        try connection.reading {
            let version = try connection.integer("PRAGMA main.schema_version") ?? 0
            if let known, known.version == version { return try body(known.reader) }
            let reader = SchemaReader(connection)
            known = (version, reader)
            return try body(reader)
        }
    }

    /// Returns the definition of a table.
    package func table(_ name: String) throws -> TableSchema? {
        try reading { try $0.table(name) }
    }
}

extension Connection {
    /// Runs `body` on one snapshot: in the open transaction or in a new one.
    package func reading<Result>(_ body: () throws -> Result) throws -> Result {
        try isInTransaction ? body() : transaction(.deferred, body)
    }
}
