internal import ArgumentParser
internal import Stretch

struct TableDisableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable",
        abstract: "Make a table an ordinary one again.",
        discussion: """
            A table with cold rows needs to be told what becomes of them: --bring-back moves them \
            here first, --abandon leaves them in the remote, where no query finds them any more.
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var table: TableArgument

    @Flag(name: .long, help: "Move all cold rows back first.")
    var bringBack = false

    @Flag(name: .long, help: "Leave the cold rows in the remote and forget them.")
    var abandon = false

    @Flag(name: .long, help: "Say what would be done, and change nothing.")
    var dryRun = false

    mutating func validate() throws {
        guard !bringBack || !abandon else {
            throw ValidationError("--bring-back and --abandon exclude each other")
        }
    }

    func run() throws {
        let mode: DisableMode? = bringBack ? .bringBack : abandon ? .abandon : nil
        let report = try options.open().disableTable(table.table, mode: mode, isDryRun: dryRun)
        options.show(report) {
            let verb = report.isDryRun ? "Would disable" : "Disabled"
            let rows = report.rows.grouped
            let fate = report.mode == .abandon ? "left in the remote" : "brought back"
            var lines = ["\(verb) table \(report.name); \(rows) cold rows \(fate)."]
            if !report.isRemoteTold {
                lines.append("The remote could not be reached, and does not know about it.")
            }
            return lines
        }
    }
}
