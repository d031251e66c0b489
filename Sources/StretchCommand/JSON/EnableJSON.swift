internal import Stretch

/// What `stretch enable --json` prints; a contract, see `Documentation/JSON.md`.
struct EnableJSON: Encodable {
    let server: String
    let advice: [String]

    init(_ report: DatabaseReport) {
        server = report.server
        advice = report.advice
    }
}
