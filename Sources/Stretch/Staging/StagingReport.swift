internal import StretchSQLite

/// What staging holds and costs; its JSON form is documented in `Documentation/JSON.md`.
public struct StagingReport: Codable, Equatable, Sendable {
    /// The RPO duration in hours; 0 when staging is off.
    public let rpoHours: Int
    /// The most bytes that batches may take; 0 when staging is off.
    public let budgetBytes: Int64
    /// The hours, up to the RPO duration, of which every migrated batch is there.
    public internal(set) var coveredHours = 0.0
    /// The batches.
    public internal(set) var batches: Int64 = 0
    /// The bytes of their rows.
    public internal(set) var rowBytes: Int64 = 0
    /// What those bytes take, compressed.
    public internal(set) var bytes: Int64 = 0
    /// The bytes of the whole file, free space included.
    public internal(set) var fileBytes: Int64 = 0
    /// When the oldest batch was staged, in UTC.
    public internal(set) var oldest: String?
    /// Why the file cannot be used now.
    public internal(set) var problem: String?

    init(_ settings: StagingSettings?) {
        rpoHours = settings?.rpoHours ?? 0
        budgetBytes = settings?.byteBudget ?? 0
    }
}

extension StagingFile {
    /// Adds what the file holds to a report.
    func describe(_ report: inout StagingReport, now: Timestamp) throws(StretchError) {
        let rows = try attempt {
            try connection.rows(
                """
                SELECT count(*), coalesce(sum(bytes), 0), coalesce(sum(compressed_bytes), 0),
                    min(staged_at), (SELECT complete_since FROM stretch_staging),
                    (SELECT page_count * page_size FROM pragma_page_count, pragma_page_size)
                FROM stretch_staged_batch
                """)
        }
        guard let row = rows.first else { return }
        report.batches = row[0].integerValue ?? 0
        report.rowBytes = row[1].integerValue ?? 0
        report.bytes = row[2].integerValue ?? 0
        report.oldest = row[3].stringValue
        report.fileBytes = row[5].integerValue ?? 0
        guard let since = row[4].stringValue.flatMap(Timestamp.init(parsing:)) else { return }
        let hours = Double(max(now.milliseconds - since.milliseconds, 0)) / 3_600_000
        report.coveredHours = min(hours, Double(report.rpoHours))
    }
}
