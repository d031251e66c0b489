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
        let report = try migrator.migrate(options, progress: progress)
        if report.rowCount > 0 {
            // Rows that moved are no witnesses any more of how their table was. The run is complete
            // without new ones, and the next run records them if the file is locked now.
            _ = try? SchemaReconciler(migrator.schema, configuration).reconcileAll()
        }
        return report
    }

    func makeMigrator() throws(StretchError) -> Migrator {
        _ = try perform { try enabledDatabase() }
        let migrator = try Migrator(path: path, configuration: configuration)
        let now = configuration.now()
        migrator.reconcileSchema = { schema in
            var waiting = try self.reconcile(schema)
            try schema.reading { reader in
                let tables = try Catalog(reader.connection).tables()
                let enabled = Set(tables.map { SQLName($0.name) })
                for table in tables where table.state == .outbound && waiting[table.id] == nil {
                    do {
                        try StretchDatabase.checkTable(
                            table, enabled: enabled, from: reader, now: now)
                    } catch let error as StretchError {
                        waiting[table.id] = error
                    }
                }
            }
            return waiting
        }
        return migrator
    }

    /// Reconciles on the migrator's connection; the remote is queried only for tables whose columns
    /// have changed since their last batch.
    ///
    /// - Returns: The reasons why tables wait, by id.
    private func reconcile(_ schema: KnownSchema) throws -> [Int64: StretchError] {
        var waiting = try SchemaReconciler(schema, configuration).reconcileAll()
        try schema.reading { reader in
            let catalog = Catalog(reader.connection)
            guard let record = try catalog.database() else { return }
            for table in try catalog.tables() where waiting[table.id] == nil {
                do {
                    try provisionChanged(table, reader) {
                        try makeEndpoint(record, as: .administrator)
                    }
                } catch let error as StretchError where error.code == .notPermitted {
                    waiting[table.id] = error
                }
            }
        }
        return waiting
    }
}
