internal import ArgumentParser
internal import StretchCatalog
internal import StretchEngine

struct TablePauseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Stop the migration of a table; queries still return all rows.")

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var table: TableArgument

    func run() throws {
        let state = try options.open().tables[table.table].pause()
        options.show(["name": table.table, "migrationState": state.rawValue]) {
            ["Paused table \(table.table)."]
        }
    }
}
