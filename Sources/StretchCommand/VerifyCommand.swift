internal import ArgumentParser
internal import Stretch

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read every cold row again and compare it with the proof kept here.")

    @OptionGroup var options: DatabaseOptions

    @Option(name: .long, help: ArgumentHelp("Only this table.", valueName: "name"))
    var table: String?

    func run() throws {
        let report = try options.open().verify(table: table)
        options.show(report) {
            report.tables.flatMap { table in
                [
                    "Table \(table.name): \(table.rows.grouped) rows in "
                        + "\(table.batches.grouped) batches were read."
                ] + table.problems.map { "  Problem: \($0)" }
            } + [report.isSound ? "All is sound." : "Not all is sound."]
        }
        guard report.isSound else {
            throw StretchError(
                .damaged, "the remote does not hold what it should",
                hint: "Keep a copy of both files before you go on.")
        }
    }
}
