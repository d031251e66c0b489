internal import StretchCatalog
public import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchMigration
internal import StretchSQLite
internal import StretchSchema
internal import StretchText

extension StretchDatabase {
    /// Stretch-enables a table: its eligible rows can move to the remote from now on.
    ///
    /// After any throw the table is as it was; at worst the remote keeps an empty relation.
    ///
    /// - Parameters:
    ///   - name: An ordinary table of the file.
    ///   - filter: A condition over the table's columns; rows that meet it are eligible. It may be
    ///     empty when the table follows another one.
    ///   - follows: The parent of a foreign key of this table, itself stretch-enabled; a row is
    ///     then eligible when it meets the filter and its parent row is eligible or cold.
    ///   - isPaused: Whether rows stay until ``resumeTable(_:)``.
    /// - Returns: What the table loses, and what would make it work better.
    /// - Throws: `unsupported` with the reason why this table cannot be stretched;
    ///   `invalidArgument` for a missing table or a wrong filter; `wrongState` when the table is
    ///   enabled already; `remoteUnavailable`; `notPermitted` when the login may not make the
    ///   table's place at the remote.
    @discardableResult
    public func enableTable(
        _ name: String, filter: String, follows: String? = nil, isPaused: Bool = false
    ) throws(StretchError) -> TableReport {
        let report = try administer {
            try configuration.keystore?.requireArchive()
            let database = try enabledDatabase()
            try refuseEnabledTable(name)
            let version = try schemaCookie()
            let inspection = try TableInspection(name, from: SchemaReader(connection))
            let enabled = try catalog.tables()
            try inspection.check(enabled: Set(enabled.map { SQLName($0.name) }))
            let schema = inspection.schema
            let parent = try follows.map { name in
                try FollowCheck(schema: schema, enabled: enabled).parent(named: name)
            }
            if parent == nil || !filter.isEmpty { try checkFilter(filter, schema: schema) }
            let table = makeTable(schema, filter: filter, follows: parent, isPaused: isPaused)
            var relation = Relation(table, schema: schema)
            try relation.findExamples(schema: schema, on: connection)
            try makeEndpoint(database, as: .administrator).provision(
                relation,
                hint: "Give the owner's login: stretch table enable FILE \(schema.name) "
                    + "--filter CONDITION --login NAME.")
            let saved = try save(new: table, schemaCookie: version)
            return TableReport(
                name: schema.name, filterPredicate: filter, follows: parent,
                localRows: try localRowCount(schema.name),
                eligibleRows: try eligibleRowCount(saved, inspection.reader),
                unenforcedConstraints: inspection.unenforcedConstraints,
                advice: try inspection.advice())
        }
        try refreshOverlay()
        return report
    }

    private func refuseEnabledTable(_ name: String) throws {
        guard let table = try catalog.table(named: name) else { return }
        throw StretchError(
            .wrongState, "table \"\(table.name)\" is stretch-enabled already",
            hint: "To change its filter: stretch table alter FILE \(table.name) "
                + "--filter CONDITION.")
    }

    private func makeTable(
        _ schema: TableSchema, filter: String, follows: String?, isPaused: Bool
    ) -> StretchedTable {
        StretchedTable(
            id: 0, name: schema.name, relation: configuration.randomID(), filter: filter,
            follows: follows, state: isPaused ? .paused : .outbound, schemaVersion: 1,
            columns: schema.columns.map {
                // No batch is older than these columns, so that their default is never asked for.
                CatalogColumn(
                    $0, id: configuration.randomID(), defaultValue: .null, added: 1)
            })
    }

    /// Writes the table under the write lock, when the schema is still what was inspected.
    private func save(new table: StretchedTable, schemaCookie: Int64) throws -> StretchedTable {
        try connection.transaction(.immediate) {
            try refuseEnabledTable(table.name)
            guard try self.schemaCookie() == schemaCookie else {
                throw StretchError(
                    .busy, "another program changed the schema meanwhile", hint: "Try again.")
            }
            let last = try catalog.tables().last?.id ?? 0
            guard last < ClosedRange.numbers.upperBound else {
                throw StoredFile.local.damaged("table \"stretch_table\" has an id of \(last)")
            }
            let saved = StretchedTable(
                id: last + 1, name: table.name, relation: table.relation, filter: table.filter,
                follows: table.follows, state: table.state, schemaVersion: table.schemaVersion,
                columns: table.columns)
            try catalog.save(saved)
            try catalog.insertEvent(
                time: configuration.now(), table: saved.name, kind: "enableTable",
                message: "enabled with filter \(saved.filter)")
            return saved
        }
    }

    /// A number that every change of the schema changes:
    /// <https://sqlite.org/pragma.html#pragma_schema_version>.
    func schemaCookie() throws(SQLiteError) -> Int64 {
        try connection.integer("PRAGMA main.schema_version") ?? 0
    }
}
