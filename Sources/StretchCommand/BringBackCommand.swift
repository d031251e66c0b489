internal import ArgumentParser
internal import Stretch

struct BringBackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bring-back",
        abstract: "Move cold rows of a table back into the local file.",
        discussion: """
            A table that was brought back completely is paused, so that its rows do not move out \
            again. Ctrl-C stops after the current batch; the next run resumes.

            Example: stretch bring-back app.db orders --where "customer = 7"
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var table: TableArgument

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Only rows that meet this condition; by default, all.", valueName: "condition"))
    var `where`: String?

    @Flag(name: .long, help: "Count the rows that would be brought back, and change nothing.")
    var dryRun = false

    func run() throws {
        let database = try options.open()
        guard !dryRun else { return try showCount(database) }
        Interruption.observe()
        let bar = ProgressBar()
        defer { bar.finish() }
        let report = try database.tables[table.table].bringBack(
            where: self.where, shouldStop: { Interruption.isRequested },
            progress: bar.update)
        bar.finish()
        options.show(MigrationJSON(report)) { report.lines }
        try Interruption.check()
    }

    private struct DryRun: Encodable {
        let name: String
        let rows: Int64
        let isDryRun = true
    }

    private func showCount(_ database: StretchDatabase) throws {
        let count = try database.tables[table.table].coldRowCount(where: self.where)
        options.show(DryRun(name: table.table, rows: count)) {
            ["Would bring back \(count.grouped) rows of table \(table.table)."]
        }
    }
}
