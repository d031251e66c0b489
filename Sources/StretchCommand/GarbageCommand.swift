internal import ArgumentParser
internal import StretchEngine

struct GarbageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Delete rows from the remote that no file can see.",
        discussion: """
            Nothing else deletes rows from the remote. Rows that were brought back stay there for \
            the retention, so that backups of the file find them. 'stretch retention' sets it; \
            the default is to keep them forever. --dry-run shows what would be deleted, and how \
            old a backup may then be to find all its rows.

            A cold row that was deleted or changed stays in the remote with the other rows of its \
            batch. --erase-hidden rewrites such batches without these rows, and a later gc \
            deletes the old batches.

            Nothing is collected while times of the remote are ahead of its clock, which a clock \
            that was wrong for a while leaves behind. --accept-clock sets them back to now; use it \
            only if the clock is right.

            Needs the login of the remote's administrator.

            Example: stretch gc app.db --dry-run
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var login: LoginOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Keep rows for this time, if it is longer than the retention.", valueName: "days"))
    var olderThan: Double?

    @Flag(name: .long, help: "Rewrite batches without their deleted or changed rows.")
    var eraseHidden = false

    @Flag(name: .long, help: "Set times of the remote that are ahead of its clock back to now.")
    var acceptClock = false

    @Flag(name: .long, help: "Show what would be done, and change nothing.")
    var dryRun = false

    mutating func validate() throws {
        if let olderThan, !(0...36_500).contains(olderThan) {
            throw ValidationError("--older-than is from 0 to 36,500 days")
        }
        guard !acceptClock || !dryRun else {
            throw ValidationError("--accept-clock changes the remote, and --dry-run does not")
        }
    }

    func run() throws {
        let database = try options.open(login.given)
        let age = olderThan.map { Duration.seconds(Int64($0 * 86_400)) }
        Interruption.observe()
        let bar = ProgressBar()
        defer { bar.finish() }
        let report = try database.remote.collectGarbage(
            olderThan: age, erasesHiddenRows: eraseHidden, acceptsClock: acceptClock,
            isDryRun: dryRun, shouldStop: { Interruption.isRequested }, progress: bar.update)
        bar.finish()
        options.show(GarbageJSON(report)) { lines(report) }
    }

    private func lines(_ report: GarbageCollection) -> [String] {
        let verb = report.isDryRun ? "Would delete" : "Deleted"
        var lines = [
            "\(verb) \(report.rows.counted("row", "rows")) (\(report.bytes.byteText)) in "
                + "\(report.batches.counted("batch", "batches"))."
        ]
        if report.rewrittenBatches > 0 {
            let verb = report.isDryRun ? "Would rewrite" : "Rewrote"
            lines.append(
                "\(verb) \(report.rewrittenBatches.counted("batch", "batches")) without hidden "
                    + "rows; gc deletes the old batches after the retention.")
        }
        if report.keptBatches > 0 {
            let since = report.oldestKept.map { ", the oldest retired at \($0)" } ?? ""
            lines.append(
                "Kept: \(report.keptBatches.counted("retired batch", "retired batches"))\(since).")
        }
        if report.retention == nil {
            lines.append("The retention is unlimited. To change it: stretch retention FILE 30d.")
        }
        if report.hiddenRows > 0 {
            lines.append(
                "Kept in batches with other rows: \(report.hiddenRows.grouped) deleted or changed. "
                    + "To delete them: --erase-hidden.")
        }
        lines.append(
            BackupAge.sentence(report.completeAge, since: report.completeSince))
        return lines
    }
}

/// The maximum age of a complete backup.
enum BackupAge {
    static func sentence(_ age: Duration?, since time: String? = nil) -> String {
        guard let age else { return "Every backup finds all its rows." }
        let since = time.map { ", made after \($0)," } ?? ""
        return "Backups up to \(age.longText) old\(since) find all their rows."
    }
}
