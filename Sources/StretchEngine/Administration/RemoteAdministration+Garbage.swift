internal import StretchCatalog
public import StretchCore
internal import StretchEndpoint
internal import StretchKeystore
public import StretchMigration
internal import StretchTimeline

/// What a collection of garbage did, or would do.
public struct GarbageCollection: Equatable, Sendable {
    /// Whether nothing was changed.
    public let isDryRun: Bool
    /// How long the remote keeps batches after their end; `nil` is for ever.
    public let retention: Duration?
    /// The batches that went.
    public let batches: Int64
    /// Their rows.
    public let rows: Int64
    /// The bytes of their rows.
    public let bytes: Int64
    /// The batches that left the manifest and stay in the remote.
    public let keptBatches: Int64
    /// When the oldest retirement of a batch that stays was confirmed; UTC.
    public let oldestKept: String?
    /// The time after which backups were made that find all their rows.
    ///
    /// In UTC; `nil` when nothing was ever collected. Backups of dropped branches are not meant.
    public let completeSince: String?
    /// How long ago that was: the age of the oldest backup that finds all its rows.
    public let completeAge: Duration?
    /// The batches whose visible rows went into new ones, so that their hidden rows can go.
    public let rewrittenBatches: Int64
    /// The cold rows that were deleted or changed and are still among others in this file's
    /// batches.
    public let hiddenRows: Int64
}

extension RemoteAdministration {
    /// Deletes cold rows from the remote that no branch sees any more.
    ///
    /// Nothing else deletes anything there. Rows go by whole batches: those that came back, or
    /// whose table was abandoned, and whose end this file has confirmed at a later visit, once the
    /// remote's ``retention()`` is over. A backup of the file that still names such a batch is
    /// refused from then on, and says why.
    ///
    /// A cold row that was deleted or changed stays in its batch, hidden. To erase such rows, the
    /// other rows of their batches come back and move out again, in new batches; the old ones are
    /// garbage after the retention. Other branches that see them keep them for as long as they do.
    ///
    /// - Parameters:
    ///   - age: How long ago a batch must have ended, by the remote's clock, where that is longer
    ///     than the retention; `nil` for the retention.
    ///   - erasesHiddenRows: Whether batches with hidden rows are written again without them, for
    ///     tables that are not paused. Rows that are no longer eligible stay local.
    ///   - isDryRun: Whether nothing is changed, here and there.
    ///   - shouldStop: Asked between the batches that are written again, and before the collection.
    ///   - progress: Called after each batch that came back or moved out again.
    /// - Throws: `invalidArgument` for an age that is negative or shorter than the retention;
    ///   `busy` while a migrator works; `remoteMismatch` when the remote is not where this file is;
    ///   `notPermitted` for a login that does not administer the remote; `remoteUnavailable`;
    ///   `wrongState` when a clock went back; `cancelled`: rows that came back are then hot
    ///   until the next migration.
    @discardableResult
    public func collectGarbage(
        olderThan age: Duration? = nil, erasesHiddenRows: Bool = false, isDryRun: Bool = false,
        shouldStop: @escaping () -> Bool = { false },
        progress: @escaping (MigrationProgress) -> Void = { _ in }
    ) throws(StretchError) -> GarbageCollection {
        guard (Duration.zero...Duration.longest).contains(age ?? .zero) else {
            throw StretchError(
                .invalidArgument, "the age is negative, or longer than 100,000 years",
                hint: "Name an age of 0 or more days.")
        }
        let (request, endpoint) = try database.administer {
            let record = try database.enabledDatabase()
            let endpoint = try database.makeEndpoint(record, as: .administrator)
            try endpoint.authorize()
            return (
                GarbageRequest(database: record.database, minimumAge: age, isDryRun: isDryRun),
                endpoint
            )
        }
        var (report, rewrittenCount) = (GarbageReport(), Int64(0))
        if isDryRun {
            report = try endpoint.collecting().collectGarbage(request)
        } else {
            (report, rewrittenCount) = try database.makeMigrator().collectGarbage(
                request, at: endpoint, erasesHiddenRows: erasesHiddenRows, shouldStop: shouldStop,
                progress: progress)
        }
        let hidden = try database.perform { try database.catalog.hiddenRowCount() }
        return GarbageCollection(
            isDryRun: isDryRun, retention: report.retention,
            batches: report.batchCount, rows: report.rowCount, bytes: report.byteCount,
            keptBatches: report.keptBatchCount, oldestKept: report.oldestKeptRetirement,
            completeSince: report.completeSince,
            completeAge: report.completeAge,
            rewrittenBatches: rewrittenCount, hiddenRows: hidden)
    }
}
