internal import ArgumentParser
internal import Stretch

struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Show what a backup contains, however it was made.",
        discussion: """
            No login is needed, the remote is not contacted, and nothing is written.

            Example: stretch inspect app-monday.db --check
            """)

    @OptionGroup var options: DatabaseOptions

    @Flag(name: .long, help: "Read every page and report damage.") var check = false

    func run() throws {
        let configuration = try DatabaseOptions.makeConfiguration(
            busyTimeout: options.busyTimeout)
        let description = try StretchDatabase.inspect(
            options.file, isChecked: check, configuration: configuration)
        options.show(DescriptionJSON(description)) { Self.lines(description) }
        if let problem = description.integrityProblems?.first {
            throw StretchError(
                .damaged, "the database is damaged: \(problem)",
                hint: "Use another backup; see https://sqlite.org/recovery.html.")
        }
    }

    private static func lines(_ description: BackupDescription) -> [String] {
        var lines = [
            "\(description.file): \(description.byteCount.byteText), "
                + "\(description.pageCount.grouped) pages of \(description.pageSize) bytes, "
                + "last changed \(description.time) UTC"
        ]
        if description.hasWAL { lines.append("The newest changes are in the -wal file beside it.") }
        lines += description.contentLines
        if let problems = description.integrityProblems {
            lines += problems.isEmpty ? ["No page is damaged."] : problems.map { "Damaged: \($0)" }
        }
        return lines
    }
}

extension BackupDescription {
    /// The local and remote content of the file, as text.
    var contentLines: [String] {
        guard !isRemote else {
            return ["This file is a remote: it holds cold rows of other files."]
        }
        guard let stretch else {
            return ["A plain SQLite file, which holds all its rows."]
                + [uncheckedNote].compactMap(\.self)
        }
        var lines = tables.flatMap { table in
            let eligible = table.eligibleRows.map { ", \($0.grouped) of them eligible" } ?? ""
            return [
                "Table \(table.name)",
                "  Contains   \(table.localRows.counted("row", "rows"))\(eligible)",
                "  In remote  \(table.remoteRows.counted("cold row", "cold rows")), "
                    + table.batches.counted("batch", "batches"),
            ]
        }
        let others = Int64(plainTables.count)
        if others > 0 {
            lines.append("Complete   \(others.counted("other table", "other tables"))")
        }
        lines += [
            "Server     \(stretch.server)",
            "Database   \(stretch.database)",
            "Position   branch \(stretch.branch), epoch \(stretch.epoch)",
        ]
        if let step = stretch.pendingStep { lines.append("Pending    \(step.rawValue)") }
        if stretch.isForkUnfinished { lines.append("Pending    reauthorize") }
        if let uncheckedNote { lines.append(uncheckedNote) }
        return lines
    }
}
