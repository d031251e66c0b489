internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite
internal import StretchTimeline

/// Executes the steps of a run's batches, as decided by the state machine and the plan.
///
/// It owns the step in flight. While that step runs, the plan reads the next rows, which are sent
/// to the remote ahead of their own step.
final class BatchPipeline {
    /// The recorded step in flight.
    struct Flight {
        let step: PendingStep
        /// The rows of the step, if it is a batch and they are known.
        var moving: MovingBatch?
        /// The ledger entry of a batch of an earlier run.
        var entry: LedgerEntry?
    }

    let context: RunContext
    let tally: RunTally
    let writer: LocalWriter
    let waiting: WaitingTables
    let proof: RowProof
    /// The staging of migrated rows for the RPO duration.
    let staging: MigrationStaging
    /// The fingerprints of the values of UNIQUE constraints.
    let uniques: UniqueLists

    private var machine = MigrationStateMachine()
    /// The plan of the next work.
    private(set) var plan: MigrationPlan
    var flight: Flight?
    var manifest = KeyManifest()
    private var lastError: StretchError?
    private var refusedRowCount = 0

    init(
        _ context: RunContext, tally: RunTally, writer: LocalWriter, waiting: WaitingTables,
        proof: RowProof, staging: MigrationStaging, uniques: UniqueLists
    ) {
        self.context = context
        self.tally = tally
        self.writer = writer
        self.waiting = waiting
        self.proof = proof
        self.staging = staging
        self.uniques = uniques
        plan = MigrationPlan(
            tables: [], movesRows: false, context, waiting: waiting, tally: tally,
            preparing: { $0 })
    }

    var catalog: Catalog { context.catalog }

    // MARK: The loop

