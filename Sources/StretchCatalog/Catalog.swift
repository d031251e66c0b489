internal import StretchCore
package import StretchSQLite
internal import StretchText

/// The catalog of one local file, read and written through a connection.
///
/// All SQL over the file's `stretch_…` tables is here: an extension for each table reads its rows
/// into one record. Every call is one statement or few; the caller holds the transaction that makes
/// them one.
package struct Catalog {
    package let connection: Connection

    package init(_ connection: Connection) {
        self.connection = connection
    }

    /// Whether the file is stretch-enabled.
    ///
    /// - Throws: `damaged` where anything but a plain table has the name of one of the catalog's,
    ///   or a trigger is on it: a view can be endless, and a trigger changes what is written.
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
                    // A view or a trigger has none, and a virtual table has 0.
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

    /// Makes the catalog's tables and the row about the database.
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
}
