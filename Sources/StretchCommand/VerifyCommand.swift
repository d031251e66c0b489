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
        options.show(report) { Self.lines(report) }
        guard report.isSound else {
            throw StretchError(
                .damaged, "the remote does not hold what it should",
                hint: "Keep a copy of both files before you go on.")
        }
    }

    private static func lines(_ report: VerificationResult) -> [String] {
        var lines = report.tables.flatMap { table in
            var lines = [
                "Table \(table.name): \(table.coldRows.grouped) cold rows in "
                    + "\(table.batches.counted("batch", "batches")) were read and compared."
            ]
            if table.shadowedRows > 0 {
                lines.append("  \(table.shadowedRows.grouped) are hidden by hot rows of their key.")
            }
            if table.orphanRows > 0 {
                lines.append("  \(table.orphanRows.grouped) rows refer to rows that are nowhere.")
            }
            return lines
        }
        lines += report.problems.map { problem in
            let table = problem.table.map { "table \($0): " } ?? ""
            let batch = problem.batch.map { "batch \($0): " } ?? ""
            return "Problem: \(table)\(batch)\(problem.message)"
        }
        return lines + [report.isSound ? "All is sound." : "Not all is sound."]
    }
}
