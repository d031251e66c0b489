internal import StretchCatalog
package import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchSQLite
internal import StretchText
internal import StretchTimeline

extension MigrationRun {
    /// Runs a write transaction, and measures how long it holds the lock.
    ///
    /// - Parameter rowCount: The rows that it moves, or `nil` for a transaction that moves none.
    package func locked<Result>(
        rowCount: Int? = nil, _ body: () throws -> Result
    ) throws(StretchError) -> Result {
        var start = ContinuousClock.now
        let result = try local { () throws in
            try connection.transaction(.immediate) { () throws in
                start = ContinuousClock.now
                return try body()
            }
        }
        let time = ContinuousClock.now - start
        if let rowCount {
            report.lockTimes.record(time)
            sizer.record(rowCount: rowCount, lockTime: time)
        }
        wal.record()
        return result
    }

    /// Whether the file still has the step in flight that this run wrote.
    func isOwnStep() throws -> Bool {
        guard let step else { return false }
        return try catalog.pending() == step && catalog.position() == step.base
    }

    /// Writes a step down.
    func begin(
        kind: PendingStep.Kind, _ table: StretchedTable, batch: Int64, moving: MovingBatch?
    ) throws(StretchError) -> MigrationStateMachine.Event {
        crash(.beforeBegin)
        let written = try locked { () throws -> PendingStep? in
            guard try catalog.pending() == nil, let position = try catalog.position() else {
                return nil
            }
            let step = PendingStep(
                kind: kind, table: table.id, batch: batch, base: position,
                nextToken: configuration.randomID(), schemaVersion: table.schemaVersion)
            try catalog.insert(step)
            crash(.insideBegin)
            return step
        }
        guard let written else { return .superseded }
        step = written
        self.moving = moving
        crash(.afterBegin)
        return .began(written)
    }

    /// Forgets the step in flight: the remote does not have it, or it belongs to another timeline.
    func dropPending() throws(StretchError) -> MigrationStateMachine.Event {
        let dropped = step
        try locked { () throws in
            if let dropped, try catalog.pending() == dropped { try catalog.removePending() }
            crash(.insideDrop)
        }
        if let dropped, dropped.kind == .outbound { staging?.discard(batch: dropped.batch) }
        step = nil
        moving = nil
        crash(.afterDrop)
        return .dropped
    }

    /// Goes on to the remote's epoch without the batch, which the remote then retires: its rows
    /// stay hot, and are read again later.
    func abandon() throws(StretchError) -> MigrationStateMachine.Event {
        guard let step else { return .superseded }
        crash(.beforeAbandon)
        let retirement = PendingStep(
            kind: .retirement, table: step.table, batch: step.batch, base: step.next,
            nextToken: configuration.randomID(), schemaVersion: step.schemaVersion)
        let isDone = try locked { () throws -> Bool in
            guard try isOwnStep() else { return false }
            try catalog.setPosition(step.next)
            try catalog.removePending()
            try catalog.insert(retirement)
            try catalog.insertEvent(
                time: configuration.now(), table: moving?.table.name, kind: "batchAbandoned",
                message: "a batch was given up; its rows stay local until the next run")
            crash(.insideAbandon)
            return true
        }
        guard isDone else { return .superseded }
        staging?.discard(batch: step.batch)
        self.step = retirement
        moving = nil
        crash(.afterAbandon)
        try reload()
        return .began(retirement)
    }

    /// Takes a batch whose rows are all hidden, and its tombstones, out of the manifest.
    func switchRetirement() throws(StretchError) -> MigrationStateMachine.Event {
        guard let step else { return .superseded }
        var number: Int64?
        let isDone = try locked { () throws -> Bool in
            guard try isOwnStep() else { return false }
            // A batch that was given up never was in the manifest.
            if let batch = try catalog.batch(id: step.batch) {
                guard try catalog.hiddenRowCount(batchNumber: batch.number) == batch.rowCount else {
                    throw StretchError(
                        .damaged,
                        "batch \(batch.number) leaves the manifest, but has visible rows",
                        hint: "Restore the local file from a backup.")
                }
                try catalog.remove(batchNumber: batch.number)
                number = batch.number
            }
            try catalog.setPosition(step.next)
            try catalog.removePending()
            crash(.insideRetirementSwitch)
            return true
        }
        guard isDone else { return .superseded }
        try see(step.next)
        self.step = nil
        if let number {
            manifest.remove(number: number)
            let table = try local { () throws in try catalog.table(id: step.table) }
            if let table {
                updateTable(table.name, table.state == .inbound ? .inbound : .outbound) {
                    $0.retiredBatchCount += 1
                }
            }
        }
        crash(.afterRetirementSwitch)
        return .switched(next: nil)
    }

    // MARK: An earlier run's batch

    /// What a batch of an earlier run needs to be switched, or `nil` when it cannot be: its table
    /// changed, or has no key by which its rows are found.
    func resumable(
        _ step: PendingStep, _ batch: NewBatch
    ) throws -> (StretchedTable, TableSchema, EligibilityQuery)? {
        guard let table = try catalog.table(id: step.table),
            table.schemaVersion == step.schemaVersion, table.relation == batch.relation,
            batch.columns == table.currentColumns.map(\.id),
            let schema = try schema.table(table.name),
            schema.keyKind.isKeyed,
            schema.columns.map(\.name).areSameTexts(as: table.currentColumns.map(\.name))
        else { return nil }
        return (table, schema, try EligibilityQuery(schema, filter: nil))
    }
}