    func perform(_ tables: [StretchedTable], movesRows: Bool) throws(StretchError) {
        plan = MigrationPlan(
            tables: tables, movesRows: movesRows, context, waiting: waiting, tally: tally
        ) { [unowned self] in try withUniqueRowids($0) }
        // An uncommitted batch leaves nothing behind, and no reading thread.
        defer {
            sendAhead(nil)
            plan.dropAhead()
        }
        let start = try local { () throws in
            try context.connection.transaction(.deferred) { () throws in
                (try catalog.position(), try catalog.pending())
            }
        }
        guard let position = start.0 else {
            throw StretchError(.damaged, "the catalog of the local database has no position")
        }
        flight = start.1.map { Flight(step: $0) }
        var action = machine.handle(.started(at: position, pending: start.1))
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
            context.host.wait(duration)
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
                        Hot rows stay readable. To send the missing batches again from staging, \
                        and to see those that are lost: \(advice: .reauthorize).
                        """, cause: lastError)
            }
            return StretchError(
                .remoteMismatch,
                "the remote is not at epoch \(position.epoch) of this file, nor one step ahead",
                hint: """
                    Another file extended the branch, or the remote was rolled back; hot rows \
                    stay readable. To connect the file: \(advice: .reauthorize).
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

    private func fence() throws(StretchError) -> MigrationStateMachine.Event {
        guard let branch = try local({ () throws in try catalog.position() })?.branch else {
            throw StretchError(.damaged, "the catalog of the local database has no position")
        }
        return remote { () throws(StretchError) in
            .fenced(try context.endpoint.fence(branch: branch))
        }
    }

    private func lookUp() throws(StretchError) -> MigrationStateMachine.Event {
        guard let step = flight?.step else { return .superseded }
        return remote { () throws(StretchError) in
            let entry = try context.endpoint.ledgerEntry(batch: step.batch)
            flight?.entry = entry
            return .found(entry)
        }
    }

    private func confirm() throws(StretchError) -> MigrationStateMachine.Event {
        guard let position = try local({ () throws in try catalog.position() }) else {
            return .superseded
        }
        context.crash(.beforeConfirm)
        let event = remote { () throws(StretchError) in
            try context.endpoint.confirm(position)
            return .confirmed
        }
        context.crash(.afterConfirm)
        if case .confirmed = event { staging.visit() }
        return event
    }

    private func send() throws(StretchError) -> MigrationStateMachine.Event {
        guard let flight, let moving = flight.moving else { return .superseded }
        try staging.stage(moving, at: flight.step.next, context)
        context.crash(.beforeSend)
        // The next rows are read while the remote works.
        plan.startPrefetch(rowCount: writer.rowCount)
        let event = remote { () throws(StretchError) in
            try context.endpoint.commit(
                moving.batch, rows: moving.rows, from: flight.step.base, to: flight.step.next)
            return .sent
        }
        context.crash(.afterSend)
        // They are sent while this batch is read back and deleted locally.
        if case .sent = event, !context.options.shouldStop(),
            let next = plan.readFurtherAhead(rowCount: writer.rowCount)
        {
            staging.prepare(next)
            sendAhead(next)
        }
        return event
    }

    private func retire() throws(StretchError) -> MigrationStateMachine.Event {
        guard let step = flight?.step else { return .superseded }
        context.crash(.beforeRetire)
        let event = remote { () throws(StretchError) in
            try context.endpoint.retire(batch: step.batch, from: step.base, to: step.next)
            return .retired
        }
        context.crash(.afterRetire)
        return event
    }

    private func readBack() throws(StretchError) -> MigrationStateMachine.Event {
        defer { context.crash(.afterReadBack) }
        if let moving = flight?.moving {
            return remote { () throws(StretchError) in
                try remoteCopyIsEqual(to: moving) ? .readBack : .differed
            }
        }
        return try readBackResumed()
    }

    /// Reads a batch of an earlier run, whose rows are only in the remote.
    private func readBackResumed() throws(StretchError) -> MigrationStateMachine.Event {
        guard let flight, let entry = flight.entry else { return .superseded }
        let found = try local { () throws in try resumable(flight.step, entry.batch) }
        guard let (table, schema, query) = found else { return .unprovable }
        var rows: RowBuffer?
        let event = remote { () throws(StretchError) in
            rows = try context.endpoint.rows(of: entry.batch)
            return .readBack
        }
        guard let rows else { return event }
        let batch = MovingBatch(
            table: table, schema: schema, query: query, rows: rows, id: entry.batch.id,
            schemaCookie: nil, isByRowid: false)
        guard batch.batch.digest == entry.batch.digest else { return .differed }
        self.flight?.moving = batch
        return .readBack
    }

    // MARK: The plan

    private func read() throws(StretchError) -> MigrationStateMachine.Event {
        guard !context.options.shouldStop() else {
            tally.stop()
            return .exhausted
        }
        let work = try local { () throws in try plan.next(rowCount: writer.rowCount) }
        switch work {
        case nil: return .exhausted
        case .batch(let batch):
            return try begin(kind: .outbound, batch.table, batch: batch.batch.id, moving: batch)
        case .retirement(let table, let batch):
            return try begin(kind: .retirement, table, batch: batch.visible.id, moving: nil)
        }
    }

    /// Abandons a batch with a row that the remote refused, and reads half of it.
    private func narrow() throws(StretchError) -> MigrationStateMachine.Event {
        guard let moving = flight?.moving else { return .superseded }
        if !plan.narrow(moving) {
            refusedRowCount += 1
            let name = moving.table.name
            if let lastError {
                try local { () throws in
                    try context.note(
                        .rowRefused, table: name, "a row stays local: \(lastError.message)")
                }
            }
            tally.update(name, .outbound) { $0.keptRowCounts[.refused, default: 0] += 1 }
            // A remote that refuses every row has a general problem.
            if refusedRowCount >= 100, let lastError { throw lastError }
        }
        return try dropPending()
    }

    /// Reads the table's definition again after it invalidated a batch.
    func reload() throws(StretchError) {
        // The remote's definition cannot change while rows are being sent.
        sendAhead(nil)
        try waiting.reload(context)
        try local { () throws in try plan.reload() }
    }

    /// Sends rows before their step, if the remote supports this; `nil` discards them.
    private func sendAhead(_ moving: MovingBatch?) {
        let endpoint = context.endpoint as? any PipelinedEndpoint
        endpoint?.sendAhead(moving?.batch, rows: moving?.rows)
    }
}
