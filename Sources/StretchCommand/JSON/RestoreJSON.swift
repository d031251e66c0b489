internal import Stretch
internal import StretchText

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

extension RestoreReport {
    /// The next steps, as full sentences.
    var nextSteps: [String] {
        guard advice.contains(.reauthorize), let server = content.stretch?.server else { return [] }
        // An embedded remote may have no login.
        let login = server.beginsWith("file:") ? "" : " --login ADMINISTRATOR"
        return [
            "The file is disconnected from server \(server): hot rows can be read, cold ones "
                + "after: stretch reauthorize \(file.shellQuoted)\(login)."
        ]
    }
}
