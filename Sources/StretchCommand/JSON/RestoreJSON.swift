internal import Stretch

/// What `stretch restore --json` prints; a contract, see `Documentation/JSON.md`.
struct RestoreJSON: Encodable {
    let file: String
    let source: String
    let time: String
    let gapSeconds: Double?
    let isReplacing: Bool
    let linkState: String?
    let nextSteps: [String]
    let content: DescriptionJSON

    init(_ report: RestoreReport) {
        file = report.file
        source = report.source
        time = report.time.description
        gapSeconds = report.gap?.seconds
        isReplacing = report.isReplacing
        linkState = report.linkState?.rawValue
        nextSteps = report.nextSteps
        content = DescriptionJSON(report.content)
    }
}
