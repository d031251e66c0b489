internal import StretchCatalog
package import StretchCore
package import StretchEndpoint
internal import StretchTimeline

extension Migrator {
    /// Completes the step in flight, confirms this file's retirements, and collects garbage.
    ///
    /// - Parameter endpoint: A session that may delete; batches are migrated in the migrator's own
    ///   session.
    /// - Returns: The collected garbage, and the number of rewritten batches.
    package func collectGarbage(
        _ request: GarbageRequest, at endpoint: any Endpoint, erasesHiddenRows: Bool,
        shouldStop: @escaping () -> Bool = { false },
        progress: @escaping (MigrationProgress) -> Void = { _ in }
    ) throws(StretchError) -> (GarbageReport, rewrittenBatchCount: Int64) {
        var request = request
        var report = GarbageReport()
        var rewrittenCount: Int64 = 0
        var options = MigrationOptions()
        options.shouldStop = shouldStop
        // A request that would be refused is refused before batches are rewritten.
        var trial = request
        trial.isDryRun = true
        _ = try endpoint.collecting().collectGarbage(trial)
        _ = try run(options, progress) { run throws(StretchError) in
            try run.perform([], movesRows: false)
            if erasesHiddenRows { rewrittenCount = try run.rewriteBatches() }
            guard !shouldStop() else {
                throw StretchError(
                    .cancelled, "the collection was stopped",
                    hint: "Run it again: it continues where it stopped.")
            }
            request.visibleBatches = try local { () throws in
                Set(try run.context.catalog.namedBatches().map(\.id))
            }
            run.context.crash(.beforeCollection)
            report = try endpoint.collecting().collectGarbage(request)
            run.context.crash(.afterCollection)
            guard report.batchCount > 0 else { return }
            try run.writer.locked { () throws in
                try run.context.note(
                    .garbageCollected, table: nil,
                    "\(report.batchCount) batches of \(report.rowCount) rows are gone")
            }
        }
        return (report, rewrittenCount)
    }
}

extension MigrationRun {
    /// Rewrites each batch with hidden rows without them.
    ///
    /// The visible rows are brought back, the batch leaves the manifest, and the rows are migrated
    /// in new batches. Each of these is a separate step. Small batches are brought back together,
    /// so that their rows share new batches. Rows that are hot after a crash are migrated by the
    /// next run.
    ///
    /// - Returns: The number of batches.
    func rewriteBatches() throws(StretchError) -> Int64 {
        let catalog = context.catalog
        let tables = try local { () throws in try catalog.tables() }
        var count: Int64 = 0
        for table in tables where table.state == .outbound && waiting[table] == nil {
            let batches = try local { () throws in
                try catalog.batches(table: table.id).filter { batch in
                    try catalog.hiddenRowCount(batchNumber: batch.visible.number) > 0
                }
            }
            for group in Self.groups(of: batches) where !context.options.shouldStop() {
                try recall(table, where: nil, from: group)
                try perform([table], movesRows: true)
                count += Int64(group.count)
            }
        }
        return count
    }

    /// Returns the batches in groups of at most so many rows as the largest batch has.
    private static func groups(of batches: [ManifestBatch]) -> [[ManifestBatch]] {
        var groups: [[ManifestBatch]] = []
        var (rowCount, byteCount) = (Int64(0), Int64(0))
        for batch in batches {
            rowCount += batch.visible.rowCount
            byteCount += batch.byteCount
            let fits = rowCount <= BatchSizer.maximumRowCount && byteCount <= 8 << 20
            if fits, !groups.isEmpty {
                groups[groups.count - 1].append(batch)
            } else {
                groups.append([batch])
                (rowCount, byteCount) = (batch.visible.rowCount, batch.byteCount)
            }
        }
        return groups
    }
}
