package import StretchCatalog
internal import StretchCore
internal import StretchSQLite
package import StretchText

/// Checks whether a local table can be stretch-enabled, based on schema main.
///
/// The same checks are made when a table is enabled and later again, because any program may change
/// the schema of a SQLite file.
package struct TableInspection {
    /// The maximum number of columns of a table.
    ///
    /// PostgreSQL supports 1,600 and SQLite by default 2,000, of which the remote needs some.
    static let maximumColumnCount = 1_900

    package let schema: TableSchema
    package let reader: SchemaReader

    /// Finds the table.
    ///
    /// - Throws: ``StretchError`` with the reason why this object can never be stretch-enabled.
    package init(_ name: String, from reader: SchemaReader) throws {
        self.reader = reader
        try Self.refuseByName(name)
        try Self.refuseByKind(name, from: reader)
        guard let schema = try reader.table(name) else {
            throw try Self.missing(name, on: reader.connection)
        }
        self.schema = schema
    }

    /// Throws the first reason why the table cannot be stretch-enabled.
    ///
    /// - Parameter enabled: The names of the stretch-enabled tables.
    package func check(enabled: Set<SQLName>) throws {
        try refuseColumns()
        try refuseUnknownCollation()
        try refuseExternalContent()
        try TriggerInspection(schema, enabled: enabled, from: reader).check()
    }

    // MARK: The object itself

    private static func refuseByName(_ name: String) throws(StretchError) {
        for (prefix, owner) in [("sqlite_", "SQLite"), ("stretch_", "Stretch")]
        where name.foldingCase.beginsWith(prefix) {
            throw StretchError(
                .unsupported, "table \"\(name)\" belongs to \(owner) itself",
                hint: "Enable a table of the application.")
        }
    }

    private static func refuseByKind(_ name: String, from reader: SchemaReader) throws {
        guard let entry = try reader.entry(name) else {
            let schema = try reader.connection.string(
                "SELECT schema FROM pragma_table_list WHERE name = ?1 COLLATE NOCASE", .text(name))
            guard let schema else { throw try missing(name, on: reader.connection) }
            let place =
                schema.isSameText(as: "temp") ? "is temporary" : "is in an attached database"
            throw StretchError(
                .unsupported, "table \"\(name)\" \(place)",
                hint: "Only tables of the file itself can be stretched.")
        }
        let reason: String
        switch entry.type {
        case "table": return
        case "view": reason = "is a view; enable the tables that it reads"
        case "virtual": reason = "is a virtual table, whose rows belong to its module"
        case "shadow": reason = "is a shadow table, which holds the rows of a virtual table"
        default: reason = "is not an ordinary table"
        }
        throw StretchError(
            .unsupported, "\"\(name)\" \(reason)", hint: "Enable an ordinary table.")
    }

    static func missing(_ name: String, on connection: Connection) throws -> StretchError {
        let names = try connection.rows(
            """
            SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'
            AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'stretch\\_%' ESCAPE '\\'
            ORDER BY name LIMIT 20
            """
        ).compactMap(\.[0].stringValue)
        return StretchError(
            .invalidArgument, "there is no table \"\(name)\"",
            hint: names.isEmpty
                ? "The database has no tables."
                : "The tables are: \(names.joined(separator: ", ")).")
    }

    // MARK: Columns

    private func refuseColumns() throws(StretchError) {
        guard schema.columns.count <= Self.maximumColumnCount else {
            throw StretchError(
                .unsupported,
                "table \"\(schema.name)\" has \(schema.columns.count) columns, "
                    + "and a remote holds \(Self.maximumColumnCount)",
                hint: "Split the table.")
        }
        for column in schema.key.map({ schema.columns[$0] }) where column.collation == nil {
            throw StretchError(
                .unsupported,
                "key column \"\(column.name)\" of table \"\(schema.name)\" has the collation "
                    + "\"\(column.collationName)\", which only the application knows",
                hint: "Use BINARY, NOCASE or RTRIM for columns of a key.")
        }
        guard schema.keyKind == .withoutRowid || schema.rowidName != nil else {
            throw StretchError(
                .unsupported,
                "table \"\(schema.name)\" has columns named rowid, _rowid_ and oid, "
                    + "so that its rowid has no name",
                hint: "Rename one of the three columns.")
        }
    }

    /// Throws for a table whose rows only the application can delete.
    ///
    /// An index with a collation or a function of the application changes with each row.
    private func refuseUnknownCollation() throws {
        let connection = reader.connection
        let firesTriggers = connection.isEnabled(.triggers)
        connection.set(.triggers, false)
        defer { connection.set(.triggers, firesTriggers) }
        do throws(SQLiteError) {
            // Without a condition SQLite clears the table and does not look at indexes.
            _ = try connection.prepare("DELETE FROM main.\(schema.name.quotedName) WHERE 1")
        } catch {
            guard error.code == ResultCode.error else { throw error }
            throw StretchError(
                .unsupported,
                "table \"\(schema.name)\" has an index that only the application can change: "
                    + error.message,
                hint: "Drop the index, or use BINARY, NOCASE or RTRIM and functions of SQLite.",
                cause: error)
        }
    }

    // MARK: Full-text search

    /// Throws for FTS tables with `content='t'`, which read rows of `t` from schema main by rowid:
    /// <https://sqlite.org/fts5.html#external_content_tables>.
    private func refuseExternalContent() throws {
        guard let name = try reader.fullTextTable(over: schema.name) else { return }
        throw StretchError(
            .unsupported,
            "table \"\(schema.name)\" is the content of the full-text table "
                + "\"\(name)\", which would not find cold rows",
            hint: "Give the full-text table its own content, or make it contentless: both find "
                + "cold rows by their rowid.")
    }
}
