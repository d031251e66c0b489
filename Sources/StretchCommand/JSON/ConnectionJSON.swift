internal import Stretch

/// What `stretch test-connection --json` prints; a contract, see `Documentation/JSON.md`.
struct ConnectionJSON: Encodable {
    let server: String
    let login: String?
    let state: String
    let number: String?
    let code: String?
    let message: String?
    let hint: String?
    let seconds: Double
    let warnings: [String]

    init(_ test: ConnectionTest) {
        let report = test.report
        server = report.server
        login = report.login
        state = report.state.rawValue
        number = report.number
        code = report.code?.description
        message = report.message
        hint = test.failure?.commandHint
        seconds = report.elapsed.seconds
        warnings = report.warnings
    }
}
