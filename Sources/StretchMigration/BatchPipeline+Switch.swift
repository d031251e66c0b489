internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchSQLite
internal import StretchText
internal import StretchTimeline

extension BatchPipeline {
    private enum Outcome {
        case superseded
        case unprovable
        case done(number: Int64, keptRowCount: Int)
    }

    /// Step 4: makes the batch visible and deletes its hot rows in one transaction.
    func switchBatch() throws(StretchError) -> MigrationStateMachine.Event {
        guard let flight, let moving = flight.moving else { return .superseded }
        let step = flight.step
        // The rows of an earlier run's step may not be staged yet.
        try staging.stage(moving, at: step.next, context)
        var older: [ColdLocation] = []
        let event = remote { () throws(StretchError) in
            older = try olderCopies(of: moving, at: step.base)
            return .readBack
        }
        guard case .readBack = event else { return event }
        let next =
            context.options.shouldStop() ? nil : try local { () throws in try plan.takeAhead() }
        let nextStep = next.map {
            PendingStep(
                kind: .outbound, table: $0.table.id, batch: $0.batch.id, base: step.next,
                nextToken: context.configuration.randomID(), schemaVersion: $0.table.schemaVersion)
        }
        let outcome = try writer.locked(rowCount: moving.rows.rowCount) { () throws -> Outcome in
            guard try isOwnStep() else { return .superseded }
            guard try isSameDefinition(moving) else { return .unprovable }
            context.crash(.insideSwitchBeforeDelete)
            let number = try catalog.takeBatchNumber()
            let kept = try deleteRows(of: moving, number: number)
            for location in older { try catalog.insertTombstone(location, .shadowed) }
            context.crash(.insideSwitchAfterDelete)
            try write(moving, number: number, step: step)
            if let message = staging.takeEvictionMessage() {
                try context.note(.stagingShortened, table: nil, message)
            }
            if let nextStep { try catalog.insert(nextStep) }
            context.crash(.insideSwitchBeforeCommit)
            return .done(number: number, keptRowCount: kept)
        }
        switch outcome {
        case .superseded: return .superseded
        case .unprovable: return .unprovable
        case .done(let number, let keptRowCount):
            context.crash(.afterSwitch)
            try context.host.see(step.next)
            manifest.append(moving, number: number)
            uniques.add(moving)
            record(moving, keptRowCount: keptRowCount)
            self.flight = nextStep.map { Flight(step: $0, moving: next) }
            try writer.checkpointWhenLong()
            return .switched(next: nextStep)
        }
    }

    /// Returns whether the table's definition is unchanged since the rows were read.
    ///
    /// Values of a column added since are not in the remote's copy.
    private func isSameDefinition(_ moving: MovingBatch) throws -> Bool {
        let version = try catalog.schemaVersion(table: moving.table.id)
        guard version == moving.table.schemaVersion else { return false }
        if let cookie = moving.schemaCookie,
            try context.connection.integer("PRAGMA main.schema_version") == cookie
        {
            return true
        }
        guard let schema = try context.schema.table(moving.table) else {
            return false
        }
        return schema.columns == moving.schema.columns
            && schema.columns.map(\.name).areSameTexts(as: moving.schema.columns.map(\.name))
            && schema.key == moving.schema.key
            && schema.keyKind == moving.schema.keyKind
            && schema.keyTerms == moving.schema.keyTerms
            && schema.rowidName == moving.schema.rowidName
            && schema.isAutoincrement == moving.schema.isAutoincrement
            && schema.children == moving.schema.children
    }

    /// Deletes each hot row that equals the remote's copy, and hides the remote's copy of other
    /// rows.
    ///
    /// - Returns: The number of rows that stay hot.
    private func deleteRows(of moving: MovingBatch, number: Int64) throws -> Int {
        let rows = moving.rows
        let (places, rowidPlace) = (moving.query.placeColumns, moving.query.rowidPlace)
        let highest = try moving.query.highestRowidSQL.flatMap {
            try context.connection.integer($0)
        }
        let deletion = try context.connection.cached(
            moving.query.deletionSQL(isByRowid: moving.isByRowid))
        var kept: [Int64] = []
        defer {
            proof.clear()
            deletion.reset()
            // The bound values point into the buffer.
            deletion.clearBindings()
        }
        for row in 0..<rows.rowCount {
            proof.expect(rows, row: row)
            var rowid: Int64?
            if moving.isByRowid {
                rowid = rows.rowIdentifiers[row]
                try deletion.bind(integer: rows.rowIdentifiers[row], at: 1)
            } else {
                for (index, column) in places.enumerated() {
                    try deletion.bind(rows.value(row: row, column: column), at: index + 1)
                }
                if highest != nil {
                    rowid = rowidPlace.map { rows.value(row: row, column: $0).integer }
                }
            }
            // The row with the highest rowid stays, so that SQLite does not assign its key again.
            if let highest, rowid == highest {
                kept.append(Int64(row))
                continue
            }
            try deletion.step()
            deletion.reset()
            if context.connection.changeCount == 0 { kept.append(Int64(row)) }
        }
        for ordinal in kept {
            try catalog.insertTombstone(
                ColdLocation(batchNumber: number, ordinal: ordinal), .shadowed)
        }
        return kept.count
    }

    /// Records the batch in the manifest and the file's new position.
    private func write(_ moving: MovingBatch, number: Int64, step: PendingStep) throws {
        try catalog.insert(
            ManifestBatch(
                visible: VisibleBatch(
                    id: moving.batch.id, number: number, rowCount: moving.batch.rowCount),
                table: moving.table.id, epoch: step.next.epoch,
                schemaVersion: step.schemaVersion, byteCount: Int64(moving.rows.byteCount),
                zones: moving.zones, digest: moving.batch.digest))
        try catalog.insertStatus(
            table: moving.table.id, batch: number, direction: .outbound,
            ended: context.configuration.now(), rowCount: moving.batch.rowCount,
            byteCount: Int64(moving.rows.byteCount))
        try catalog.setPosition(step.next)
        try catalog.removePending()
    }

    private func record(_ moving: MovingBatch, keptRowCount: Int) {
        let movedRowCount = moving.rows.rowCount - keptRowCount
        plan.recordMoved(rowCount: movedRowCount)
        tally.update(moving.table.name, .outbound) { table in
            table.rowCount += Int64(movedRowCount)
            table.byteCount += Int64(moving.rows.byteCount)
            table.batchCount += 1
            table.changedRowCount += Int64(keptRowCount)
        }
        tally.reportProgress(moving.table.name, .outbound)
    }
}
