internal import StretchCatalog
public import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
public import StretchMigration
internal import StretchSQLite
internal import StretchSchema
internal import StretchText

extension StretchDatabase {
    /// Migrates eligible rows to the remote, and continues bringing back tables in state `inbound`.
    ///
    /// It uses a separate connection, so that applications can continue. After an error every row
    /// is either hot or cold, never both, and the next run continues from there.
    ///
    /// - Parameters:
    ///   - tables: The tables, or `nil` for all that are not paused.
    ///   - batchRowCount: The number of rows in each batch, or `nil` to adapt to the lock budget.
    ///   - lockBudget: How long a batch may hold the write lock.
    ///   - shouldStop: Called between batches.
    ///   - progress: Called after each batch.
    /// - Throws: `wrongState` when the database is not enabled; `unsupported` if a later change of
    ///   the schema prevents migration; `busy` while another migrator runs; `remoteUnavailable`,
    ///   `remoteMismatch`, `schemaMismatch`.
    @discardableResult
    public func migrate(
        tables: [String]? = nil, batchRowCount: Int? = nil,
        lockBudget: Duration = .milliseconds(50), shouldStop: @escaping () -> Bool = { false },
        progress: @escaping (MigrationProgress) -> Void = { _ in }
    ) throws(StretchError) -> MigrationReport {
        let migrator = try makeMigrator()
        var options = MigrationOptions()
        options.tables = tables
        options.maximumRowCount = batchRowCount
        options.lockBudget = lockBudget
        options.shouldStop = shouldStop
        return try migrator.migrate(options, progress: progress)
    }

    func makeMigrator() throws(StretchError) -> Migrator {
        _ = try perform { try enabledDatabase() }
        let migrator = try Migrator(path: path, configuration: configuration)
        let now = configuration.now()
        migrator.reconcileSchema = { schema in
            let waiting = try self.reconcile(schema)
            try schema.reading { reader in
                let tables = try Catalog(reader.connection).tables()
                let enabled = Set(tables.map { SQLName($0.name) })
                for table in tables where table.state == .outbound {
                    try StretchDatabase.checkTable(
                        table, enabled: enabled, from: reader, now: now)
                }
            }
            return waiting
        }
        return migrator
    }

    /// Reconciles on the migrator's connection; the remote is queried only if columns differ.
    ///
    /// - Returns: The reasons why tables wait for the owner of the remote, by table id.
    private func reconcile(_ schema: KnownSchema) throws -> [Int64: StretchError] {
        let (connection, record, changed) = try schema.reading { reader in
            let catalog = Catalog(reader.connection)
            let changed = try catalog.tables().filter { table in
                try reader.table(table.name).map { !isReconciled(table, schema: $0) } ?? true
            }
            return (reader.connection, try catalog.database(), changed)
        }
        guard !changed.isEmpty, let record else { return [:] }
        let reconciler = SchemaReconciler(
            connection: connection, configuration: configuration,
            endpoint: try makeEndpoint(record, as: .administrator))
        var waiting: [Int64: StretchError] = [:]
        for table in changed {
            do {
                try reconciler.reconcile(table.id)
            } catch let error as StretchError {
                guard error.code == .notPermitted else { throw error }
                waiting[table.id] = error
            }
        }
        return waiting
    }
}
