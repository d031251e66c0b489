internal import ArgumentParser
internal import StretchEngine

struct BranchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "branch",
        abstract: "List, drop and undrop the branches of a database.",
        discussion: """
            A branch is a timeline of a database in the remote. Each restored or copied file gets \
            its own branch when it is reauthorized.
            """,
        subcommands: [BranchListCommand.self, BranchDropCommand.self, BranchUndropCommand.self])
}

struct BranchListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "Show the branches, their owners, and when these were last seen.")

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var login: LoginOptions

    func run() throws {
        let branches = try options.open(login.given).branches.all()
        options.show(BranchListJSON(branches)) { branches.flatMap(\.lines) }
    }
}

struct BranchDropCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Drop a branch, so that gc may delete rows that only this branch sees.",
        discussion: """
            Nothing is deleted until the next 'stretch gc'; until then, 'stretch branch undrop' \
            restores the branch. Needs the login of the remote's administrator.
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var login: LoginOptions

    @Argument(help: "The branch, as 'stretch branch list' shows it.")
    var branch: Int64

    @Flag(name: .long, help: "Drop the branch even if its file still exists.") var force = false

    func run() throws {
        let report = try options.open(login.given).branches.drop(branch, isForced: force)
        options.show(BranchJSON(report)) { report.lines }
    }
}

struct BranchUndropCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "undrop",
        abstract: "Restore a dropped branch.",
        discussion: """
            Possible until gc has begun to delete rows of the branch. Needs the login of the \
            remote's administrator.
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var login: LoginOptions

    @Argument(help: "The branch, as 'stretch branch list' shows it.")
    var branch: Int64

    func run() throws {
        let report = try options.open(login.given).branches.undrop(branch)
        options.show(BranchJSON(report)) { report.lines }
    }
}

extension BranchReport {
    /// The branch as lines of text.
    fileprivate var lines: [String] {
        let origin = parent.map { ", from branch \($0) at epoch \(forkEpoch ?? 0)" } ?? ""
        var lines = [
            "Branch \(id)\(isCurrent ? " (this file's)" : ""): epoch \(epoch)\(origin)",
            "  Owner      \(owner ?? "nobody"), last seen \(lastSeen)",
        ]
        if let file { lines.append("  File       \(file)") }
        if let droppedAt { lines.append("  Dropped    \(droppedAt)") }
        return lines
    }
}
