internal import ArgumentParser
internal import Stretch

struct DisableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Disconnect a database from its remote.",
        discussion: """
            Every table must be disabled before. The file is then an ordinary SQLite file again.
            """)

    @OptionGroup var options: DatabaseOptions

    @Flag(name: .long, help: "Say what would be done, and change nothing.")
    var dryRun = false

    func run() throws {
        try options.open().disable(isDryRun: dryRun)
        options.show(["isDryRun": dryRun]) {
            [dryRun ? "Would disable \(options.file)." : "Disabled \(options.file)."]
        }
    }
}
