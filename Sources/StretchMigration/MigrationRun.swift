package import StretchCatalog
package import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchSQLite
internal import StretchTimeline

/// One run of the migrator: does what the state machine and the plan say.
package final class MigrationRun {
    let connection: Connection
    package let catalog: Catalog
    let configuration: Configuration
    let endpoint: any Endpoint
    /// The same, where it takes rows ahead.
    private var pipeline: (any PipelinedEndpoint)? { endpoint as? any PipelinedEndpoint }
    let options: MigrationOptions
    let proof: RowProof
    let wal: WALGauge
    /// Called at each numbered point; tests stop the process there.
    var atCrashPoint: ((CrashPoint) -> Void)?
    var sleep: (Duration) -> Void = { _ in }
    var progress: (MigrationProgress) -> Void = { _ in }
    /// Called with each position that the file has reached.
    var see: (TimelinePosition) throws(StretchError) -> Void = { _ in }
    var reconcileSchema: (KnownSchema) throws -> [Int64: StretchError] = { _ in [:] }
    /// Where rows that move are kept for the RPO duration.
    var staging: MigrationStaging?
    /// Why rows of tables do not move, by the tables' ids.
    package var waiting: [Int64: StretchError] = [:] {
        didSet { plan.waiting = Set(waiting.keys) }
    }

    /// What is known of the tables.
    let schema: KnownSchema
    private let rowConnection: Connection
    /// The time that filters see.
    let now: String
    /// What comes next.
    private(set) var plan: MigrationPlan

    var report = MigrationReport()
    var sizer: BatchSizer
    private var machine = MigrationStateMachine()
    /// The step in flight, as it is written down.
    var step: PendingStep?
    /// The rows of the step in flight, when it is a batch.
    var moving: MovingBatch?
    var manifest = KeyManifest()
    private var ledgerEntry: LedgerEntry?
    private var lastError: StretchError?
    private var reloadCount = 0
    private var refusedRowCount = 0

    init(
        connection: Connection, configuration: Configuration, endpoint: any Endpoint,
        options: MigrationOptions, proof: RowProof, wal: WALGauge, schema: KnownSchema,
        rowConnection: Connection
    ) {
        self.connection = connection
        self.schema = schema
        catalog = Catalog(connection)
        self.configuration = configuration
        self.endpoint = endpoint
        self.options = options
        self.rowConnection = rowConnection
        now = configuration.now()
        self.proof = proof
        self.wal = wal
        sizer = BatchSizer(
            lockBudget: options.lockBudget, fixedRowCount: options.maximumRowCount)
        plan = MigrationPlan(
            tables: [], movesRows: false, catalog: catalog, schema: schema,
            rowConnection: rowConnection, now: now, randomID: configuration.randomID,
            maximumByteCount: options.maximumBatchByteCount)
    }

    // MARK: The loop

    /// Finishes the step that an earlier run left; then takes hidden batches of the tables out of
    /// the manifest, and moves their eligible rows.
    package func perform(_ tables: [StretchedTable], movesRows: Bool) throws(StretchError) {
        plan = MigrationPlan(
            tables: tables, movesRows: movesRows, catalog: catalog, schema: schema,
            rowConnection: rowConnection, now: now, randomID: configuration.randomID,
            maximumByteCount: options.maximumBatchByteCount)
        plan.waiting = Set(waiting.keys)
        plan.passBegan = { [unowned self] table, eligibleRowCount in
            updateTable(table.name, .outbound) { $0.eligibleRowCount += eligibleRowCount }
        }
        plan.passEnded = { [unowned self] table, kept in
            updateTable(table.name, .outbound) { $0.keptRowCounts.merge(kept) { $1 } }
        }
        try perform()
    }

    private func perform() throws(StretchError) {
        // A batch that does not come to its commit leaves nothing behind, and no thread that reads.
        defer {
            pipeline?.sendAhead(nil, rows: nil)
            plan.dropAhead()
        }
        let start = try local { () throws in
            try connection.transaction(.deferred) { () throws in
                (try catalog.position(), try catalog.pending())
            }
        }
        guard let position = start.0 else {
            throw StretchError(.damaged, "the catalog of the local database has no position")
        }
        step = start.1
        var action = machine.handle(.started(at: position, pending: step))
        while true {
            if case .stop(let stop) = action {
                guard stop != .finished else { return }
                throw error(for: stop, at: position)
            }
            action = machine.handle(try perform(action))
        }
    }

    private func perform(
        _ action: MigrationStateMachine.Action
    ) throws(StretchError) -> MigrationStateMachine.Event {
        switch action {
        case .dropPending: return try dropPending()
        case .fence: return try fence()
        case .lookUp: return try lookUp()
        case .confirm: return try confirm()
        case .read: return try read()
        case .send: return try send()
        case .readBack: return try readBack()
        case .switchBatch: return try switchBatch()
        case .abandon: return try abandon()
        case .retire: return try retire()
        case .switchRetirement: return try switchRetirement()
        case .narrow: return try narrow()
        case .wait(let duration):
            sleep(duration)
            return .waited
        case .stop: preconditionFailure("the loop ends at a stop")
        }
    }

    private func error(
        for stop: MigrationStateMachine.Stop, at position: TimelinePosition
    ) -> StretchError {
        switch stop {
        case .failed:
            if let lastError { return lastError }
            return StretchError(.remoteUnavailable, "the remote failed")
        case .damaged:
            return StretchError(
                .damaged, "the remote's copy of a batch differs from the rows that were sent",
                hint: "No row was deleted. Check the remote's storage, then migrate again.",
                cause: lastError)
        case .superseded:
            return StretchError(
                .busy, "another program changed the connection to the remote during the step",
                hint: "Run the command again.")
        case .mismatch, .finished:
            if let remote = machine.remote, remote.epoch < position.epoch {
                return StretchError(
                    .remoteMismatch,
                    "the remote was rolled back to epoch \(remote.epoch), before this file's "
                        + "\(position.epoch)",
                    hint: """
                        Hot rows stay readable. `stretch reauthorize` sends the missing batches \
                        again from staging, and lists those that are lost.
                        """, cause: lastError)
            }
            return StretchError(
                .remoteMismatch,
                "the remote is not at epoch \(position.epoch) of this file, nor one step ahead",
                hint: """
                    Another file extended the branch, or the remote was rolled back; hot rows \
                    stay readable. Run `stretch reauthorize`.
                    """, cause: lastError)
        }
    }

    // MARK: Calls

    /// Runs a call of the remote; its failure is an event.
    func remote(
        _ body: () throws(StretchError) -> MigrationStateMachine.Event
    ) -> MigrationStateMachine.Event {
        do throws(StretchError) {
            return try body()
        } catch {
            lastError = error
            return .failed(error.code)
        }
    }

    package func crash(_ point: CrashPoint) { atCrashPoint?(point) }

    private func fence() throws(StretchError) -> MigrationStateMachine.Event {
        guard let branch = try local({ () throws in try catalog.position() })?.branch else {
            throw StretchError(.damaged, "the catalog of the local database has no position")
        }
        return remote { () throws(StretchError) in .fenced(try endpoint.fence(branch: branch)) }
    }

    private func lookUp() throws(StretchError) -> MigrationStateMachine.Event {
        guard let step else { return .superseded }
        return remote { () throws(StretchError) in
            let entry = try endpoint.ledgerEntry(batch: step.batch)
            ledgerEntry = entry
            return .found(entry)
        }
    }

    private func confirm() throws(StretchError) -> MigrationStateMachine.Event {
        guard let position = try local({ () throws in try catalog.position() }) else {
            return .superseded
        }
        crash(.beforeConfirm)
        let event = remote { () throws(StretchError) in
            try endpoint.confirm(position)
            return .confirmed
        }
        crash(.afterConfirm)
        if case .confirmed = event { staging?.visit() }
        return event
    }

    private func send() throws(StretchError) -> MigrationStateMachine.Event {
        guard let step, let moving else { return .superseded }
        try stageRows(of: moving, step)
        crash(.beforeSend)
        // The next rows are read while the remote works.
        plan.startPrefetch(rowCount: sizer.rowCount)
        let event = remote { () throws(StretchError) in
            try endpoint.commit(moving.batch, rows: moving.rows, from: step.base, to: step.next)
            return .sent
        }
        crash(.afterSend)
        // They travel while this batch is read back and deleted here.
        if case .sent = event, !options.shouldStop(),
            let next = plan.readFurtherAhead(rowCount: sizer.rowCount)
        {
            staging?.prepare(next)
            pipeline?.sendAhead(next.batch, rows: next.rows)
        }
        return event
    }

    private func retire() throws(StretchError) -> MigrationStateMachine.Event {
        guard let step else { return .superseded }
        crash(.beforeRetire)
        let event = remote { () throws(StretchError) in
            try endpoint.retire(batch: step.batch, from: step.base, to: step.next)
            return .retired
        }
        crash(.afterRetire)
        return event
    }

    private func readBack() throws(StretchError) -> MigrationStateMachine.Event {
        defer { crash(.afterReadBack) }
        if let moving {
            return remote { () throws(StretchError) in
                try remoteCopyIsEqual(to: moving) ? .readBack : .differed
            }
        }
        return try readBackResumed()
    }

    /// Reads a batch of an earlier run, whose rows are known to the remote only.
    private func readBackResumed() throws(StretchError) -> MigrationStateMachine.Event {
        guard let step, let entry = ledgerEntry else { return .superseded }
        let found = try local { () throws in try resumable(step, entry.batch) }
        guard let (table, schema, query) = found else { return .unprovable }
        var rows: RowBuffer?
        let event = remote { () throws(StretchError) in
            rows = try endpoint.rows(of: entry.batch)
            return .readBack
        }
        guard let rows else { return event }
        let batch = MovingBatch(
            table: table, schema: schema, query: query, rows: rows, id: entry.batch.id,
            schemaCookie: nil, isByRowid: false)
        guard batch.batch.digest == entry.batch.digest else { return .differed }
        moving = batch
        return .readBack
    }

    // MARK: The plan

    private func read() throws(StretchError) -> MigrationStateMachine.Event {
        guard !options.shouldStop() else {
            report.isStopped = true
            return .exhausted
        }
        let work = try local { () throws in try plan.next(rowCount: sizer.rowCount) }
        switch work {
        case nil: return .exhausted
        case .batch(let batch):
            return try begin(kind: .outbound, batch.table, batch: batch.batch.id, moving: batch)
        case .retirement(let table, let batch):
            return try begin(kind: .retirement, table, batch: batch.visible.id, moving: nil)
        }
    }

    /// Gives up a batch of which the remote refused a row, and reads half of it.
    private func narrow() throws(StretchError) -> MigrationStateMachine.Event {
        guard let moving else { return .superseded }
        if !plan.narrow(moving) {
            refusedRowCount += 1
            let name = moving.table.name
            if let lastError {
                try local { () throws in
                    try catalog.insertEvent(
                        time: configuration.now(), table: name, kind: "rowRefused",
                        message: "a row stays local: \(lastError.message)")
                }
            }
            updateTable(name, .outbound) { $0.keptRowCounts[.refused, default: 0] += 1 }
            // A remote that refuses every row has another trouble than one row.
            if refusedRowCount >= 100, let lastError { throw lastError }
        }
        return try dropPending()
    }

    /// Reads the table's definition again, after a batch that it made worthless.
    func reload() throws(StretchError) {
        reloadCount += 1
        guard reloadCount <= 16 else {
            throw StretchError(
                .schemaMismatch, "the table's definition changes while its rows move",
                hint: "Run the migration when the schema is stable.")
        }
        // The remote's definition cannot change under rows that are on their way.
        pipeline?.sendAhead(nil, rows: nil)
        try local { () throws in
            waiting = try reconcileSchema(schema)
            try plan.reload()
        }
    }
}
