internal import ArgumentParser
internal import StretchEndpoint
internal import StretchEngine

struct RetentionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention",
        abstract: "Show or set how long the remote keeps rows that no file can see.",
        discussion: """
            A backup that is not older than the retention finds all its rows after a restore. The \
            retention is stored in the remote and applies to all its databases. The default is to \
            keep rows forever. Nothing is deleted before the next 'stretch gc'; until then, a \
            longer retention replaces a shorter one without a loss. Setting it needs the login of \
            the remote's administrator.

            Example: stretch retention app.db 90d
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var login: LoginOptions

    @Argument(
        help: ArgumentHelp(
            "For example 30d, 12h, 8w, or unlimited; by default, nothing is changed.",
            valueName: "duration"),
        transform: {
            guard let retention = RetentionArgument($0) else {
                throw ValidationError("use a number and h, d or w, such as 30d, or unlimited")
            }
            return retention
        })
    var retention: RetentionArgument?

    func run() throws {
        let database = try options.open(login.given)
        guard let retention else {
            let report = try database.remote.retention()
            return options.show(RetentionJSON(report)) { lines(report) }
        }
        let report = try database.remote.setRetention(retention.duration)
        if report.isShortened {
            StandardError.write(
                "warning: after the next gc, backups older than "
                    + "\(Self.text(report.retention)) may not find all their rows\n")
        }
        options.show(RetentionJSON(report)) { lines(report) }
    }

    private static func text(_ retention: Duration?) -> String {
        retention?.ageText ?? "unlimited"
    }

    private func lines(_ report: RetentionReport) -> [String] {
        let former =
            report.retention == report.formerRetention
            ? "" : " (before: \(Self.text(report.formerRetention)))"
        return [
            "Retention: \(Self.text(report.retention))\(former).",
            "gc would delete \(report.rows.counted("row", "rows")) (\(report.bytes.byteText)) in "
                + "\(report.batches.counted("batch", "batches")).",
            BackupAge.sentence(report.completeAge),
        ]
    }
}

/// A duration argument: a number and `s`, `m`, `h`, `d` or `w`; or `unlimited`.
struct RetentionArgument {
    /// The duration, or `nil` for unlimited.
    let duration: Duration?

    init?(_ argument: String) {
        guard argument != "unlimited" else {
            duration = nil
            return
        }
        let lengths: [Character: Int64] = [
            "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800,
        ]
        // No backup is kept for a hundred years.
        guard let length = argument.last.flatMap({ lengths[$0] }),
            let count = Int64(argument.dropLast()), count >= 0,
            count <= 36_525 * 86_400 / length
        else { return nil }
        duration = .seconds(count * length)
    }
}
