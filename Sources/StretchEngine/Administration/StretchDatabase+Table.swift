internal import SQLText
internal import StretchCatalog
internal import StretchCore
internal import StretchKeystore
internal import StretchSQLite
internal import StretchSchema
internal import StretchText

extension StretchDatabase {
    /// Returns a stretch-enabled table.
    ///
    /// - Throws: `wrongState` when the database is not enabled; `invalidArgument` if the table is
    ///   not.
    func enabledTable(_ name: String) throws -> StretchedTable {
        _ = try enabledDatabase()
        if let table = try catalog.table(named: name) { return table }
        let names = try catalog.tables().map(\.name).joined(separator: ", ")
        throw StretchError(
            .invalidArgument, "table \"\(name)\" is not stretch-enabled",
            hint: names.isEmpty
                ? "Enable it first: \(advice: .enableTable(name))."
                : "The stretch-enabled tables are: \(names).")
    }

    /// Returns the definition of a stretch-enabled table.
    ///
    /// - Throws: `schemaMismatch` if another program dropped or renamed the table.
    func schema(of table: StretchedTable) throws -> TableSchema {
        guard let schema = try TableSchema(reading: table.name, from: connection) else {
            throw TableInspection.vanished(table)
        }
        return schema
    }

    /// Throws if a later change of the schema prevents the migration of the table.
    ///
    /// Any program may change the file, so this is checked before each migration.
    ///
    /// - Parameter enabled: The names of the stretch-enabled tables.
    static func checkTable(
        _ table: StretchedTable, enabled: Set<SQLName>, from reader: SchemaReader, now: String
    ) throws {
        let inspection = try TableInspection(table.name, from: reader)
        try inspection.check(enabled: enabled)
        guard table.follows == nil || !table.filter.isEmpty else { return }
        try checkFilter(
            table.filter, schema: inspection.schema, on: reader.connection, now: now)
    }

    func localRowCount(_ name: String) throws(SQLiteError) -> Int64 {
        try connection.integer("SELECT count(*) FROM main.\(name.quotedName)") ?? 0
    }

    /// Returns a number that every change of the schema changes:
    /// <https://sqlite.org/pragma.html#pragma_schema_version>.
    func schemaCookie() throws(SQLiteError) -> Int64 {
        try connection.integer("PRAGMA main.schema_version") ?? 0
    }

    /// Returns the number of cold rows that are not hidden by a tombstone.
    func coldRowCount(_ table: StretchedTable) throws -> Int64 {
        let counts = try catalog.counts(table: table.id)
        return counts.visibleRows
    }
}
