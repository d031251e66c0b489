internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchSQLite
internal import StretchStaging
internal import StretchTimeline

/// Resending of batches that the remote lost.
extension Reauthorization {
    /// Commits the batches to the child one by one; batches sent by an earlier run are skipped.
    ///
    /// - Returns: Advice, as full sentences.
    func resend(
        _ comparison: ManifestComparison, _ fork: PendingFork, _ session: any Endpoint
    ) throws -> [String] {
        guard !comparison.resending.isEmpty else { return [] }
        try provision(comparison, session)
        guard var head = try session.fence(branch: fork.child) else { throw lostChild(fork) }
        var advice: [String] = []
        for resending in comparison.resending {
            guard let (table, batch) = try manifest.get()[resending.batch],
                let rows = try rows(of: resending.batch, from: resending.source, session)
            else { throw changed(resending.batch) }
            let again = NewBatch(
                id: fork.resentID(of: resending.batch), relation: table.relation,
                columns: table.columnIDs(schemaVersion: batch.schemaVersion),
                rowCount: Int64(rows.rowCount), digest: batch.digest)
            let next = head.next(token: configuration.randomID())
            try session.commit(again, rows: rows, from: head, to: next)
            head = next
            if let reason = try keep(rows, of: again, batch, at: next, resending.source) {
                advice = ["Batches that were sent again are not staged: \(reason.message)."]
            }
        }
        return advice
    }

    /// Returns the batches of the manifest that were sent to the child, ordered by epoch.
    ///
    /// - Throws: `remoteMismatch` if the remote was rolled back in the meantime.
    func resentEntries(
        _ comparison: ManifestComparison, _ fork: PendingFork, _ session: any Endpoint
    ) throws -> [(batch: Int64, entry: LedgerEntry)] {
        let batches = comparison.resent + comparison.resending.map(\.batch)
        let entries = try batches.map { batch in
            let entry = try session.ledgerEntry(batch: fork.resentID(of: batch))
            guard let entry, entry.position.branch == fork.child else { throw lostChild(fork) }
            return (batch: batch, entry: entry)
        }.sorted { $0.entry.position.epoch < $1.entry.position.epoch }
        for (index, found) in entries.enumerated()
        where found.entry.position.epoch != fork.base.epoch + Int64(index) + 1 {
            throw lostChild(fork)
        }
        return entries
    }

    /// Provisions the relations again, because the remote may predate a table or a column.
    private func provision(_ comparison: ManifestComparison, _ session: any Endpoint) throws {
        let tables = try comparison.resending.compactMap { try manifest.get()[$0.batch]?.table }
        var done: Set<Int64> = []
        let reader = SchemaReader(catalog.connection)
        for table in tables where done.insert(table.id).inserted {
            guard let schema = try reader.table(table) else {
                throw StretchError(.schemaMismatch, "table \"\(table.name)\" is missing")
            }
            try session.provision(Relation(table, schema: schema))
        }
    }

    /// Stages the rows for the RPO duration, starting now.
    ///
    /// - Returns: The reason why staging failed, or `nil`. The failure is not an error, because the
    ///   remote has the rows.
    private func keep(
        _ rows: RowBuffer, of again: NewBatch, _ batch: ManifestBatch,
        at position: TimelinePosition, _ source: ManifestComparison.Source
    ) throws -> StretchError? {
        let settings = try catalog.stagingSettings()
        guard let settings else { return nil }
        guard let file = staging.file else { return staging.problem }
        let now = Timestamp(now: configuration)
        do throws(StretchError) {
            if source == .staging {
                try file.renew(again, at: position, now: now)
            } else {
                let staged = StagedBatch(
                    batch: again, schemaVersion: batch.schemaVersion, position: position,
                    byteCount: rows.byteCount, pieces: StagedBatch.compress(rows))
                _ = try file.stage(staged, settings, now: now, isNamed: catalog.names(batch:))
            }
            return nil
        } catch {
            return error
        }
    }

    func lostChild(_ fork: PendingFork) -> StretchError {
        StretchError(
            .remoteMismatch, "the remote lost branch \(fork.child) while it was opened",
            hint: "Run the command again.")
    }

    private func changed(_ batch: Int64) -> StretchError {
        StretchError(
            .busy, "the rows of batch \(batch) went away while they were sent again",
            hint: "Run the command again.")
    }
}
