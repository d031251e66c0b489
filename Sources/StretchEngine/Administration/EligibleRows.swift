internal import SQLText
internal import StretchCatalog
internal import StretchCore
internal import StretchKeystore
internal import StretchMigration
internal import StretchSQLite
internal import StretchSchema
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

    /// Returns remarks on a table's filter and on what it follows.
    func advice(on table: StretchedTable, _ inspection: TableInspection) throws -> [String] {
        var advice: [String] = []
        if !table.filter.isEmpty {
            advice += try FilterRemarks(
                filter: table.filter, schema: inspection.schema, on: connection,
                now: configuration.now()
            ).all()
        }
        if !table.followTerms.isEmpty, let parent = try catalog.table(named: table.follows ?? ""),
            let key = FollowCheck.key(of: table, inspection.schema, parent: parent)
        {
            advice += try inspection.advice(following: key)
        }
        return advice
    }

    /// Returns the report on a table that is, or would be, stretch-enabled.
    func report(
        _ table: StretchedTable, _ inspection: TableInspection, _ uniqueScope: UniqueScope,
        isDryRun: Bool
    ) throws -> TableReport {
        let tables = try catalog.tables()
        return TableReport(
            name: table.name, filterPredicate: table.filter, follows: table.follows,
            followColumns: FollowCheck.columns(of: table, among: tables),
            isDryRun: isDryRun, localRows: try localRowCount(table.name),
            eligibleRows: try eligibleRowCount(table, inspection.reader),
            unenforcedConstraints: inspection.schema.unenforcedConstraints(uniqueScope),
            advice: try advice(on: table, inspection)
                + inspection.advice(enabled: Set(tables.map { SQLName($0.name) })))
    }

    /// Returns the report on a table that was, or would be, altered.
    func alterReport(
        _ table: StretchedTable, isDryRun: Bool
    ) throws -> AlterReport {
        let inspection = try TableInspection(table.name, from: SchemaReader(connection))
        // What keeps the table from migrating is no reason against the change.
        return AlterReport(
            name: table.name, isDryRun: isDryRun, filterPredicate: table.filter,
            follows: table.follows,
            followColumns: FollowCheck.columns(of: table, among: try catalog.tables()),
            localRows: try localRowCount(table.name),
            eligibleRows: try? eligibleRowCount(table, inspection.reader),
            advice: (try? advice(on: table, inspection)) ?? [])
    }
}
