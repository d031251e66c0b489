internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchSQLite
internal import StretchText
internal import StretchTimeline

extension BatchPipeline {
    /// Returns whether the step in flight in the file is the one that this run recorded.
    func isOwnStep() throws -> Bool {
        guard let step = flight?.step else { return false }
        return try catalog.pending() == step && catalog.position() == step.base
    }

    /// Records a step.
    func begin(
        kind: PendingStep.Kind, _ table: StretchedTable, batch: Int64, moving: MovingBatch?
    ) throws(StretchError) -> MigrationStateMachine.Event {
        context.crash(.beforeBegin)
        let written = try writer.locked { () throws -> PendingStep? in
            guard try catalog.pending() == nil, let position = try catalog.position() else {
                return nil
            }
            let step = PendingStep(
                kind: kind, table: table.id, batch: batch, base: position,
                nextToken: context.configuration.randomID(), schemaVersion: table.schemaVersion)
            try catalog.insert(step)
            context.crash(.insideBegin)
            return step
        }
        guard let written else { return .superseded }
        flight = Flight(step: written, moving: moving)
        context.crash(.afterBegin)
        return .began(written)
    }

    /// Removes the step in flight, which the remote does not have or which belongs to another
    /// timeline.
    func dropPending() throws(StretchError) -> MigrationStateMachine.Event {
        let dropped = flight?.step
        try writer.locked { () throws in
            if let dropped, try catalog.pending() == dropped { try catalog.removePending() }
            context.crash(.insideDrop)
        }
        if let dropped, dropped.kind == .outbound { staging.discard(batch: dropped.batch) }
        flight = nil
        context.crash(.afterDrop)
        return .dropped
    }

    /// Advances to the remote's epoch without the batch, which the remote then retires.
    ///
    /// The rows stay hot and are read again later.
    func abandon() throws(StretchError) -> MigrationStateMachine.Event {
        guard let step = flight?.step else { return .superseded }
        context.crash(.beforeAbandon)
        let retirement = PendingStep(
            kind: .retirement, table: step.table, batch: step.batch, base: step.next,
            nextToken: context.configuration.randomID(), schemaVersion: step.schemaVersion)
        let isDone = try writer.locked { () throws -> Bool in
            guard try isOwnStep() else { return false }
            try catalog.setPosition(step.next)
            try catalog.removePending()
            try catalog.insert(retirement)
            try context.note(
                .batchAbandoned, table: flight?.moving?.table.name,
                "a batch was given up; its rows stay local until the next run")
            context.crash(.insideAbandon)
            return true
        }
        guard isDone else { return .superseded }
        staging.discard(batch: step.batch)
        flight = Flight(step: retirement)
        context.crash(.afterAbandon)
        try reload()
        return .began(retirement)
    }

    /// Removes a batch whose rows are all hidden, and its tombstones, from the manifest.
    func switchRetirement() throws(StretchError) -> MigrationStateMachine.Event {
        guard let step = flight?.step else { return .superseded }
        var number: Int64?
        let isDone = try writer.locked { () throws -> Bool in
            guard try isOwnStep() else { return false }
            // An abandoned batch was never in the manifest.
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
            context.crash(.insideRetirementSwitch)
            return true
        }
        guard isDone else { return .superseded }
        try context.host.see(step.next)
        flight = nil
        if let number {
            manifest.remove(number: number)
            let table = try local { () throws in try catalog.table(id: step.table) }
            if let table {
                tally.update(table.name, table.state == .inbound ? .inbound : .outbound) {
                    $0.retiredBatchCount += 1
                }
            }
        }
        context.crash(.afterRetirementSwitch)
        return .switched(next: nil)
    }

    // MARK: An earlier run's batch

    /// Returns the information needed to switch a batch of an earlier run, or `nil` if this is
    /// impossible.
    ///
    /// It is impossible if the table changed or has no key by which to find the rows.
    func resumable(
        _ step: PendingStep, _ batch: NewBatch
    ) throws -> (StretchedTable, TableSchema, EligibilityQuery)? {
        guard let table = try catalog.table(id: step.table),
            table.schemaVersion == step.schemaVersion, table.relation == batch.relation,
            batch.columns == table.storedColumns.map(\.id),
            let schema = try context.schema.table(table),
            schema.keyKind.isKeyed, table.rowidColumn == nil || schema.hasUnnamedRowid,
            schema.columns.map(\.name).areSameTexts(as: table.currentColumns.map(\.name))
        else { return nil }
        return (
            table, schema,
            try EligibilityQuery(
                schema, filter: nil, storesRowid: table.rowidColumn != nil)
        )
    }
}
