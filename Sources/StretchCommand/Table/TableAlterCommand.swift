internal import ArgumentParser
internal import StretchEngine
internal import StretchMigration
internal import StretchSQLite
internal import StretchText

struct TableAlterCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alter",
        abstract:
            "Change a table's filter, parent or options, or explain a change of its columns.",
        discussion: """
            No row moves. A cold row that is no longer eligible stays cold.

            When another program has changed a table, Stretch adopts what is certain and asks \
            about the rest; status shows the question. The options from --rename to --same are the \
            answers. --rename NAME=NAME says that a column is the one that had its name.
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var table: TableArgument

    @Option(name: .long, help: ArgumentHelp("The new condition.", valueName: "condition"))
    var filter: String?

    @OptionGroup var following: FollowOptions

    @Flag(name: .long, help: "Follow no other table; the filter decides alone.")
    var noFollow = false

    @Option(
        name: .long,
        help: ArgumentHelp("A column that was renamed; may be repeated.", valueName: "old=new"))
    var rename: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A column that was dropped and added again; may be repeated.", valueName: "column"))
    var replace: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "An old column with a new type; its cold values are converted. May be repeated.",
            valueName: "column"))
    var convert: [String] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The value of a new column in rows that are cold already; may be repeated. A value "
                + "that is a JSON number or null is taken as one, any other is a text.",
            valueName: "column=value"))
    var fill: [String] = []

    @Flag(name: .long, help: "The table, which was made anew, is the old one.")
    var same = false

    @OptionGroup var unique: UniqueOption

    @Flag(name: .long, help: "Show what would be changed, and change nothing.")
    var dryRun = false

    private var change: FollowChange? {
        get throws {
            if noFollow { return .nothing }
            return try following.follow.map { .parent($0, on: try following.columns) }
        }
    }

    private var renamed: [String: String] {
        get throws {
            let names = try pairs(rename, "--rename takes OLD=NEW") + convert.map { ($0, $0) }
            return Dictionary(names, uniquingKeysWith: { _, last in last })
        }
    }

    private var filled: [String: Value] {
        get throws {
            let values = try pairs(fill, "--fill takes COLUMN=VALUE").map { name, text in
                (name, Value(written: text))
            }
            return Dictionary(values, uniquingKeysWith: { _, last in last })
        }
    }

    private func pairs(_ texts: [String], _ form: String) throws -> [(String, String)] {
        try texts.map { text in
            let parts = text.parts(between: "=", maximumSplitCount: 1)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                throw ValidationError("\(form), not \"\(text)\"")
            }
            return (parts[0], parts[1])
        }
    }

    mutating func validate() throws {
        guard !noFollow || following.follow == nil else {
            throw ValidationError("--follow and --no-follow exclude each other")
        }
        guard
            try changesTable || unique.scope != nil
        else {
            throw ValidationError(
                "Nothing to change: use --filter, --follow, --rename, --replace, --convert, "
                    + "--fill, --same or --unique")
        }
        guard !dryRun || unique.scope == nil else {
            throw ValidationError("--dry-run and --unique exclude each other")
        }
    }

    private var changesTable: Bool {
        get throws {
            try filter != nil || change != nil || !renamed.isEmpty || !replace.isEmpty
                || !filled.isEmpty || same
        }
    }

    func run() throws {
        let table = try options.open().tables[table.table]
        let report =
            try changesTable
            ? table.alter(
                filter: filter, follows: change, renamed: renamed, replaced: replace,
                filled: filled, isSame: same, isDryRun: dryRun) : nil
        let uniqueness = try unique.scope.map { try table.setUniqueScope($0) }
        options.show(TableAlterJSON(name: table.name, report, uniqueness)) {
            let lines = report.map(Self.lines) ?? ["Changed table \(table.name)."]
            return lines + (uniqueness.map(UniqueOption.lines) ?? [])
        }
    }

    private static func lines(_ report: AlterReport) -> [String] {
        let verb = report.isDryRun ? "Would change" : "Changed"
        var lines = ["\(verb) table \(report.name)."]
        if let parent = report.follows {
            lines.append("It follows table \(parent)\(report.followColumns.clause).")
        }
        if let eligible = report.eligibleRows {
            lines.append(
                "\(eligible.grouped) of \(report.localRows.grouped) hot rows are eligible.")
        } else {
            lines.append("No row can move now; 'stretch status' says why.")
        }
        return lines + report.advice.map { "Advice: \($0)" }
    }
}
