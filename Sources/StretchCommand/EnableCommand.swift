internal import ArgumentParser
internal import StretchEngine

struct EnableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Connect a database to the remote for its cold rows.",
        discussion: """
            Makes the remote if it does not exist. No row moves: enable a table next.

            Example: stretch enable app.db --server file:archive.db
            Example: stretch enable app.db --server postgresql://db.example.com/archive --login app

            The password comes from a prompt, STRETCH_PASSWORD or --password-file. If the login \
            may create roles, it makes a writer and a reader, and only these are stored, in the \
            folder STRETCH_HOME. The database file never contains a password.
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var login: LoginOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            """
            The remote: file:PATH, relative to the folder of the database, or \
            postgresql://HOST[:PORT]/DATABASE[?sslmode=…].
            """,
            valueName: "address"))
    var server: String

    func run() throws {
        let report = try options.open(login.given, server: server).enable(server: server)
        options.show(EnableJSON(report)) {
            ["Enabled \(options.file) with server \(report.server)."]
                + report.advice.map { "Advice: \($0)" }
                + ["Next: stretch table enable \(options.file) TABLE --filter CONDITION"]
        }
    }
}
