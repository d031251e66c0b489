internal import ArgumentParser
internal import Stretch

struct DeauthorizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deauthorize",
        abstract: "Cut a file's link to its remote, until it is reauthorized.",
        discussion: """
            No query on a stretch-enabled table is answered then. To see hot rows alone: \
            stretch query-mode FILE LOCAL_ONLY.
            """)

    @OptionGroup var options: DatabaseOptions

    private struct Report: Encodable {
        let isConnected = false
    }

    func run() throws {
        try options.open().deauthorize()
        options.show(Report()) { ["\(options.file) is disconnected from its remote."] }
    }
}
