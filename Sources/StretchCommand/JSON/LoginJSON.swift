internal import Stretch

/// What `stretch login --json` prints; a contract, see `Documentation/JSON.md`.
struct LoginJSON: Encodable {
    let server: String
    let login: String
    let roles: [String]

    init(_ report: LoginReport) {
        server = report.server
        login = report.login
        roles = report.roles.map(\.rawValue)
    }
}
