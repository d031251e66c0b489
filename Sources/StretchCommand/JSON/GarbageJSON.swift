internal import Stretch

/// What `stretch gc --json` prints; a contract, see `Documentation/JSON.md`.
struct GarbageJSON: Encodable {
    let isDryRun: Bool
    let retentionSeconds: Int64?
    let batches: Int64
    let rows: Int64
    let bytes: Int64
    let keptBatches: Int64
    let oldestKept: String?
    let completeSince: String?
    let completeForSeconds: Int64?
    let rewrittenBatches: Int64
    let hiddenRows: Int64

    init(_ report: GarbageCollection) {
        isDryRun = report.isDryRun
        retentionSeconds = report.retention?.wholeSeconds
        batches = report.batches
        rows = report.rows
        bytes = report.bytes
        keptBatches = report.keptBatches
        oldestKept = report.oldestKept
        completeSince = report.completeSince
        completeForSeconds = report.completeAge?.wholeSeconds
        rewrittenBatches = report.rewrittenBatches
        hiddenRows = report.hiddenRows
    }
}
