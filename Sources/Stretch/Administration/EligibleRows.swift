internal import StretchSQLite

extension StretchDatabase {
    /// The filter of a table, checked against the columns that it has now.
    func predicate(_ filter: String, schema: TableSchema) throws(StretchError) -> FilterPredicate {
        try FilterPredicate(parsing: filter, columns: schema.columns.map(\.name))
    }

    /// Throws when a filter is not a condition over one row of the table.
    ///
    /// SQLite has the last word, because it also knows how many arguments a function takes.
    func checkFilter(_ filter: String, schema: TableSchema) throws {
        let condition = try condition(filter, schema: schema, alias: "t")
        do {
            _ = try connection.prepare(
                "SELECT 1 FROM main.\(schema.name.quotedName) AS t WHERE \(condition)")
        } catch {
            throw StretchError(
                .invalidArgument, "filter \"\(filter)\": \(error.message)",
                hint: "Give a condition over columns of \"\(schema.name)\" that SQLite accepts.",
                cause: error)
        }
    }

    /// The filter as a condition with the present time put in, in parentheses.
    private func condition(
        _ filter: String, schema: TableSchema, alias: String
    ) throws(StretchError) -> String {
        let predicate = try predicate(filter, schema: schema)
        // A line feed, because the filter may end in a comment.
        return "(\(predicate.qualified(by: alias, now: configuration.now()))\n)"
    }

    /// The rows that are hot and meet the filter; of a table that follows another one, those whose
    /// parent row is eligible or cold.
    func eligibleRowCount(
        _ table: StretchedTable, schema: TableSchema
    ) throws -> Int64 {
        var conditions = [try condition(table.filter, schema: schema, alias: "t0")]
        conditions += try parentConditions(table, schema: schema, depth: 0)
        return try connection.integer(
            """
            SELECT count(*) FROM main.\(schema.name.quotedName) AS t0
            WHERE \(conditions.joined(separator: " AND "))
            """) ?? 0
    }

    /// Conditions that hold when no parent row keeps a row of `t<depth>` hot.
    private func parentConditions(
        _ table: StretchedTable, schema: TableSchema, depth: Int
    ) throws -> [String] {
        guard let follows = table.follows,
            let foreignKey = schema.parents.first(where: {
                $0.parent.isEqualFoldingCase(follows)
            }),
            let parent = try catalog.table(named: follows)
        else { return [] }
        let parentSchema = try self.schema(of: parent)
        let (child, other) = ("t\(depth)", "t\(depth + 1)")
        let join = zip(foreignKey.childColumns, foreignKey.parentColumns).map {
            "\(other).\($1.quotedName) = \(child).\($0.quotedName)"
        }
        let present = foreignKey.childColumns.map { "\(child).\($0.quotedName) IS NOT NULL" }
        var eligible = [try condition(parent.filter, schema: parentSchema, alias: other)]
        eligible += try parentConditions(parent, schema: parentSchema, depth: depth + 1)
        // A parent row that is not hot is cold: foreign keys hold across both.
        let hotParent = """
            EXISTS (SELECT 1 FROM main.\(parentSchema.name.quotedName) AS \(other)
            WHERE \(join.joined(separator: " AND "))
            AND (\(eligible.joined(separator: " AND "))) IS NOT TRUE)
            """
        return present + ["NOT \(hotParent)"]
    }
}
