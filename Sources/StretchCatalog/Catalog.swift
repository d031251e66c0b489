internal import StretchCore
package import StretchSQLite
internal import StretchText

/// The catalog of a local file, accessed through a connection.
///
/// All SQL for the file's `stretch_…` tables is here, in one extension per table. Every call runs
/// one or a few statements; the caller provides the transaction.
package struct Catalog {
    package let connection: Connection

    package init(_ connection: Connection) {
        self.connection = connection
    }

    /// Returns whether the file has a table of the catalog that files of older versions lack.
    func has(_ table: String) throws(SQLiteError) -> Bool {
        try connection.holds(
            "SELECT 1 FROM main.sqlite_schema WHERE name = ? COLLATE NOCASE", .text(table))
    }

    /// Whether the file is stretch-enabled.
    ///
    /// - Throws: `damaged` if an object other than an ordinary table has the name of a catalog
    ///   table, or if a catalog table has a trigger: a view can be infinite, and a trigger can
    ///   change written data.
    package var exists: Bool {
        get throws {
            let names = CatalogSchema.tableNames.map(\.quotedLiteral).joined(separator: ", ")
            let objects = try connection.stored(
                "sqlite_schema", of: .local,
                """
                SELECT type, name, tbl_name, rootpage FROM main.sqlite_schema
                WHERE type <> 'index' AND (name COLLATE NOCASE IN (\(names))
                    OR tbl_name COLLATE NOCASE IN (\(names)))
                """
            ) { row in
                (
                    type: try row.string(0), name: try row.string(1), table: try row.string(2),
                    // The root page of a view or a trigger is NULL, and that of a virtual table is
                    // 0.
                    hasPages: try row.optionalInteger(3, in: 0...Int64.max) ?? 0 > 0
                )
            }
            for (type, name, table, hasPages) in objects {
                let isTable = type.isSameText(as: "table")
                guard !isTable || !hasPages else { continue }
                throw StoredFile.local.damaged(
                    type.isSameText(as: "trigger")
                        ? "trigger \"\(name)\" is on table \"\(table)\", which belongs to Stretch"
                        : "\(isTable ? "virtual table" : type) \"\(name)\" has the name of a table "
                            + "that belongs to Stretch")
            }
            return objects.contains { $0.name.isEqualFoldingCase("stretch_database") }
        }
    }

    /// The names of the catalog's tables that the file has; a file of an older version lacks some.
    package var tableNames: [String] {
        get throws(SQLiteError) {
            let found = try connection.rows(
                "SELECT name FROM main.sqlite_schema WHERE type = 'table'"
            ).compactMap(\.[0].stringValue)
            return CatalogSchema.tableNames.filter { name in
                found.contains { $0.isSameText(as: name) }
            }
        }
    }

    /// Creates the catalog's tables and the record of the database.
    package func create(_ database: DatabaseRecord) throws(SQLiteError) {
        try connection.execute(CatalogSchema.script)
        try insert(database)
        try insertHistory(database.position)
    }

    /// Drops the catalog's tables.
    package func drop() throws(SQLiteError) {
        for name in CatalogSchema.tableNames {
            try connection.execute(one: "DROP TABLE IF EXISTS main.\(name)")
        }
    }

    // MARK: Files of version 0.1.0

    /// Whether the file has all columns of the format.
    ///
    /// A file created by version 0.1.0 lacks the causes of its tombstones.
    package var isComplete: Bool {
        get throws(SQLiteError) {
            try connection.holds(
                """
                SELECT 1 FROM pragma_table_info('stretch_tombstone', 'main') WHERE name = 'cause'
                """)
        }
    }

    /// Adds the missing columns, in the caller's transaction or in a new one.
    ///
    /// SQLite reads the schema again, so no virtual table may be in use on the connection.
    package func complete() throws {
        guard try !isComplete else { return }
        guard !connection.isInTransaction else { return try addCauses() }
        try connection.transaction(.immediate) {
            // Another program may have added them first.
            if try !isComplete { try addCauses() }
        }
    }

    private func addCauses() throws(SQLiteError) {
        try connection.execute(
            "ALTER TABLE main.stretch_tombstone ADD COLUMN cause INTEGER NOT NULL DEFAULT 1")
    }
}
