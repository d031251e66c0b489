internal import Stretch

/// What `stretch reauthorize --json` prints; a contract, see `Documentation/JSON.md`.
struct ReauthorizeJSON: Encodable {
    struct Resending: Encodable {
        let batch: String
        let table: String
        let rows: Int64
        let source: String
    }

    struct Loss: Encodable {
        let batch: String
        let table: String
        let rows: Int64
        let keyRange: [String]?
    }

    let action: String
    let server: String
    let branch: String
    let parent: String?
    let epoch: Int64
    let batches: Int64
    let rows: Int64
    let resent: [Resending]
    let lost: [Loss]
    let advice: [String]

    init(_ report: ReauthorizeReport) {
        action = report.action.rawValue
        server = report.server
        branch = String(report.branch)
        parent = report.parent.map { String($0) }
        epoch = report.epoch
        batches = report.batches
        rows = report.rows
        resent = report.resent.map {
            Resending(
                batch: String($0.batch), table: $0.table, rows: $0.rows,
                source: $0.source.rawValue)
        }
        lost = report.lost.map {
            Loss(
                batch: String($0.batch), table: $0.table, rows: $0.rows, keyRange: $0.keyRange)
        }
        advice = report.advice
    }
}
