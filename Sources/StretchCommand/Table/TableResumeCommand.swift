internal import ArgumentParser
internal import StretchEngine

struct TableResumeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Allow the migration of a paused table again.")

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var table: TableArgument

    func run() throws {
        try options.open().tables[table.table].resume()
        options.show(["name": table.table, "migrationState": "outbound"]) {
            ["Resumed table \(table.table)."]
        }
    }
}
