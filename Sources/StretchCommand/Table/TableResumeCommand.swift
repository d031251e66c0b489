internal import ArgumentParser
internal import StretchCatalog
internal import StretchEngine

struct TableResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Allow the migration of a paused table again.",
        discussion: """
            Rows move in the direction in which they did before the pause.
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var table: TableArgument

    @Flag(
        name: .long,
        help: "Move rows to the remote, even if they were being brought back before the pause.")
    var outbound = false

    func run() throws {
        let state = try options.open().tables[table.table].resume(outbound ? .outbound : nil)
        options.show(["name": table.table, "migrationState": state.rawValue]) {
            ["Resumed table \(table.table)."]
                + (state == .inbound ? ["Its rows are brought back by 'stretch migrate'."] : [])
        }
    }
}
