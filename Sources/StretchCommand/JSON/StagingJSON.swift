internal import Stretch

/// What `stretch staging --json` prints, and a part of `stretch status --json`; a contract, see
/// `Documentation/JSON.md`.
struct StagingJSON: Encodable {
    let rpoHours: Int
    let budgetBytes: Int64
    let coveredHours: Double
    let batches: Int64
    let rowBytes: Int64
    let bytes: Int64
    let fileBytes: Int64
    let oldest: String?
    let problem: String?

    init(_ report: StagingReport) {
        rpoHours = report.settings?.rpoHours ?? 0
        budgetBytes = report.settings?.byteBudget ?? 0
        coveredHours = report.covered.hours
        batches = report.batches
        rowBytes = report.rowBytes
        bytes = report.bytes
        fileBytes = report.fileBytes
        oldest = report.oldest?.description
        problem = report.problem
    }
}
