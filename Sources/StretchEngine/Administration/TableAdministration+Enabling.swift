public import StretchCatalog
public import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
public import StretchMigration
internal import StretchSQLite
internal import StretchSchema
internal import StretchText

extension TableAdministration {
    /// Stretch-enables a table, whose eligible rows can then be migrated to the remote.
    ///
    /// After an error the table is unchanged; at most, an empty relation remains in the remote.
    ///
    /// - Parameters:
    ///   - filter: A condition over the table's columns; rows that meet it are eligible. It may be
    ///     empty if the table follows another one.
    ///   - follows: A parent, itself stretch-enabled, to which a foreign key of this table leads; a
    ///     row is then eligible if it meets the filter and its parent row is eligible or cold.
    ///   - columns: The columns by which the table follows the parent, if no foreign key leads
    ///     there. A row whose parent row does not exist counts as one whose parent row is cold.
    ///   - isPaused: Whether migration waits for ``resume(_:)``.
    ///   - uniqueScope: The rows among which UNIQUE constraints beside the key hold.
    ///   - isDryRun: Whether to report the result without changing anything. The remote is not
    ///     asked.
    /// - Returns: The constraints that are no longer enforced, and advice.
    /// - Throws: `unsupported` with the reason why this table cannot be stretched;
    ///   `invalidArgument` for a missing table or an invalid filter; `wrongState` if the table is
    ///   already enabled; `remoteUnavailable`; `notPermitted` if the login may not create the
    ///   table's relation in the remote.
    @discardableResult
    public func enable(
        filter: String, follows: String? = nil, on columns: [FollowColumn] = [],
        isPaused: Bool = false, uniqueScope: UniqueScope = .all, isDryRun: Bool = false
    ) throws(StretchError) -> TableReport {
        let report = try database.administer {
            try database.configuration.keystore?.requireArchive()
            let record = try database.enabledDatabase()
            try refuseEnabled()
            let version = try database.schemaCookie()
            let inspection = try TableInspection(name, from: SchemaReader(database.connection))
            let enabled = try database.catalog.tables()
            let names = Set(enabled.map { SQLName($0.name) })
            try inspection.check(enabled: names)
            let schema = inspection.schema
            var table = makeTable(schema, filter: filter, isPaused: isPaused)
            if let follows {
                try FollowCheck(schema: schema, enabled: enabled)
                    .apply(.parent(follows, on: columns), to: &table)
            }
            if follows == nil || !filter.isEmpty {
                try database.checkFilter(filter, schema: schema)
            }
            guard !isDryRun else {
                return try database.report(
                    table, inspection, uniqueScope, isDryRun: true)
            }
            var relation = Relation(table, schema: schema)
            try relation.findExamples(schema: schema, on: database.connection)
            try database.makeEndpoint(record, as: .administrator).provision(
                relation,
                hint: "The owner's login is needed: \(advice: .nameLogin).")
            let saved = try save(
                new: table, schemaCookie: version, uniqueScope: uniqueScope)
            return try database.report(saved, inspection, uniqueScope, isDryRun: false)
        }
        try database.refreshOverlay()
        return report
    }

    private func refuseEnabled() throws {
        guard let table = try database.catalog.table(named: name) else { return }
        throw StretchError(
            .wrongState, "table \"\(table.name)\" is stretch-enabled already",
            hint: "To change its filter: \(advice: .changeFilter(table: table.name)).")
    }

    private func makeTable(
        _ schema: TableSchema, filter: String, isPaused: Bool
    ) -> StretchedTable {
        let randomID = database.configuration.randomID
        // No batch is older than these columns, so their default is never used.
        let columns = schema.columns.map {
            CatalogColumn($0, id: randomID(), defaultValue: .null, added: 1)
        }
        let rowid = CatalogColumn(rowidOf: schema, id: randomID(), added: 1)
        return StretchedTable(
            id: 0, name: schema.name, relation: randomID(), filter: filter,
            state: isPaused ? .paused : .outbound, schemaVersion: 1,
            columns: columns + [rowid].compactMap(\.self))
    }

    /// Records the table under the write lock, if the schema is still as inspected.
    private func save(
        new table: StretchedTable, schemaCookie: Int64, uniqueScope: UniqueScope
    ) throws -> StretchedTable {
        try database.connection.transaction(.immediate) {
            try refuseEnabled()
            guard try database.schemaCookie() == schemaCookie else {
                throw StretchError(
                    .busy, "another program changed the schema in the meantime", hint: "Try again.")
            }
            let last = try database.catalog.tables().last?.id ?? 0
            guard last < ClosedRange.numbers.upperBound else {
                throw StoredFile.local.damaged("table \"stretch_table\" has an id of \(last)")
            }
            var saved = StretchedTable(
                id: last + 1, name: table.name, relation: table.relation, filter: table.filter,
                follows: table.follows, state: table.state, schemaVersion: table.schemaVersion,
                columns: table.columns)
            saved.followTerms = table.followTerms
            try database.catalog.save(saved)
            if uniqueScope == .all { try database.catalog.addUniqueRelation(saved.relation) }
            try database.reconciler().recordEnabled(saved)
            try database.catalog.insertEvent(
                time: database.configuration.now(), table: saved.name, kind: .enableTable,
                message: "enabled with filter \(saved.filter)")
            return saved
        }
    }
}
