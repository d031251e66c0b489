package import StretchCore
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
    public package(set) var problem: String?

    package init(_ settings: StagingSettings?) {
        rpoHours = settings?.rpoHours ?? 0
        budgetBytes = settings?.byteBudget ?? 0
    }
}

extension StagingFile {
    /// Adds what the file holds to a report.
    package func describe(_ report: inout StagingReport, now: Timestamp) throws(StretchError) {
        try attempt {
            let batches = try connection.stored(
                "stretch_staged_batch", of: .staging(path),
                """
                SELECT number, bytes, compressed_bytes, staged_at FROM stretch_staged_batch
                ORDER BY staged_at
                """
            ) { row in
                (
                    rowBytes: try row.integer(1, in: .batchBytes),
                    bytes: try row.integer(2, in: .batchBytes), time: try row.string(3)
                )
            }
            report.batches = Int64(batches.count)
            report.rowBytes = batches.reduce(0) { $0 + $1.rowBytes }
            report.bytes = batches.reduce(0) { $0 + $1.bytes }
            report.oldest = batches.first?.time
            report.fileBytes =
                try connection.count(
                    "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
            let since = try connection.stored(
                "stretch_staging", of: .staging(path),
                "SELECT complete_since FROM stretch_staging"
            ) { row in
                guard let time = Timestamp(parsing: try row.string(0)) else {
                    throw row.damaged(0, expected: "a time")
                }
                return time
            }.first
            guard let since else { return }
            let hours = Double(max(now.milliseconds - since.milliseconds, 0)) / 3_600_000
            report.coveredHours = min(hours, Double(report.rpoHours))
        }
    }
}
