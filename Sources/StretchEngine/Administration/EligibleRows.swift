internal import SQLText
internal import StretchCatalog
internal import StretchCore
internal import StretchKeystore
internal import StretchMigration
internal import StretchSQLite
internal import StretchText

extension StretchDatabase {
    /// Throws unless a filter is a condition over one row of the table.
    ///
    /// SQLite checks the filter last, because it also knows the number of arguments of each
    /// function. An empty filter, which leaves eligibility to the parent table, is not checked.
    func checkFilter(_ filter: String, schema: TableSchema) throws {
        try Self.checkFilter(
            filter, schema: schema, on: connection, now: configuration.now())
    }

    static func checkFilter(
        _ filter: String, schema: TableSchema, on connection: Connection, now: String
    ) throws {
        let predicate = try FilterPredicate(parsing: filter, columns: schema.columns.map(\.name))
        // A line feed, because the filter may end in a comment.
        let condition = predicate.qualified(by: "t", now: now) + "\n"
        do {
            _ = try connection.prepare(
                "SELECT 1 FROM main.\(schema.name.quotedName) AS t WHERE (\(condition))")
        } catch {
            throw StretchError(
                .invalidArgument, "filter \"\(filter)\": \(error.message)",
                hint: "Give a condition over columns of \"\(schema.name)\" that SQLite accepts.",
                cause: error)
        }
    }

    /// Returns the number of hot rows that would be migrated now.
    func eligibleRowCount(_ table: StretchedTable, _ reader: SchemaReader) throws -> Int64 {
        guard let schema = try reader.table(table) else { return 0 }
        let query = try EligibilityQuery(
            schema, table, catalog: catalog, reader: reader, now: configuration.now())
        return try connection.integer(query.countSQL) ?? 0
    }
}
