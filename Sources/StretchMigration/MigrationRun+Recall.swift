internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite

extension MigrationRun {
    /// Brings back visible cold rows, one chunk at a time.
    ///
    /// Each chunk is one local transaction that inserts the rows and hides their cold copies. The
    /// manifest does not change.
    ///
    /// Rows are restored unchanged, without triggers and CHECK constraints, which applied when they
    /// were first written.
    ///
    /// - Parameters:
    ///   - condition: A filter predicate that selects rows, or `nil` for all.
    ///   - chosen: The batches whose rows are brought back, or `nil` for all batches of the table.
    func recall(
        _ table: StretchedTable, where condition: String?, from chosen: [ManifestBatch]? = nil
    ) throws(StretchError) {
        let recall = try local { () throws in
            try context.schema.reading { try Recall(table, condition, from: $0, now: context.now) }
        }
        let batches = try local { () throws in
            try chosen ?? catalog.batches(table: table.id)
        }
        tally.update(table.name, .inbound) { $0.eligibleRowCount = recall.visibleRowCount }
        for batch in batches {
            let limit = batch.pageRowCount
            let page = RowBuffer(columnCount: recall.columns.count)
            var ordinal: Int64 = 0
            while ordinal < batch.visible.rowCount {
                guard !context.options.shouldStop() else {
                    tally.stop()
                    return
                }
                try context.retrying { () throws(StretchError) in
                    try local { () throws in
                        try recall.read(
                            batch, from: ordinal, maximumRowCount: min(writer.rowCount, limit),
                            into: page, of: context.endpoint)
                    }
                }
                guard page.rowCount > 0 else {
                    throw StretchError(
                        .damaged,
                        "batch \(batch.visible.number) of table \"\(table.name)\" has lost rows",
                        hint: "To see which: \(advice: .verify).")
                }
                try recallChunk(page, of: batch, recall)
                ordinal += Int64(page.rowCount)
            }
        }
    }

    private func recallChunk(
        _ page: RowBuffer, of batch: ManifestBatch, _ recall: Recall
    ) throws(StretchError) {
        let selected = try local { () throws in try recall.selectedRows(of: page) }
        guard !selected.isEmpty else { return }
        context.crash(.beforeRecall)
        var (byteCount, movedRowCount) = (0, 0)
        var conflicts: [MigrationReport.Conflict] = []
        try writer.locked(rowCount: selected.count) { () throws in
            context.crash(.insideRecallBeforeInsert)
            guard try context.catalog.lists(batch.visible) else { return }
            try recall.requireDefinition()
            for row in selected {
                let location = ColdLocation(
                    batchNumber: batch.visible.number, ordinal: page.rowIdentifiers[row])
                guard try !catalog.isHidden(location) else { continue }
                switch try recall.insert(page, row: row) {
                case .inserted:
                    movedRowCount += 1
                    byteCount += page.bytes(ofRow: row).count
                case .shadowed: break
                case .refused(let message):
                    conflicts.append(
                        MigrationReport.Conflict(
                            table: recall.table.name, location: location,
                            key: recall.key(page, row: row), message: message))
                    continue
                }
                try catalog.insertTombstone(location, .replaced)
            }
            context.crash(.insideRecallBeforeCommit)
        }
        context.crash(.afterRecall)
        try record(conflicts)
        tally.update(recall.table.name, .inbound) { table in
            table.rowCount += Int64(movedRowCount)
            table.byteCount += Int64(byteCount)
            table.batchCount += 1
        }
        tally.reportProgress(recall.table.name, .inbound)
        try writer.checkpointWhenLong()
    }

    private func record(_ conflicts: [MigrationReport.Conflict]) throws(StretchError) {
        for conflict in conflicts where tally.record(conflict) {
            try local { () throws in
                try context.note(
                    .rowRefused, table: conflict.table,
                    "row \(conflict.keyText) stays remote: \(conflict.message)")
            }
        }
    }

    /// Throws an error that names the first refused rows, if any.
    func throwConflicts() throws(StretchError) {
        let report = tally.report
        guard report.conflictCount > 0, let first = report.conflicts.first else { return }
        let keys = report.conflicts.prefix(5).map(\.keyText).joined(separator: ", ")
        throw StretchError(
            .wrongState,
            """
            table "\(first.table)": \(report.conflictCount) rows stay remote, because a hot row \
            conflicts with them: \(keys) (\(first.message))
            """,
            hint: "Change or delete the conflicting rows; stretch_event lists them. Then repeat.")
    }

    // MARK: State

    func setState(_ state: MigrationState, of table: StretchedTable) throws(StretchError) {
        guard table.state != state else { return }
        try writer.locked { () throws in
            try context.catalog.setState(state, table: table.id)
        }
    }

    /// Ends the inbound migration of a table, which is `paused` if no batch is left.
    func finishBringingBack(_ table: StretchedTable) throws(StretchError) {
        try writer.locked { () throws in
            try context.catalog.pauseWithoutBatches(table: table.id)
        }
    }
}

extension MigrationReport.Conflict {
    /// The key as text.
    fileprivate var keyText: String {
        guard !key.isEmpty else { return "\(location.ordinal) of batch \(location.batchNumber)" }
        let texts = key.map { value in
            switch value {
            case .null: "NULL"
            case .integer(let number): "\(number)"
            case .real(let number): "\(number)"
            case .text(let text): "'\(text)'"
            case .blob(let bytes): "a blob of \(bytes.count) bytes"
            }
        }
        return texts.count == 1 ? texts[0] : "(\(texts.joined(separator: ", ")))"
    }
}
