internal import StretchSQLite

/// What ``StretchDatabase/collectGarbage(olderThan:isDryRun:)`` did, or would do.
public struct GarbageCollection: Codable, Equatable, Sendable {
    /// Whether nothing was changed.
    public let isDryRun: Bool
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
    /// In UTC; `nil` when nothing was ever collected.
    public let completeSince: String?
}

extension StretchDatabase {
    /// Deletes cold rows from the remote that no branch sees any more.
    ///
    /// Nothing else deletes anything there. Rows go by whole batches: those that came back, or
    /// whose table was abandoned, and whose end this file has confirmed at a later visit. A backup
    /// of the file that still names such a batch is refused from then on, and says why.
    ///
    /// - Parameters:
    ///   - age: How long ago that must have been confirmed, by the remote's clock; `nil` keeps
    ///     everything.
    ///   - isDryRun: Whether nothing is changed, here and there.
    /// - Throws: `invalidArgument` for a negative age; `busy` while a migrator works;
    ///   `remoteMismatch` when the remote is not where this file is; `remoteUnavailable`, also
    ///   when the login may not delete; `wrongState` when a clock went back.
    @discardableResult
    public func collectGarbage(
        olderThan age: Duration?, isDryRun: Bool = false
    ) throws(StretchError) -> GarbageCollection {
        guard age ?? .zero >= .zero else {
            throw StretchError(
                .invalidArgument, "the age is negative", hint: "Name an age of 0 or more days.")
        }
        let record = try administer { try enabledDatabase() }
        let migrator = try makeMigrator()
        let report = try migrator.collectGarbage(
            database: record.database, olderThan: age, isDryRun: isDryRun)
        return GarbageCollection(
            isDryRun: isDryRun, batches: report.batchCount, rows: report.rowCount,
            bytes: report.byteCount, keptBatches: report.keptBatchCount,
            oldestKept: report.oldestKeptRetirement, completeSince: report.completeSince)
    }
}

extension Migrator {
    /// Finishes the step in flight, confirms what this file retired, and collects.
    package func collectGarbage(
        database: Int64, olderThan age: Duration?, isDryRun: Bool
    ) throws(StretchError) -> GarbageReport {
        var request = GarbageRequest(database: database, minimumAge: age, isDryRun: isDryRun)
        guard !isDryRun else { return try endpoint().collectGarbage(request) }
        var report = GarbageReport()
        _ = try run(MigrationOptions(), { _ in }) { run throws(StretchError) in
            try run.perform([], movesRows: false)
            request.visibleBatches = try local { () throws in
                Set(
                    try connection.rows("SELECT id FROM main.stretch_batch").compactMap {
                        $0[0].integerValue
                    })
            }
            report = try run.endpoint.collectGarbage(request)
            guard report.batchCount > 0 else { return }
            try run.locked { () throws in
                try run.catalog.insertEvent(
                    time: configuration.now(), table: nil, kind: "garbageCollected",
                    message: "\(report.batchCount) batches of \(report.rowCount) rows are gone")
            }
        }
        return report
    }
}
