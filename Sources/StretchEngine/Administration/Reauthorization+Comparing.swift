internal import Crypto
internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
internal import StretchMigration
internal import StretchSQLite
internal import StretchStaging
internal import StretchTimeline

/// The comparison of the file with the remote and staging.
extension Reauthorization {
    func forkPoint(
        _ branches: [RemoteBranch], _ common: TimelinePosition?, _ endpoint: any Endpoint
    ) throws -> ForkPoint? {
        var child: ForkPoint.Child?
        if let fork, let found = branches.first(where: { $0.id == fork.child }) {
            let visible = try endpoint.batches(seenAt: found.head)
            child = ForkPoint.Child(
                head: found.head, isOwn: try owner(of: found) == .here,
                resentCount: try named.get().count {
                    visible[fork.resentID(of: $0.id)] == $0.digest
                })
        }
        return ForkPoint(
            position: record.position, fork: fork,
            memory: fork.flatMap { attachment(of: $0.child)?.state }, child: child, common: common)
    }

    /// Returns the batches of the manifest that the remote lacks at a position, and other sources
    /// of their rows.
    ///
    /// Rows to be sent again have been read and verified. At the file's own position, which the
    /// remote holds, no batch is checked, because the ledger changes together with the history.
    func compare(
        at position: TimelinePosition?, _ point: ForkPoint?, _ endpoint: any Endpoint
    ) throws -> ManifestComparison {
        guard let position else { return ManifestComparison() }
        if position == record.position,
            try !endpoint.branching().hasCollectedBatch(seenAt: position)
        {
            return ManifestComparison()
        }
        let named = try named.get()
        let visible = try endpoint.batches(seenAt: position)
        var resumed: PendingFork?
        if case .resumed(let fork, _) = point { resumed = fork }
        let facts = try named.map { batch in
            let digest = visible[batch.id]
            var facts = ManifestComparison.Facts(
                digest: digest, isVisible: digest != nil, isCondemned: false, isResent: false,
                copy: nil, isStaged: false)
            guard digest != batch.digest else { return facts }
            facts.isResent =
                resumed.map { visible[$0.resentID(of: batch.id)] == batch.digest } ?? false
            guard !facts.isResent, !batch.isHidden else { return facts }
            facts.isStaged = try rows(of: batch.id, from: .staging, endpoint) != nil
            if !facts.isStaged { facts.copy = try copy(of: batch.id, endpoint) }
            return facts
        }
        var known = Set(named.map(\.id))
        if let resumed { known.formUnion(named.map { resumed.resentID(of: $0.id) }) }
        return ManifestComparison(
            manifest: named, facts: facts, unnamed: visible.keys.filter { !known.contains($0) })
    }

    /// Returns a readable batch with the same rows.
    private func copy(of id: Int64, _ endpoint: any Endpoint) throws -> Int64? {
        guard let (table, batch) = try manifest.get()[id] else { return nil }
        return try endpoint.branching().copies(of: table.relation, digest: batch.digest).first {
            copy in
            do throws(StretchError) {
                return try proved(copy, of: table, batch, endpoint) != nil
            } catch {
                // A batch that lost its rows is not a copy. An unreachable remote ends the run.
                guard [.damaged, .remoteMismatch].contains(error.code) else { throw error }
                return false
            }
        }
    }

    /// Returns the rows of a batch of the manifest, verified by its digest.
    ///
    /// - Returns: `nil` if they are missing or differ.
    func rows(
        of id: Int64, from source: ManifestComparison.Source, _ endpoint: any Endpoint
    ) throws -> RowBuffer? {
        guard let (table, batch) = try manifest.get()[id] else { return nil }
        switch source {
        case .staging:
            return try staging.file?.rows(
                relation: table.relation, digest: batch.digest,
                columns: table.columnIDs(schemaVersion: batch.schemaVersion))
        case .remote(let copy): return try proved(copy, of: table, batch, endpoint)
        }
    }

    private func proved(
        _ copy: Int64, of table: StretchedTable, _ batch: ManifestBatch, _ endpoint: any Endpoint
    ) throws(StretchError) -> RowBuffer? {
        let columns = table.columnIDs(schemaVersion: batch.schemaVersion)
        guard let entry = try endpoint.ledgerEntry(batch: copy), entry.batch.columns == columns
        else { return nil }
        let rows = try endpoint.rows(of: entry.batch)
        return Array(SHA256.hash(data: rows.bytes)) == batch.digest ? rows : nil
    }

    /// Returns the staging file beside the database, or the reason why it cannot be used.
    func openStaging() -> (file: StagingFile?, problem: StretchError?) {
        do throws(StretchError) {
            let isWanted = try local { () throws in try catalog.stagingSettings() != nil }
            let file = try StagingFile.open(
                database: database.path, id: record.database, configuration,
                isCreating: isWanted && !options.isDryRun)
            return (file, nil)
        } catch {
            return (nil, error)
        }
    }
}
