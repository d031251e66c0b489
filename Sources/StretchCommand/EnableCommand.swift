internal import ArgumentParser
internal import Stretch

struct EnableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Connect a database to the remote that takes its cold rows.",
        discussion: """
            Makes the remote when it is missing. Nothing moves yet: enable a table next.

            Example: stretch enable app.db --server file:archive.db
            """)

    @OptionGroup var options: DatabaseOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Where cold rows go: file:PATH; a relative path starts at the folder of the file.",
            valueName: "address"))
    var server: String

    func run() throws {
        let report = try options.open().enable(server: server)
        options.show(report) {
            ["Enabled \(options.file) with server \(report.server)."]
                + report.advice.map { "Advice: \($0)" }
                + ["Next: stretch table enable \(options.file) TABLE --filter CONDITION"]
        }
    }
}
