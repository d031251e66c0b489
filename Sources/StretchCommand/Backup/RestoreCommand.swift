internal import ArgumentParser
internal import StretchBackup
internal import StretchCore
internal import StretchEngine

struct RestoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Restore a file from a backup, optionally to a point in time.",
        discussion: """
            The backup may come from any tool of SQLite. The restored file is disconnected from \
            its remote until 'stretch reauthorize'. Times are in UTC.

            Example: stretch restore monday.db app.db --replace
            Example: stretch restore monday.db tuesday.db app.db --at "2026-11-24 09:30"
            Example: stretch restore --from-litestream s3://bucket/app --at 2026-11-24T09:30:00Z \
            app.db
            """)

    @Argument(
        help: "One or more backups, and last the file to restore.", completion: .file())
    var files: [String]

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Restore the newest state that is not after this time.", valueName: "time"),
        transform: {
            guard let time = Timestamp(parsing: $0) else {
                throw ValidationError("use a time such as 2026-11-24 09:30:00")
            }
            return time
        })
    var at: Timestamp?

    @Option(
        name: .long,
        help: ArgumentHelp("The address of a replica made by Litestream.", valueName: "address"))
    var fromLitestream: String?

    @Option(
        name: .long,
        help: ArgumentHelp("The program litestream; by default from PATH.", valueName: "path"),
        completion: .file())
    var litestream: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            """
            The replicated file, if it exists. If it is in the replica's newest state, this state \
            is also that of later times.
            """, valueName: "file"), completion: .file())
    var original: String?

    @Flag(
        name: .long,
        help: "Accept the replica's newest state even if changes before the time may be missing.")
    var nearest = false

    @Flag(name: .long, help: "Replace the file even if it is newer or another database.")
    var replace = false

    @OptionGroup var options: RunOptions

    mutating func validate() throws {
        if fromLitestream == nil {
            guard files.count >= 2 else {
                throw ValidationError("Name a backup and the file to restore")
            }
            guard litestream == nil, original == nil, !nearest else {
                throw ValidationError(
                    "--litestream, --original and --nearest need --from-litestream")
            }
        } else if files.count != 1 {
            throw ValidationError("Name one file to restore from the replica")
        }
    }

    func run() throws {
        Interruption.observe()
        let line = StatusLine()
        defer { line.finish() }
        var asked = RestoreOptions()
        asked.time = at
        asked.replaces = replace
        asked.acceptsNearest = nearest
        asked.original = original
        asked.shouldStop = { Interruption.isRequested }
        asked.progress = { progress in
            line.update("\(progress.pages.grouped) of \(progress.totalPages.grouped) pages")
        }
        let configuration = try DatabaseOptions.makeConfiguration(
            busyTimeout: options.busyTimeout)
        let target = files[files.count - 1]
        let report: RestoreReport
        if let fromLitestream {
            let program = try LitestreamProgram(litestream)
            let replica = LitestreamReplica(url: fromLitestream) {
                (arguments) throws(StretchError) in try program.run(arguments)
            }
            report = try StretchDatabase.restore(
                replica, to: target, asked, configuration: configuration)
        } else {
            report = try StretchDatabase.restore(
                files.dropLast(), to: target, asked, configuration: configuration)
        }
        line.finish()
        DatabaseOptions.show(RestoreJSON(report), isJSON: options.json) { Self.lines(report) }
    }

    private static func lines(_ report: RestoreReport) -> [String] {
        let gap = report.gap.map { ", \($0.text) before the requested time" }
        return [
            "\(report.file) has the state of \(report.time) UTC\(gap ?? ""), from "
                + "\(report.source)."
        ] + report.content.contentLines + report.nextSteps
    }
}
