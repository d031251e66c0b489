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

    /// Changes a table's filter predicate, and resolves ambiguous changes of columns by other
    /// programs.
    ///
    /// No row is moved. A cold row that is no longer eligible stays cold.
    ///
    /// - Parameters:
    ///   - filter: The new filter predicate, or `nil` to keep it.
    ///   - renamed: The old names of renamed columns and their new names, if they cannot be
    ///     determined automatically.
    ///   - replaced: Columns that were dropped and added again under the same name.
    ///   - filled: The values of new NOT NULL columns in rows that are cold already.
    ///   - isSame: Whether the table, which another program made anew, is the old one.
    /// - Throws: `invalidArgument` for a missing table or column, or an invalid filter;
    ///   `schemaMismatch` if the change of columns is still ambiguous; `remoteUnavailable`.
    public func alter(
        filter: String? = nil, renamed: [String: String] = [:], replaced: [String] = [],
        filled: [String: Value] = [:], isSame: Bool = false
    ) throws(StretchError) {
        try database.administer {
            let table = try database.enabledTable(name)
            let hints =
                renamed.map { ColumnHint.renamed(from: $0.key, to: $0.value) }
                + replaced.map(ColumnHint.replaced) + (isSame ? [.sameTable] : [])
            let fills = Dictionary(
                filled.map { (SQLName($0.key), $0.value) }, uniquingKeysWith: { first, _ in first })
            try database.reconciler().reconcile(table.id, hints: hints, fills: fills)
            _ = try database.reconciler().reconcileAll()
            guard let filter else { return }
            if table.follows == nil || !filter.isEmpty {
                try database.checkFilter(filter, schema: try database.schema(of: table))
            }
            try database.connection.transaction(.immediate) {
                var table = try database.enabledTable(name)
                table.filter = filter
                try database.catalog.save(table)
                try database.catalog.insertEvent(
                    time: database.configuration.now(), table: table.name, kind: .alterTable,
                    message: "the filter is now \(filter)")
            }
        }
        try database.refreshOverlay()
    }
}
