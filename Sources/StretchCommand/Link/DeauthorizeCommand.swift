internal import ArgumentParser
internal import StretchEngine

struct DeauthorizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deauthorize",
        abstract: "Disconnect a file from its remote until it is reauthorized.",
        discussion: """
            Afterwards, queries of stretch-enabled tables fail. To query hot rows alone, use \
            'stretch query-mode FILE LOCAL_ONLY'.
            """)

    @OptionGroup var options: DatabaseOptions

    private struct Report: Encodable {
        let isConnected = false
    }

    func run() throws {
        try options.open().remote.deauthorize()
        options.show(Report()) { ["\(options.file) is disconnected from its remote."] }
    }
}
