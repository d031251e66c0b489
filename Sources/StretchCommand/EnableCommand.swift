internal import ArgumentParser
internal import Stretch

struct EnableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Connect a database to the remote that takes its cold rows.",
        discussion: """
            Makes the remote when it is missing. Nothing moves yet: enable a table next.

            Example: stretch enable app.db --server file:archive.db
            Example: stretch enable app.db --server postgresql://db.example.com/archive --login app

            The password is asked for, or comes from STRETCH_PASSWORD or --password-file. Where \
            the login may create roles, it makes a writer and a reader for the daily work, and \
            only these are kept, in the folder STRETCH_HOME; never in the database file.
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var login: LoginOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            """
            Where cold rows go: file:PATH, where a relative path starts at the folder of the \
            file, or postgresql://HOST[:PORT]/DATABASE[?sslmode=…].
            """,
            valueName: "address"))
    var server: String

    func run() throws {
        let report = try options.open(login.given, server: server).enable(server: server)
        options.show(report) {
            ["Enabled \(options.file) with server \(report.server)."]
                + report.advice.map { "Advice: \($0)" }
                + ["Next: stretch table enable \(options.file) TABLE --filter CONDITION"]
        }
    }
}
