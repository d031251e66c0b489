internal import ArgumentParser
internal import Stretch
internal import StretchText

struct ReauthorizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reauthorize",
        abstract: "Connect a restored or copied file to its remote again.",
        discussion: """
            The file gets a branch of its own at the state that it names, in constant time; the \
            original lives on. The login is that of the remote's administrator.

            Example: stretch reauthorize app.db --login admin
            Example: stretch reauthorize app.db --dry-run
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var login: LoginOptions

    @Option(
        name: .long,
        help: ArgumentHelp("A credential of the file, by name.", valueName: "name"))
    var credential: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Where the remote is now; else the address that the file names.",
            valueName: "address"))
    var server: String?

    @Flag(name: .long, help: "Continue the branch that the file names; the original must be gone.")
    var withoutCopy = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "With --without-copy: the owner whose branch is taken, as the refusal names it.",
            valueName: "owner"))
    var takeOver: String?

    @Option(
        name: .long, parsing: .upToNextOption,
        help: ArgumentHelp(
            "Batches that the remote has lost and that are given up, or all.",
            valueName: "batch"))
    var acceptLoss: [String] = []

    @Flag(name: .long, help: "Only tell what would be done.") var dryRun = false

    mutating func validate() throws {
        guard credential == nil || login.login == nil else {
            throw ValidationError("Give --credential or --login, not both")
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
        let report = try options.open(login.given, server: server).reauthorize(asked)
        options.show(report) { lines(report) }
    }

    private func lines(_ report: ReauthorizeReport) -> [String] {
        let rows = report.rows.counted("cold row", "cold rows")
        let batches = report.batches.counted("batch", "batches")
        var lines: [String]
        switch report.action {
        case .nothing: lines = ["\(options.file) is connected to \(report.server)."]
        case .continue:
            lines = ["\(options.file) goes on in branch \(report.branch): \(rows), \(batches)."]
        case .fork:
            lines = [
                "\(options.file) has branch \(report.branch) of its own from epoch "
                    + "\(report.epoch): \(rows), \(batches)."
            ]
        }
        lines += report.resent.map {
            let source =
                switch $0.source {
                case .staging: "from staging"
                case .remote: "from another branch"
                case .earlierRun: "by a run that was cut off"
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
