internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchSQLite
internal import StretchText
internal import StretchTimeline

extension MigrationRun {
    private enum Outcome {
        case superseded
        case unprovable
        case done(number: Int64, keptRowCount: Int)
    }

    /// Step 4: makes the batch visible and deletes the rows that it holds, in one transaction.
    func switchBatch() throws(StretchError) -> MigrationStateMachine.Event {
        guard let step, let moving else { return .superseded }
        // The rows of an earlier run's step may be in no staging yet.
        try stageRows(of: moving, step)
        var older: [ColdLocation] = []
        let event = remote { () throws(StretchError) in
            older = try olderCopies(of: moving, at: step.base)
            return .readBack
        }
        guard case .readBack = event else { return event }
        let next =
            options.shouldStop() ? nil : try local { () throws in try plan.takeAhead() }
        let nextStep = next.map {
            PendingStep(
                kind: .outbound, table: $0.table.id, batch: $0.batch.id, base: step.next,
                nextToken: configuration.randomID(), schemaVersion: $0.table.schemaVersion)
        }
        let outcome = try locked(rowCount: moving.rows.rowCount) { () throws -> Outcome in
            guard try isOwnStep() else { return .superseded }
            guard try isSameDefinition(moving) else { return .unprovable }
            crash(.insideSwitchBeforeDelete)
            let number = try catalog.takeBatchNumber()
            let kept = try deleteRows(of: moving, number: number)
            for location in older { try catalog.insertTombstone(location, .shadowed) }
            crash(.insideSwitchAfterDelete)
            try write(moving, number: number, step: step)
            try noteEviction()
            if let nextStep { try catalog.insert(nextStep) }
            crash(.insideSwitchBeforeCommit)
            return .done(number: number, keptRowCount: kept)
        }
        switch outcome {
        case .superseded: return .superseded
        case .unprovable: return .unprovable
        case .done(let number, let keptRowCount):
            crash(.afterSwitch)
            try see(step.next)
            manifest.append(moving, number: number)
            record(moving, keptRowCount: keptRowCount)
            self.step = nextStep
            self.moving = next
            try local { () throws in try wal.checkpointWhenLong() }
            return .switched(next: nextStep)
        }
    }

    /// Whether the table is still defined as when the rows were read: a value in a column that was
    /// added since is not in the remote's copy.
    private func isSameDefinition(_ moving: MovingBatch) throws -> Bool {
        let version = try catalog.schemaVersion(table: moving.table.id)
        guard version == moving.table.schemaVersion else { return false }
        if let cookie = moving.schemaCookie,
            try connection.integer("PRAGMA main.schema_version") == cookie
        {
            return true
        }
        guard let schema = try schema.table(moving.table.name) else {
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

    /// Deletes each hot row that still is what the remote holds; hides the remote's copy of others.
    ///
    /// - Returns: The number of rows that stay.
    private func deleteRows(of moving: MovingBatch, number: Int64) throws -> Int {
        let rows = moving.rows
        let places = moving.query.placeColumns
        let highest = try moving.query.highestRowidSQL.flatMap { try connection.integer($0) }
        let deletion = try connection.cached(
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
                if highest != nil { rowid = rows.value(row: row, column: places[0]).integer }
            }
            // A key that SQLite would draw again must not be free: the highest row stays.
            if let highest, rowid == highest {
                kept.append(Int64(row))
                continue
            }
            try deletion.step()
            deletion.reset()
            if connection.changeCount == 0 { kept.append(Int64(row)) }
        }
        for ordinal in kept {
            try catalog.insertTombstone(
                ColdLocation(batchNumber: number, ordinal: ordinal), .shadowed)
        }
        return kept.count
    }

    /// Writes the manifest's row and the file's new position.
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
            ended: configuration.now(), rowCount: moving.batch.rowCount,
            byteCount: Int64(moving.rows.byteCount))
        try catalog.setPosition(step.next)
        try catalog.removePending()
    }

    private func record(_ moving: MovingBatch, keptRowCount: Int) {
        let movedRowCount = moving.rows.rowCount - keptRowCount
        plan.recordMoved(rowCount: movedRowCount)
        updateTable(moving.table.name, .outbound) { table in
            table.rowCount += Int64(movedRowCount)
            table.byteCount += Int64(moving.rows.byteCount)
            table.batchCount += 1
            table.changedRowCount += Int64(keptRowCount)
        }
        reportProgress(moving.table.name, .outbound)
    }
}
