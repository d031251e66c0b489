internal import ArgumentParser
internal import Foundation
internal import Stretch

struct MigrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Move eligible rows to the remote.",
        discussion: """
            Applications can read and write during a migration. Ctrl-C stops after the current \
            batch. A crash is safe at any moment: the next run resumes.
            """)

    @OptionGroup var options: DatabaseOptions

    @Option(
        name: .long,
        help: ArgumentHelp("Only this table; may be repeated.", valueName: "name"))
    var table: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The rows of a batch; by default, batches adapt to the lock budget.",
            valueName: "rows"))
    var batchRows: Int?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "How long a batch may hold the write lock, in milliseconds.",
            valueName: "milliseconds"))
    var lockBudget: Int = 50

    @Option(
        name: .long,
        help: ArgumentHelp(
            """
            Run until stopped: look for eligible rows again after this time, also after the \
            remote was unavailable.
            """, valueName: "seconds"))
    var watch: Double?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Return free pages to the file system afterwards: incremental or full.",
            valueName: "how"),
        transform: {
            guard let mode = ReclaimMode(rawValue: $0) else {
                throw ValidationError("use incremental or full")
            }
            return mode
        })
    var reclaim: ReclaimMode?

    mutating func validate() throws {
        if let batchRows, !(1...1_000_000).contains(batchRows) {
            throw ValidationError("--batch-rows is from 1 to 1,000,000")
        }
        guard (1...60_000).contains(lockBudget) else {
            throw ValidationError("--lock-budget is from 1 to 60,000 milliseconds")
        }
        if let watch, !(0.1...86_400).contains(watch) {
            throw ValidationError("--watch is from 0.1 to 86,400 seconds")
        }
    }

    func run() throws {
        let database = try options.open()
        if let reclaim { try database.requireReclaiming(reclaim) }
        Interruption.observe()
        var report: MigrationReport?
        repeat {
            report = try runOnceOrWait(database, isFirst: report == nil)
            guard let watch, !Interruption.isRequested else { break }
            pause(watch)
        } while !Interruption.isRequested
        if let reclaim { try self.reclaim(database, reclaim) }
        guard watch == nil else { return }
        try Interruption.check()
        if let waiting = report?.waiting.first(where: \.isBlocking) {
            // Other reasons than a missing right have hints of their own.
            guard waiting.reason.code == .notPermitted else { throw waiting.reason }
            throw StretchError(
                .notPermitted, waiting.reason.message,
                hint: "Ask the owner of the remote to run: stretch provision "
                    + "\(options.file) --login NAME.")
        }
    }

    /// Runs once; with `--watch`, a transient failure is a warning, and the next iteration retries.
    private func runOnceOrWait(
        _ database: StretchDatabase, isFirst: Bool
    ) throws -> MigrationReport? {
        do {
            return try runOnce(database, isFirst: isFirst)
        } catch let error as StretchError {
            guard watch != nil, error.code.isRetryable else { throw error }
            StandardError.write("warning: \(error.message); trying again\n")
            return nil
        }
    }

    private func runOnce(
        _ database: StretchDatabase, isFirst: Bool
    ) throws -> MigrationReport {
        let bar = ProgressBar()
        defer { bar.finish() }
        let report = try database.migrate(
            tables: table.isEmpty ? nil : table, batchRowCount: batchRows,
            lockBudget: .milliseconds(lockBudget), shouldStop: { Interruption.isRequested },
            progress: bar.update)
        bar.finish()
        if isFirst, !options.json {
            for warning in report.warnings { StandardError.write("warning: \(warning)\n") }
        }
        if watch != nil, report.rowCount == 0 { return report }
        if options.json, watch != nil {
            StandardOutput.writeLine(JSONText.line(MigrationJSON(report)))
        } else {
            let isWithoutTables = try report.tables.isEmpty && database.status().tables.isEmpty
            options.show(MigrationJSON(report)) {
                isWithoutTables ? Self.withoutTables : report.lines
            }
        }
        StandardOutput.flush()
        return report
    }

    private static let withoutTables = [
        "Nothing to move: no table is stretch-enabled.",
        "Next: stretch table enable FILE TABLE --filter CONDITION",
    ]

    private func pause(_ seconds: Double) {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline, !Interruption.isRequested {
            Thread.sleep(forTimeInterval: min(seconds, 0.1))
        }
    }

    private func reclaim(_ database: StretchDatabase, _ mode: ReclaimMode) throws {
        let report = try database.reclaim(mode)
        if let first = report.obstacles.first {
            StandardError.write(
                "warning: the file cannot be rewritten here: table \"\(first)\" needs a collation, "
                    + "function or module that only the application has; run VACUUM there\n")
        }
        // With --json, the report of the migration is the only result.
        guard !options.json else { return }
        StandardOutput.writeLine(
            "Reclaimed space: \(report.bytesBefore.byteText) before, "
                + "\(report.bytesAfter.byteText) now.")
    }
}

extension MigrationReport {
    /// The report as lines of text.
    var lines: [String] {
        var lines = tables.flatMap(Self.lines)
        if lines.isEmpty { lines.append("Nothing to move.") }
        let seconds = elapsed.seconds
        let rate = seconds > 0 ? Int64(Double(rowCount) / seconds).grouped : "0"
        if rowCount > 0 {
            let lockTime = lockTimes.percentile(0.99).milliseconds
            lines.append(
                "\(rowCount.grouped) rows (\(byteCount.byteText)) in \(elapsed.text), "
                    + "\(rate) rows/s; write lock p99 \(lockTime.formatted(digits: 0)) ms.")
        }
        for conflict in conflicts {
            lines.append(
                "Cannot be brought back: \(conflict.table) \(conflict.location.text): "
                    + conflict.message)
        }
        for table in waiting { lines.append("Waiting: \(table.reason.message)") }
        if isStopped { lines.append("Stopped. The next run resumes here.") }
        return lines
    }

    private static func lines(_ table: Table) -> [String] {
        let verb = table.direction == .inbound ? "brought back" : "moved"
        var lines = [
            table.rowCount == 0
                ? "Table \(table.name): no rows \(verb)."
                : "Table \(table.name): \(table.rowCount.counted("row", "rows")) \(verb) in "
                    + "\(Int64(table.batchCount).counted("batch", "batches"))."
        ]
        if table.changedRowCount > 0 {
            lines.append(
                "  \(table.changedRowCount.grouped) changed during the migration and stay hot.")
        }
        let kept = table.keptRowCounts.sorted { $0.key.rawValue < $1.key.rawValue }
        for (reason, count) in kept where count > 0 {
            lines.append("  \(count.grouped) stay hot: \(explanation(reason)).")
        }
        return lines
    }

    private static func explanation(_ reason: KeptReason) -> String {
        switch reason {
        case .nullInKey: "their key contains NULL"
        case .highestRowid:
            "the row with the highest rowid stays, so that SQLite does not assign it again"
        case .hotChild: "a hot row refers to them"
        case .refused: "the remote cannot hold them"
        }
    }
}
