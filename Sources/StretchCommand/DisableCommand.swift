internal import ArgumentParser
internal import StretchEngine

struct DisableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Disconnect a database from its remote.",
        discussion: """
            Disable every table first. Afterwards the file is an ordinary SQLite file again.
            """)

    @OptionGroup var options: DatabaseOptions

    @Flag(name: .long, help: "Show what would be done, and change nothing.")
    var dryRun = false

    func run() throws {
        try options.open().disable(isDryRun: dryRun)
        options.show(["isDryRun": dryRun]) {
            [dryRun ? "Would disable \(options.file)." : "Disabled \(options.file)."]
        }
    }
}
