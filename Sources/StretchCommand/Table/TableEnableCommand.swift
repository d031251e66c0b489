internal import ArgumentParser
internal import Stretch

struct TableEnableCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable",
        abstract: "Let the eligible rows of a table move to the remote.",
        discussion: """
            Rows that meet the filter are eligible; 'stretch migrate' moves them.

            Example: stretch table enable app.db orders --filter "created < date('now','-90 days')"
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var table: TableArgument
    @OptionGroup var login: LoginOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A condition over the table's columns; required without --follow.",
            valueName: "condition"))
    var filter: String?

    @OptionGroup var following: FollowOptions

    @OptionGroup var unique: UniqueOption

    @Flag(name: .long, help: "Move no rows until 'stretch table resume'.")
    var paused = false

    @Flag(name: .long, help: "Show what would be enabled, and change nothing.")
    var dryRun = false

    mutating func validate() throws {
        guard filter != nil || following.follow != nil else {
            throw ValidationError(
                "Missing --filter CONDITION, which says which rows are cold, or --follow PARENT")
        }
    }

    func run() throws {
        let report = try options.open(login.given).tables[table.table].enable(
            filter: filter ?? "", follows: following.follow, on: following.columns,
            isPaused: paused, uniqueScope: unique.scope ?? .all, isDryRun: dryRun)
        options.show(TableEnableJSON(report)) {
            let verb = report.isDryRun ? "Would enable" : "Enabled"
            var lines = ["\(verb) table \(report.name)."]
            if let parent = report.follows {
                lines.append("It follows table \(parent)\(report.followColumns.clause).")
            }
            lines.append(
                "\(report.eligibleRows.grouped) of \(report.localRows.grouped) rows are eligible.")
            lines += report.unenforcedConstraints.map {
                "Not enforced between hot and cold rows: \($0)"
            }
            lines += report.advice.map { "Advice: \($0)" }
            return lines + (report.isDryRun ? [] : ["Next: stretch migrate \(options.file)"])
        }
    }
}
