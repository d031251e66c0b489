internal import ArgumentParser
internal import StretchEndpoint
internal import StretchEngine
internal import StretchText

struct TestConnectionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test-connection",
        abstract: "Connect to a remote, and show how far the connection gets.",
        discussion: """
            A database file is tested with its stored logins, an address with --login. The \
            states are healthy, refused, noConnection, authenticationFailure and otherError. \
            Nothing is changed.

            Example: stretch test-connection app.db
            Example: stretch test-connection postgresql://db.example.com/archive --login app
            """)

    @Argument(help: "The local SQLite file, or the address of a remote.", completion: .file())
    var target: String

    @Flag(name: .long, help: "Print JSON, as documented in Documentation/JSON.md.")
    var json = false

    @OptionGroup var login: LoginOptions

    func run() throws {
        let test = try test()
        let report = test.report
        DatabaseOptions.show(ConnectionJSON(test), isJSON: json) {
            var lines = [
                "Server       \(report.server)",
                "State        \(report.state.rawValue)",
            ]
            if let login = report.login { lines.append("Login        \(login)") }
            if let number = report.number { lines.append("Number       \(number)") }
            lines += report.warnings.map { "Warning      \($0)" }
            return lines + ["Time         \(report.elapsed.text)"]
        }
        if let failure = test.failure { throw failure }
    }

    private func test() throws -> ConnectionTest {
        let parts = target.parts(between: ":", maximumSplitCount: 1)
        let isAddress =
            parts.count == 2
            && ["file", "postgresql", "postgres"].contains { $0.isEqualFoldingCase(parts[0]) }
        let configuration = try DatabaseOptions.makeConfiguration(
            login.given, server: isAddress ? target : nil, file: isAddress ? nil : target,
            busyTimeout: 10)
        guard isAddress else {
            return try StretchDatabase(path: target, configuration: configuration)
                .remote.testConnection()
        }
        return configuration.testConnection(to: try EndpointAddress(parsing: target))
    }
}
