internal import ArgumentParser
internal import StretchEngine
internal import StretchText

struct ReauthorizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reauthorize",
        abstract: "Connect a restored or copied file to its remote again.",
        discussion: """
            The file gets its own branch, which starts at the file's position, in constant time. \
            The original file keeps its branch. Needs the login of the remote's administrator.

            A file that is connected keeps its branch: with --server it gets another address of \
            the same remote, which was moved.

            Example: stretch reauthorize app.db --login admin
            Example: stretch reauthorize app.db --server file:moved.db
            Example: stretch reauthorize app.db --dry-run
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var login: LoginOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The name of a database scoped credential of the file.", valueName: "name"))
    var credential: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The present address of the remote; by default, the one in the file.",
            valueName: "address"))
    var server: String?

    @Flag(name: .long, help: "Continue the file's branch; the original file must not exist.")
    var withoutCopy = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "With --without-copy: the owner whose branch is taken, as the error names it.",
            valueName: "owner"))
    var takeOver: String?

    @Option(
        name: .long, parsing: .upToNextOption,
        help: ArgumentHelp(
            "Lost batches whose loss you accept, or all.",
            valueName: "batch"))
    var acceptLoss: [String] = []

    @Flag(name: .long, help: "Show what would be done, and change nothing.") var dryRun = false

    mutating func validate() throws {
        guard credential == nil || login.login == nil else {
            throw ValidationError("Use --credential or --login, not both")
        }
        guard takeOver == nil || withoutCopy else {
            throw ValidationError("--take-over needs --without-copy")
        }
        for batch in acceptLoss where batch != "all" && Int64(batch) == nil {
            throw ValidationError("\"\(batch)\" is not a batch; --dry-run lists them")
        }
    }

    func run() throws {
        var asked = ReauthorizeOptions()
        asked.credential = credential
        asked.withCopy = !withoutCopy
        asked.server = server
        asked.takesOver = takeOver
        asked.acceptsAllLosses = acceptLoss.contains { $0.isSameText(as: "all") }
        asked.acceptedLosses = Set(acceptLoss.compactMap { Int64($0) })
        asked.isDryRun = dryRun
        let report = try options.open(login.given, server: server).remote.reauthorize(asked)
        options.show(ReauthorizeJSON(report)) { lines(report) }
    }

    private func lines(_ report: ReauthorizeReport) -> [String] {
        let rows = report.rows.counted("cold row", "cold rows")
        let batches = report.batches.counted("batch", "batches")
        var lines: [String]
        switch report.action {
        case .nothing: lines = ["\(options.file) is connected to \(report.server)."]
        case .move:
            lines = ["\(options.file) is connected to \(report.server) from now on: \(rows)."]
        case .continue:
            lines = ["\(options.file) continues branch \(report.branch): \(rows), \(batches)."]
        case .fork:
            lines = [
                "\(options.file) has its own branch \(report.branch) from epoch "
                    + "\(report.epoch): \(rows), \(batches)."
            ]
        }
        lines += report.resent.map {
            let source =
                switch $0.source {
                case .staging: "from staging"
                case .remote: "from another branch"
                case .earlierRun: "by an interrupted run"
                }
            return "Sent again: batch \($0.batch) of table \($0.table), "
                + "\($0.rows.counted("row", "rows")), \(source)"
        }
        lines += report.lost.map {
            "Lost: batch \($0.batch) of table \($0.table), "
                + $0.rows.counted("row", "rows")
                + ($0.keyRange.map { ", keys \($0.joined(separator: " to "))" } ?? "")
        }
        lines += report.advice.map { "Advice: \($0)" }
        if dryRun { lines.append("Nothing was changed.") }
        return lines
    }
}
