internal import Stretch

/// What `stretch retention --json` prints; a contract, see `Documentation/JSON.md`.
struct RetentionJSON: Encodable {
    let retentionSeconds: Int64?
    let formerRetentionSeconds: Int64?
    let isShortened: Bool
    let batches: Int64
    let rows: Int64
    let bytes: Int64
    let completeForSeconds: Int64?

    init(_ report: RetentionReport) {
        retentionSeconds = report.retention?.wholeSeconds
        formerRetentionSeconds = report.formerRetention?.wholeSeconds
        isShortened = report.isShortened
        batches = report.batches
        rows = report.rows
        bytes = report.bytes
        completeForSeconds = report.completeAge?.wholeSeconds
    }
}
