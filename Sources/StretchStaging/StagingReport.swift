public import StretchCore
internal import StretchSQLite

/// The content and cost of staging.
public struct StagingReport: Equatable, Sendable {
    /// The settings, or `nil` while staging is disabled.
    public let settings: StagingSettings?
    /// The period up to now, at most the RPO duration, for which every migrated batch is staged.
    public internal(set) var covered: Duration = .zero
    /// The number of batches.
    public internal(set) var batches: Int64 = 0
    /// The size of their rows in bytes.
    public internal(set) var rowBytes: Int64 = 0
    /// The compressed size of the rows in bytes.
    public internal(set) var bytes: Int64 = 0
    /// The size of the whole file in bytes, including free space.
    public internal(set) var fileBytes: Int64 = 0
    /// The time at which the oldest batch was staged.
    public internal(set) var oldest: Timestamp?
    /// The reason why the file cannot be used now, or `nil`.
    public package(set) var problem: String?

    package init(_ settings: StagingSettings?) {
        self.settings = settings
    }
}

extension StagingFile {
    /// Adds the content of the file to a report.
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
                    bytes: try row.integer(2, in: .batchBytes), time: try row.time(3)
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
                "stretch_staging", of: .staging(path), "SELECT complete_since FROM stretch_staging"
            ) { try $0.time(0) }.first
            guard let since else { return }
            let age = max(now.milliseconds - since.milliseconds, 0)
            report.covered = min(
                .milliseconds(age), .seconds(3_600 * Int64(report.settings?.rpoHours ?? 0)))
        }
    }
}

extension StoredRow {
    /// Returns a column as a timestamp.
    fileprivate func time(_ column: Int) throws -> Timestamp {
        guard let time = Timestamp(parsing: try string(column)) else {
            throw damaged(column, expected: "a time")
        }
        return time
    }
}
