internal import ArgumentParser
internal import StretchEngine

struct TableDisableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Make a stretch-enabled table an ordinary one again.",
        discussion: """
            For a table with cold rows, use --bring-back, which moves them back first, or \
            --abandon, which leaves them in the remote, where no query finds them.
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var table: TableArgument

    @Flag(name: .long, help: "Move all cold rows back first.")
    var bringBack = false

    @Flag(name: .long, help: "Leave the cold rows in the remote and forget them.")
    var abandon = false

    @Flag(name: .long, help: "Show what would be done, and change nothing.")
    var dryRun = false

    mutating func validate() throws {
        guard !bringBack || !abandon else {
            throw ValidationError("--bring-back and --abandon exclude each other")
        }
    }

    func run() throws {
        let mode: DisableMode? = bringBack ? .bringBack : abandon ? .abandon : nil
        let report = try options.open().tables[table.table].disable(mode, isDryRun: dryRun)
        options.show(TableDisableJSON(report)) {
            let verb = report.isDryRun ? "Would disable" : "Disabled"
            let rows = report.rows.grouped
            let fate = report.mode == .abandon ? "left in the remote" : "brought back"
            var lines = ["\(verb) table \(report.name); \(rows) cold rows \(fate)."]
            if report.mode == .abandon, report.rows > 0, report.isRemoteTold {
                lines.append(
                    "To delete them there, once no backup needs them: stretch gc "
                        + "\(options.file.shellQuoted), after its retention.")
            }
            if !report.isRemoteTold {
                lines.append("The remote was not reached, and does not record it.")
            }
            return lines
        }
    }
}
