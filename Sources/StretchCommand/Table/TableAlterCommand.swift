internal import ArgumentParser
internal import StretchEngine
internal import StretchText

struct TableAlterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alter",
        abstract: "Change a table's filter, or explain a change of its columns.",
        discussion: """
            No row moves. A cold row that is no longer eligible stays cold.

            If another program renamed or replaced the last column, both cases look the same: \
            --rename or --replace names the right one.
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var table: TableArgument

    @Option(name: .long, help: ArgumentHelp("The new condition.", valueName: "condition"))
    var filter: String?

    @Option(
        name: .long,
        help: ArgumentHelp("A column that was renamed; may be repeated.", valueName: "old=new"))
    var rename: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A column that was dropped and added again; may be repeated.", valueName: "column"))
    var replace: [String] = []

    private var renamed: [String: String] {
        get throws {
            var names: [String: String] = [:]
            for pair in rename {
                let parts = pair.parts(between: "=", maximumSplitCount: 1)
                guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                    throw ValidationError("--rename takes OLD=NEW, not \"\(pair)\"")
                }
                names[parts[0]] = parts[1]
            }
            return names
        }
    }

    mutating func validate() throws {
        guard try filter != nil || !renamed.isEmpty || !replace.isEmpty else {
            throw ValidationError("Nothing to change: use --filter, --rename or --replace")
        }
    }

    func run() throws {
        try options.open().tables[table.table].alter(
            filter: filter, renamed: renamed, replaced: replace)
        options.show(["name": table.table]) { ["Changed table \(table.table)."] }
    }
}
