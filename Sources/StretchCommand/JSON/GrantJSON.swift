internal import Stretch

/// What `stretch grant --json` prints; a contract, see `Documentation/JSON.md`.
struct GrantJSON: Encodable {
    let user: String
    let role: String
    let server: String
    let login: String?
    let file: String

    init(_ grant: AccessGrant, user: String, file: String) {
        self.user = user
        role = grant.role.rawValue
        server = grant.server
        login = grant.login
        self.file = file
    }
}
