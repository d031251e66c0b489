internal import Foundation
package import StretchCatalog
package import StretchCore
internal import StretchEndpoint
package import StretchKeystore
package import StretchSQLite
internal import StretchText

/// Migrates rows between one local file and its remote, on a separate connection.
///
/// Triggers and foreign-key actions are disabled on that connection, because migration does not
/// change a row for the application. Every commit is durable before the next step starts.
package final class Migrator {
    package let path: String
    package let configuration: Configuration
    /// Updates catalog and remote to the definitions of main's tables; by default, a difference is
    /// an error.
    ///
    /// It returns the reasons why tables must wait, by id; the other tables continue.
    package var reconcileSchema: (KnownSchema) throws -> [Int64: StretchError]
    /// Called at each numbered point; tests stop the process there, or interfere.
    package var atCrashPoint: ((CrashPoint) -> Void)?
    /// Waits before a failed call of the remote is repeated.
    package var sleep: (Duration) -> Void = { Thread.sleep(forTimeInterval: $0.milliseconds / 1e3) }
    /// The report of the last run, even if it threw.
    package private(set) var lastReport = MigrationReport()

    package let connection: Connection
    package let schema: KnownSchema
    private let proof = RowProof()
    private let link: FileLink?
    private var attachment: Attachment?
    private var session: (any Endpoint)?

    /// Opens a stretch-enabled file.
    ///
    /// - Throws: `invalidArgument` for a missing file; `wrongState` for one that is not enabled.
    package init(path: String, configuration: Configuration) throws(StretchError) {
        self.path = path
        self.configuration = configuration
        link = FileLink(configuration, path: path)
        reconcileSchema = {
            try $0.reading(Migrator.requireSameSchema)
            return [:]
        }
        connection = try Migrator.open(path, configuration, cacheKibibyteCount: 12_288)
        schema = KnownSchema(connection)
        try local { () throws in
            try proof.register(on: connection)
            // A checkpoint in the commit would hold the write lock; see `WALGauge`.
            try connection.execute(
                """
                PRAGMA wal_autocheckpoint = 0; PRAGMA ignore_check_constraints = ON
                """)
        }
        guard try local({ () throws in try Catalog(connection).exists }) else {
            throw StretchError(
                .wrongState, "\"\(path)\" is not stretch-enabled",
                hint: "Enable it first: \(advice: .enable).")
        }
    }

    private static func open(
        _ path: String, _ configuration: Configuration, cacheKibibyteCount: Int
    ) throws(StretchError) -> Connection {
        try GuardedFile.requireDatabase(path)
        do {
            let connection = try Connection(
                path: path, access: .readWrite, routines: configuration.routines,
                vfs: configuration.localVFS)
            connection.setBusyTimeout(milliseconds: configuration.busyTimeoutMilliseconds)
            connection.set(.triggers, false)
            connection.set(.foreignKeys, false)
            connection.forbidAttaching()
            try connection.execute("PRAGMA synchronous = FULL; PRAGMA fullfsync = ON")
            try connection.execute(one: "PRAGMA main.cache_size = -\(cacheKibibyteCount)")
            return connection
        } catch {
            guard !error.isBusy else { throw StretchError(local: error) }
            let what = "the local database cannot be opened"
            if let failure = StretchError(ofResource: error, what) {
                throw failure
            }
            throw StretchError(
                .invalidArgument, "cannot open the local database: \(error.message)",
                hint: "Name an existing SQLite file.", cause: error)
        }
    }

    /// Returns the session with the remote, opened at its first use.
    func endpoint() throws(StretchError) -> any Endpoint {
        if let session { return session }
        let made = try makeEndpoint(as: .writer)
        if let attachment, attachment.owner == nil { throw Keystore.ownsNothing(path) }
        if let link, let attachment { try link.requireSameRemote(attachment, made) }
        session = made
        return made
    }

    /// Returns the session, or a new one for a role with fewer permissions.
    func endpoint(as role: RemoteRole) throws(StretchError) -> any Endpoint {
        if let session { return session }
        return try makeEndpoint(as: role)
    }

    /// - Throws: `disconnected` for a file that must be reauthorized first; `notPermitted` for a
    ///   user who may not write to the remote.
    private func makeEndpoint(as role: RemoteRole) throws(StretchError) -> any Endpoint {
        let catalog = Catalog(connection)
        let found = try local { () throws in (try catalog.database(), try catalog.pending()) }
        guard let record = found.0 else {
            throw StretchError(.wrongState, "\"\(path)\" is not stretch-enabled")
        }
        var owner: OwnerProof?
        if let link, let keystore = configuration.keystore {
            let attachment = try link.require(record, pending: found.1)
            self.attachment = attachment
            owner = try keystore.owner(of: attachment)
        }
        return try configuration.endpoint(
            at: try EndpointAddress(parsing: record.endpoint), localPath: path, as: role,
            owner: owner)
    }

    // MARK: Runs

    /// Migrates eligible rows of tables in state `outbound`, and brings back rows of tables in
    /// state `inbound`.
    ///
    /// After an error every row is either hot or visible and cold, never both; the next run
    /// continues.
    ///
    /// - Throws: `busy` if another migrator uses the file; `remoteMismatch` if another file
    ///   extended the branch; `remoteUnavailable`; `schemaMismatch`.
    @discardableResult
    package func migrate(
        _ options: MigrationOptions = MigrationOptions(),
        progress: @escaping (MigrationProgress) -> Void = { _ in }
    ) throws(StretchError) -> MigrationReport {
        try run(options, progress) { run throws(StretchError) in
            let tables = try tables(options.tables)
            let outbound = tables.filter { $0.state.direction == .outbound }
            try run.perform(outbound, movesRows: true)
            for table in outbound where !run.tally.isStopped && run.waiting[table] == nil {
                try run.hideShadowedRows(of: table)
            }
            if !run.tally.isStopped { try run.buildIndexes(outbound) }
            for table in tables where table.state == .inbound && !run.tally.isStopped {
                guard run.waiting[table] == nil else { continue }
                try bringBackWhole(table, run)
            }
            run.noteWaiting(tables)
            run.completeUniqueLists()
        }
    }

    /// Brings back all cold rows of a table, or those that meet a condition.
    ///
    /// Without a condition the table's state is `inbound` until the last row is back, and then
    /// `paused`. A row that a UNIQUE constraint rejects stays cold; the run processes all other
    /// rows first.
    ///
    /// - Throws: `wrongState` if rows were refused, naming them; otherwise as
    /// ``migrate(_:progress:)``.
    @discardableResult
    package func bringBack(
        table name: String, where condition: String? = nil,
        options: MigrationOptions = MigrationOptions(),
        progress: @escaping (MigrationProgress) -> Void = { _ in }
    ) throws(StretchError) -> MigrationReport {
        try run(options, progress) { run throws(StretchError) in
            guard let table = try tables([name]).first else { return }
            if let reason = run.waiting[table] { throw reason }
            // Completes an earlier run's step first, and checks that the remote belongs to this
            // file.
            try run.perform([], movesRows: false)
            guard let condition else { return try bringBackWhole(table, run) }
            try run.recall(table, where: condition)
            try run.perform([table], movesRows: false)
            try run.throwConflicts()
        }
    }

    private func bringBackWhole(
        _ table: StretchedTable, _ run: MigrationRun
    ) throws(StretchError) {
        try run.setState(.inbound, of: table)
        try run.recall(table, where: nil)
        try run.perform([table], movesRows: false)
        try run.throwConflicts()
        if !run.tally.isStopped { try run.finishBringingBack(table) }
    }

    /// Acquires the lease of a connected file; no file is created beside a database of another
    /// user.
    func takeLease(timeout: Duration) throws(StretchError) -> MigratorLease {
        if let link {
            let found = try local { () throws in
                (try Catalog(connection).database(), try Catalog(connection).pending())
            }
            if let record = found.0 { try link.require(record, pending: found.1) }
        }
        let lease = try MigratorLease(
            path: path, timeout: timeout, since: configuration.now())
        // The previous holder of the lease may have changed the connection.
        link?.forget()
        return lease
    }

    /// Acquires the lease, and runs `body` with it.
    func run(
        _ options: MigrationOptions,
        _ progress: @escaping (MigrationProgress) -> Void = { _ in },
        _ body: (MigrationRun) throws(StretchError) -> Void
    ) throws(StretchError) -> MigrationReport {
        let start = ContinuousClock.now
        let lease = try takeLease(timeout: options.leaseTimeout ?? configuration.busyTimeout)
        defer { withExtendedLifetime(lease) {} }
        try local { () throws in try Catalog(connection).complete() }
        let waiting = try WaitingTables(schema, host: self)
        let endpoint = try endpoint()
        let roundTripCount = endpoint.roundTripCount
        let wal = try local { () throws in
            try WALGauge(connection) { [path, configuration] () throws(SQLiteError) in
                let reader = try Connection(
                    path: path, access: .readWrite, routines: configuration.routines,
                    vfs: configuration.localVFS)
                reader.setBusyTimeout(milliseconds: configuration.busyTimeoutMilliseconds)
                return reader
            }
        }
        let context = RunContext(
            connection: connection,
            rowConnection: try Migrator.open(path, configuration, cacheKibibyteCount: 1_024),
            schema: schema, endpoint: endpoint, configuration: configuration, options: options,
            host: self)
        let staging = try local { () throws in
            try MigrationStaging(
                path: path, configuration: configuration, catalog: context.catalog)
        }
        let tally = RunTally(
            warnings: configuration.routines.walResetWarning.map { [$0] } ?? [],
            progress: progress)
        func noteCost() {
            tally.setCost(
                roundTripCount: endpoint.roundTripCount - roundTripCount,
                walByteCount: wal.byteCount, since: start)
        }
        defer {
            noteCost()
            lastReport = tally.report
        }
        let uniques = try local { () throws in try UniqueLists(context, database: path) }
        let run = MigrationRun(
            context, tally: tally, waiting: waiting, wal: wal, proof: proof, staging: staging,
            uniques: uniques)
        // The rows of the batches of a run that fails are at hand only now.
        defer { uniques.save() }
        try body(run)
        try local { () throws in try wal.checkpoint() }
        noteCost()
        return tally.report
    }

    private func tables(_ names: [String]?) throws(StretchError) -> [StretchedTable] {
        let all = try local { () throws in try Catalog(connection).tables() }
        guard let names else { return all.filter { !$0.state.isPaused } }
        return try names.map { name throws(StretchError) in
            guard let table = all.first(where: { $0.name.isEqualFoldingCase(name) }) else {
                let others = all.map(\.name).joined(separator: ", ")
                throw StretchError(
                    .invalidArgument, "table \"\(name)\" is not stretch-enabled",
                    hint: others.isEmpty
                        ? "Enable it first: \(advice: .enableTable(name))."
                        : "The stretch-enabled tables are: \(others).")
            }
            return table
        }
    }

    /// Throws if a table of main differs from the catalog.
    package static func requireSameSchema(_ reader: SchemaReader) throws {
        for table in try Catalog(reader.connection).tables() {
            let schema = try reader.table(table)
            guard let schema,
                schema.columns.map(\.name).areSameTexts(as: table.currentColumns.map(\.name))
            else {
                throw StretchError(
                    .schemaMismatch, "table \"\(table.name)\" has other columns than it had",
                    hint: "Open the database with Stretch, which adopts the change.")
            }
        }
    }
}

extension Migrator: MigrationHost {
    func reached(_ point: CrashPoint) { atCrashPoint?(point) }

    func wait(_ duration: Duration) { sleep(duration) }

    /// Records the file's position in the keystore.
    func see(_ position: TimelinePosition) throws(StretchError) {
        guard let link, let attachment else { return }
        try link.see(position, attachment)
    }

    func reconcile(_ schema: KnownSchema) throws -> [Int64: StretchError] {
        try reconcileSchema(schema)
    }
}
