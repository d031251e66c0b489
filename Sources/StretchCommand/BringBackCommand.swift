internal import ArgumentParser
internal import Stretch

struct BringBackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bring-back",
        abstract: "Move cold rows of a table back into the local file.",
        discussion: """
            A table that came back whole is paused, else its rows would move out again at once. \
            Ctrl-C stops after the batch; calling the command again goes on.

            Example: stretch bring-back app.db orders --where "customer = 7"
            """)

    @OptionGroup var options: DatabaseOptions
    @OptionGroup var table: TableArgument

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Only rows that meet this condition; without it, all.", valueName: "condition"))
    var `where`: String?

    @Flag(name: .long, help: "Count the rows that would come back, and change nothing.")
    var dryRun = false

    func run() throws {
        let database = try options.open()
        guard !dryRun else { return try showCount(database) }
        Interruption.observe()
        let bar = ProgressBar()
        defer { bar.finish() }
        let report = try database.bringBack(
            table: table.table, where: self.where, shouldStop: { Interruption.isRequested },
            progress: bar.update)
        bar.finish()
        options.show(report) { report.lines }
        try Interruption.check()
    }

    private struct DryRun: Encodable {
        let name: String
        let rows: Int64
        let isDryRun = true
    }

    private func showCount(_ database: StretchDatabase) throws {
        let count = try database.coldRowCount(table: table.table, where: self.where)
        options.show(DryRun(name: table.table, rows: count)) {
            ["Would bring back \(count.grouped) rows of table \(table.table)."]
        }
    }
}
