public import StretchCore
internal import StretchSQLite

/// What staging holds and costs.
public struct StagingReport: Equatable, Sendable {
    /// The settings, or `nil` while staging is off.
    public let settings: StagingSettings?
    /// The time before now, up to the RPO duration, of which every migrated batch is there.
    public internal(set) var covered: Duration = .zero
    /// The batches.
    public internal(set) var batches: Int64 = 0
    /// The bytes of their rows.
    public internal(set) var rowBytes: Int64 = 0
    /// What those bytes take, compressed.
    public internal(set) var bytes: Int64 = 0
    /// The bytes of the whole file, free space included.
    public internal(set) var fileBytes: Int64 = 0
    /// When the oldest batch was staged.
    public internal(set) var oldest: Timestamp?
    /// Why the file cannot be used now.
    public package(set) var problem: String?

    package init(_ settings: StagingSettings?) {
        self.settings = settings
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
    /// A column that holds a moment.
    fileprivate func time(_ column: Int) throws -> Timestamp {
        guard let time = Timestamp(parsing: try string(column)) else {
            throw damaged(column, expected: "a time")
        }
        return time
    }
}
