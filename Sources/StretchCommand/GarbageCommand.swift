internal import ArgumentParser
internal import Stretch

struct GarbageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Delete cold rows from the remote that no file sees any more.",
        discussion: """
            Nothing else deletes rows from the remote: those that came back stay there, so that \
            backups of the file find their rows, until the remote's retention is over, which \
            'stretch retention' sets; at first it is unlimited. --dry-run says what would go, and \
            how old a backup may be that still finds all its rows then.

            A cold row that was deleted or changed stays among the others of its batch. With \
            --erase-hidden these are written again without it, and a later gc deletes the batch.

            The login is that of the remote's administrator.

            Example: stretch gc app.db --dry-run
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var login: LoginOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Keep longer than the retention, this time.", valueName: "days"))
    var olderThan: Double?

    @Flag(name: .long, help: "Write batches with deleted or changed rows again without them.")
    var eraseHidden = false

    @Flag(name: .long, help: "Say what would be done, and change nothing.")
    var dryRun = false

    mutating func validate() throws {
        if let olderThan, !(0...36_500).contains(olderThan) {
            throw ValidationError("--older-than is from 0 to 36,500 days")
        }
    }

    func run() throws {
        let database = try options.open(login.given)
        let age = olderThan.map { Duration.seconds(Int64($0 * 86_400)) }
        let report = try database.collectGarbage(
            olderThan: age, erasesHiddenRows: eraseHidden, isDryRun: dryRun)
        options.show(report) { lines(report) }
    }

    private func lines(_ report: GarbageCollection) -> [String] {
        let verb = report.isDryRun ? "Would delete" : "Deleted"
        var lines = [
            "\(verb) \(report.rows.counted("row", "rows")) (\(report.bytes.byteText)) in "
                + "\(report.batches.counted("batch", "batches"))."
        ]
        if report.rewrittenBatches > 0 {
            lines.append(
                "Wrote \(report.rewrittenBatches.counted("batch", "batches")) again without "
                    + "hidden rows; gc deletes the old ones after the retention.")
        }
        if report.keptBatches > 0 {
            let since = report.oldestKept.map { ", the oldest retired at \($0)" } ?? ""
            lines.append(
                "Kept: \(report.keptBatches.counted("retired batch", "retired batches"))\(since).")
        }
        if report.retentionSeconds == nil {
            lines.append("The retention is unlimited. To change it: stretch retention FILE 30d.")
        }
        if report.hiddenRows > 0 {
            lines.append(
                "Among other rows: \(report.hiddenRows.counted("cold row", "cold rows")) that an "
                    + "application deleted or changed. To erase them: --erase-hidden.")
        }
        lines.append(
            BackupAge.sentence(report.completeForSeconds, since: report.completeSince))
        return lines
    }
}

/// How old a backup may be that finds all its rows.
enum BackupAge {
    static func sentence(_ seconds: Int64?, since time: String? = nil) -> String {
        guard let seconds else { return "Every backup finds all its rows." }
        let since = time.map { ", made after \($0)," } ?? ""
        let age = Duration.seconds(seconds).longText
        return "Backups up to \(age) old\(since) find all their rows."
    }
}
