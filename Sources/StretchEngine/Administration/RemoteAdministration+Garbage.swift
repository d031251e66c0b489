internal import StretchCatalog
public import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
public import StretchMigration
internal import StretchTimeline

/// The result of a garbage collection or of its dry run.
public struct GarbageCollection: Equatable, Sendable {
    /// Whether the collection was a dry run.
    public let isDryRun: Bool
    /// How long the remote keeps batches after their end; `nil` means forever.
    public let retention: Duration?
    /// The number of collected batches.
    public let batches: Int64
    /// The number of their rows.
    public let rows: Int64
    /// The size of their rows in bytes.
    public let bytes: Int64
    /// The number of batches that left the manifest but are kept in the remote.
    public let keptBatches: Int64
    /// The time of the oldest confirmed retirement of a kept batch, in UTC.
    public let oldestKept: String?
    /// The time since which backups are complete.
    ///
    /// In UTC; `nil` if nothing was ever collected. Backups of dropped branches are excluded.
    public let completeSince: String?
    /// The age of ``completeSince``: the maximum age of a complete backup.
    public let completeAge: Duration?
    /// The number of batches that were rewritten without their hidden rows.
    public let rewrittenBatches: Int64
    /// The number of deleted or changed cold rows that are still in this file's batches.
    public let hiddenRows: Int64
}

extension RemoteAdministration {
    /// Deletes cold rows from the remote that no branch sees any longer.
    ///
    /// No other operation deletes rows there. Rows are deleted by whole batches: batches that were
    /// brought back, or whose table was abandoned, if this file has confirmed their end in a later
    /// session and the remote's ``retention()`` is over. A backup of the file that still names such
    /// a batch is refused from then on, with the reason.
    ///
    /// A cold row that was deleted or changed remains in its batch, hidden. To erase such rows, the
    /// other rows of their batches are brought back and migrated again in new batches; the old
    /// batches are garbage after the retention. They are kept as long as other branches see them.
    ///
    /// - Parameters:
    ///   - age: The minimum time since a batch's end, by the remote's clock, which must not be
    ///     shorter than the retention; `nil` for the retention.
    ///   - erasesHiddenRows: Whether to rewrite batches without their hidden rows, for tables that
    ///     are not paused. Rows that are no longer eligible stay local.
    ///   - acceptsClock: Whether to set times of the remote that are ahead of its clock back to now
    ///     first. Use it only if the clock is right: with a clock that is behind, rows are deleted
    ///     too early.
    ///   - isDryRun: Whether to report the result without changing the file or the remote.
    ///   - shouldStop: Called between rewritten batches and before the collection.
    ///   - progress: Called after each batch that was brought back or migrated again.
    /// - Throws: `invalidArgument` for an age that is negative or shorter than the retention;
    ///   `busy` while a migrator works; `remoteMismatch` if the remote and this file are not at the
    ///   same position; `notPermitted` for a login that does not administer the remote;
    ///   `remoteUnavailable`; `wrongState` if the remote's times are ahead of its clock, before
    ///   anything is changed; `cancelled`, after which rows that
    ///   were brought back stay hot until the next migration.
    @discardableResult
    public func collectGarbage(
        olderThan age: Duration? = nil, erasesHiddenRows: Bool = false, acceptsClock: Bool = false,
        isDryRun: Bool = false, shouldStop: @escaping () -> Bool = { false },
        progress: @escaping (MigrationProgress) -> Void = { _ in }
    ) throws(StretchError) -> GarbageCollection {
        guard (Duration.zero...Duration.longest).contains(age ?? .zero) else {
            throw StretchError(
                .invalidArgument, "the age is negative, or longer than 100,000 years",
                hint: "Name an age of 0 or more days.")
        }
        guard !acceptsClock || !isDryRun else {
            throw StretchError(
                .invalidArgument, "a dry run cannot set times of the remote back",
                hint: "Accept the clock in a call that is no dry run.")
        }
        let (record, endpoint) = try database.administer {
            let record = try database.enabledDatabase()
            let endpoint = try database.makeEndpoint(record, as: .administrator)
            try endpoint.authorize()
            if acceptsClock { try endpoint.collecting().acceptClock() }
            return (record, endpoint)
        }
        var (report, rewrittenCount, hidden) = (GarbageReport(), Int64(0), Int64(0))
        if isDryRun {
            (report, rewrittenCount, hidden) = try database.perform {
                let preview = try GarbagePreview(
                    of: database.catalog, at: endpoint, erasesHiddenRows: erasesHiddenRows)
                return (
                    try preview.report(database: record.database, minimumAge: age),
                    preview.rewrittenCount, preview.hiddenRowCount
                )
            }
        } else {
            let request = GarbageRequest(database: record.database, minimumAge: age)
            (report, rewrittenCount) = try database.makeMigrator().collectGarbage(
                request, at: endpoint, erasesHiddenRows: erasesHiddenRows, shouldStop: shouldStop,
                progress: progress)
            hidden = try database.perform { try database.catalog.hiddenRowCount() }
            try forgetDroppedBranches(record.database, endpoint)
        }
        return GarbageCollection(
            isDryRun: isDryRun, retention: report.retention,
            batches: report.batchCount, rows: report.rowCount, bytes: report.byteCount,
            keptBatches: report.keptBatchCount, oldestKept: report.oldestKeptRetirement,
            completeSince: report.completeSince,
            completeAge: report.completeAge,
            rewrittenBatches: rewrittenCount, hiddenRows: hidden)
    }

    /// Removes this user's records of files that are gone and whose branches were dropped.
    ///
    /// A file that was moved is recognized by its record, so a missing file alone is no reason.
    private func forgetDroppedBranches(
        _ id: Int64, _ endpoint: any Endpoint
    ) throws(StretchError) {
        guard let keystore = database.configuration.keystore,
            let branching = endpoint as? any BranchingEndpoint
        else { return }
        let branches = try branching.branches(database: id)
        let dropped = Set(branches.filter { $0.droppedAt != nil }.map(\.id))
        for attachment in try keystore.attachments(database: id) {
            guard let branch = attachment.branch, dropped.contains(branch),
                GuardedFile.mode(attachment.path) == nil
            else { continue }
            try keystore.remove(attachment)
        }
    }
}
