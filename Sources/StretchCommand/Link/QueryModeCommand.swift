internal import ArgumentParser
internal import StretchCore
internal import StretchEngine
internal import StretchText

struct QueryModeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query-mode",
        abstract: "Set which rows queries see, for all programs that use Stretch.",
        discussion: """
            With LOCAL_AND_REMOTE, queries see all rows, with LOCAL_ONLY hot rows alone. With \
            DISABLED, queries of stretch-enabled tables fail.

            Example: stretch query-mode app.db LOCAL_ONLY
            """)

    @OptionGroup var options: DatabaseOptions

    @Argument(help: "LOCAL_AND_REMOTE, LOCAL_ONLY or DISABLED.")
    var mode: String

    @Flag(name: .long, help: "Set LOCAL_AND_REMOTE without contacting the remote.")
    var force = false

    private struct Report: Encodable {
        let queryMode: String
    }

    func run() throws {
        guard let wanted = QueryMode(rawValue: mode.uppercasedASCII) else {
            throw StretchError(
                .invalidArgument, "\"\(mode)\" is not a query mode",
                hint: "Use LOCAL_AND_REMOTE, LOCAL_ONLY or DISABLED.")
        }
        try options.open().setQueryMode(wanted, isForced: force)
        options.show(Report(queryMode: wanted.rawValue)) {
            ["The query mode is \(wanted.rawValue)."]
        }
    }
}
