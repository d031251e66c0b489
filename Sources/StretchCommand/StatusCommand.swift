internal import ArgumentParser
internal import Stretch

extension MigrationState {
    /// The state in words.
    fileprivate var text: String { self == .pausedInbound ? "paused, inbound" : rawValue }
}

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show the remote, the tables, and where their rows are.")

    @OptionGroup var options: DatabaseOptions

    func run() throws {
        let status = try options.open().status()
        options.show(StatusJSON(status)) { Self.lines(status) }
    }

    private static func lines(_ status: DatabaseStatus) -> [String] {
        let database = status.database
        var lines = [
            "Server       \(database.server) (\(database.linkState.rawValue))",
            "Query mode   \(database.queryMode.rawValue)",
            "Epoch        \(database.epoch)",
            "Free pages   \(database.freePages.grouped) (\(database.freeBytes.byteText))",
        ]
        if let login = database.login { lines.insert("Login        \(login)", at: 1) }
        if let reason = database.linkReason { lines.insert("Reason       \(reason)", at: 1) }
        lines += database.warnings.map { "Warning      \($0)" }
        if let step = database.pendingStep { lines.append("Pending step \(step.rawValue)") }
        if let staging = database.staging { lines += StagingCommand.lines(staging) }
        if status.tables.isEmpty { lines.append("No table is stretch-enabled.") }
        lines += status.tables.flatMap(Self.lines)
        if status.tables.contains(where: { !$0.ownerSteps.isEmpty }) {
            lines += ["", "Next: stretch provision FILE --login OWNER"]
        }
        return lines
    }

    private static func lines(_ table: DatabaseStatus.Table) -> [String] {
        func bytes(_ count: Int64?) -> String { count.map { ", \($0.byteText)" } ?? "" }
        let eligible = table.eligibleRows.map { ", \($0.grouped) eligible" } ?? ""
        var lines = [
            "",
            "Table \(table.name): \(table.migrationState.text)",
            "  Filter     \(table.filterPredicate)",
            "  Hot rows   \(table.localRows.grouped)\(bytes(table.localBytes))\(eligible)",
            "  Cold rows  \(table.remoteRows.grouped)\(bytes(table.remoteBytes)), "
                + "\(table.batches.counted("batch", "batches"))",
        ]
        if let shadowed = table.shadowedRows, shadowed > 0 {
            lines.append(
                "  Shadowed   \(shadowed.counted("cold row", "cold rows")) whose key a hot row has")
        }
        if let parent = table.follows {
            lines.append("  Follows    \(parent)\(table.followColumns.clause)")
        }
        if let hasIndexes = table.hasRemoteIndexes {
            lines.append("  Indexes    \(hasIndexes ? "built" : "not built yet") at the remote")
        }
        for step in table.ownerSteps {
            lines.append("  Waits for  the owner of the remote to \(step.message)")
        }
        if !table.isReconciled, table.problem == nil {
            lines.append(
                "  Columns    changed by another program; 'stretch migrate' takes them over")
        }
        if let problem = table.problem { lines.append("  Problem    \(problem)") }
        if let hint = table.problemHint { lines.append("  Way out    \(hint.text(\.command))") }
        return lines
    }
}
