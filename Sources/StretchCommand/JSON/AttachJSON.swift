internal import Stretch

/// What `stretch attach --json` prints; a contract, see `Documentation/JSON.md`.
struct AttachJSON: Encodable {
    let server: String
    let role: String
    let login: String?

    init(_ report: AttachReport) {
        server = report.server
        role = report.role.rawValue
        login = report.login
    }
}
