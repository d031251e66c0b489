internal import SQLText
public import StretchCatalog
public import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
public import StretchMigration
public import StretchSQLite
internal import StretchSchema
internal import StretchText

/// The tables of a database.
public struct TablesAdministration {
    let database: StretchDatabase

    /// The table with a name, which need not exist or be stretch-enabled.
    public subscript(name: String) -> TableAdministration {
        TableAdministration(database: database, name: name)
    }

    /// Adopts changes by other programs to the definitions of stretch-enabled tables.
    ///
    /// These are added, renamed and dropped columns, and indexes.
    ///
    /// Batches keep the columns with which they were migrated; an added column has its default
    /// there.
    ///
    /// - Throws: `schemaMismatch` if a change is uncertain or a table is missing; `unsupported` for
    ///   a generated column added to a table with cold rows; all other tables are reconciled.
    ///   `remoteUnavailable` or `notPermitted` if the remote cannot get new columns now; the
    ///   migrator tries again.
    public func reconcile() throws(StretchError) {
        let reasons = try database.perform {
            let record = try database.enabledDatabase()
            let reasons = try database.reconciler().reconcileAll()
            let reader = SchemaReader(database.connection)
            for table in try database.catalog.tables() where reasons[table.id] == nil {
                try database.provisionChanged(table, reader) {
                    try database.makeEndpoint(record, as: .administrator)
                }
            }
            return reasons
        }
        try database.refreshOverlay()
        if let reason = reasons.min(by: { $0.key < $1.key })?.value { throw reason }
    }
}

/// A table of a database, by name, which need not exist or be stretch-enabled.
public struct TableAdministration {
    let database: StretchDatabase
    /// The table's name.
    public let name: String

    /// Pauses the migration of a table, in both directions; query results do not change.
    ///
    /// - Returns: The new state, which keeps the direction.
    /// - Throws: `invalidArgument` if no such stretch-enabled table exists.
    @discardableResult
    public func pause() throws(StretchError) -> MigrationState {
        try setState(isPaused: true, nil)
    }

    /// Resumes the migration of a table.
    ///
    /// - Parameter direction: The direction, or `nil` for that in which the table was paused. With
    ///   `outbound`, a table whose rows were being brought back keeps the rest in the remote.
    /// - Returns: The new state.
    /// - Throws: `invalidArgument` if no such stretch-enabled table exists.
    @discardableResult
    public func resume(
        _ direction: MigrationDirection? = nil
    ) throws(StretchError) -> MigrationState {
        try setState(isPaused: false, direction)
    }

    private func setState(
        isPaused: Bool, _ direction: MigrationDirection?
    ) throws(StretchError) -> MigrationState {
        try database.administer {
            try database.connection.transaction(.immediate) {
                var table = try database.enabledTable(name)
                let direction = direction ?? table.state.direction
                table.state = MigrationState(direction, isPaused: isPaused)
                try database.catalog.save(table)
                try database.catalog.insertEvent(
                    time: database.configuration.now(), table: table.name,
                    kind: isPaused ? .paused : EventKind(rawValue: direction.rawValue),
                    message: isPaused ? "paused" : "resumed")
                return table.state
            }
        }
    }

    /// Adopts changes by other programs to the definition of the table.
    ///
    /// - Throws: As ``TablesAdministration/reconcile()``; `invalidArgument` if no such
    ///   stretch-enabled table exists.
    package func reconcileColumns() throws(StretchError) {
        try database.perform {
            _ = try database.reconciler().reconcile(try database.enabledTable(name).id)
        }
        try database.refreshOverlay()
    }

    /// Changes a table's filter predicate or what it follows, and resolves ambiguous changes of
    /// columns by other programs.
    ///
    /// No row is moved. A cold row that is no longer eligible stays cold.
    ///
    /// - Parameters:
    ///   - filter: The new filter predicate, or `nil` to keep it.
    ///   - follows: What it follows, or `nil` to keep it.
    ///   - renamed: The old names of renamed columns and their new names, if they cannot be
    ///     determined automatically.
    ///   - replaced: Columns that were dropped and added again under the same name.
    ///   - filled: The values of new NOT NULL columns in rows that are cold already.
    ///   - isSame: Whether the table, which another program made anew, is the old one.
    ///   - isDryRun: Whether to report the result without changing anything.
    /// - Throws: `invalidArgument` for a missing table or column, or an invalid filter;
    ///   `wrongState` or `unsupported` for a parent that cannot be followed; `schemaMismatch` if
    ///   the change of columns is still ambiguous.
    @discardableResult
    public func alter(
        filter: String? = nil, follows: FollowChange? = nil, renamed: [String: String] = [:],
        replaced: [String] = [], filled: [String: Value] = [:], isSame: Bool = false,
        isDryRun: Bool = false
    ) throws(StretchError) -> AlterReport {
        let report = try database.administer {
            let table = try database.enabledTable(name)
            let hints =
                renamed.map { ColumnHint.renamed(from: $0.key, to: $0.value) }
                + replaced.map(ColumnHint.replaced) + (isSame ? [.sameTable] : [])
            let fills = Dictionary(
                filled.map { (SQLName($0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
            guard !isDryRun else {
                let change = try KnownSchema(database.connection).reading {
                    try SchemaJudge($0).judge(table, hints: hints, fills: fills)
                }
                let changed = try self.changed(
                    change.table, change.definition, filter: filter, follows: follows)
                return try database.alterReport(changed, isDryRun: true)
            }
            try database.reconciler().reconcile(table.id, hints: hints, fills: fills)
            _ = try database.reconciler().reconcileAll()
            if filter != nil || follows != nil {
                try database.connection.transaction(.immediate) {
                    let table = try database.enabledTable(name)
                    try save(
                        changed(
                            table, database.schema(of: table), filter: filter, follows: follows))
                }
            }
            return try database.alterReport(database.enabledTable(name), isDryRun: false)
        }
        try database.refreshOverlay()
        return report
    }

    /// Returns a table with another filter or parent, which are checked.
    private func changed(
        _ table: StretchedTable, _ schema: TableSchema, filter: String?, follows: FollowChange?
    ) throws -> StretchedTable {
        var table = table
        if let filter { table.filter = filter }
        if let follows {
            try FollowCheck(schema: schema, enabled: database.catalog.tables())
                .apply(follows, to: &table)
        }
        let needsFilter = table.follows == nil || !(filter ?? "").isEmpty
        if needsFilter, filter != nil || follows != nil {
            try database.checkFilter(table.filter, schema: schema)
        }
        return table
    }

    private func save(_ table: StretchedTable) throws {
        try database.catalog.save(table)
        try database.catalog.insertEvent(
            time: database.configuration.now(), table: table.name, kind: .alterTable,
            message: "the filter is now \(table.filter)"
                + (table.follows.map { "; it follows \($0)" } ?? ""))
    }
}
