internal import ArgumentParser
internal import StretchCore
internal import StretchEngine

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read every cold row and compare it with the digests in the file.")

    @OptionGroup var options: DatabaseOptions

    @Option(name: .long, help: ArgumentHelp("Only this table.", valueName: "name"))
    var table: String?

    func run() throws {
        let report = try options.open().verify(table: table)
        options.show(report) { Self.lines(report) }
        guard report.isSound else {
            throw StretchError(
                .damaged, "the remote differs from what the file recorded",
                hint: "Copy the file and the remote before you change anything.")
        }
    }

    private static func lines(_ report: VerificationResult) -> [String] {
        var lines = report.tables.flatMap { table in
            var lines = [
                "Table \(table.name): \(table.coldRows.grouped) cold rows in "
                    + "\(table.batches.counted("batch", "batches")) read and compared."
            ]
            if table.shadowedRows > 0 {
                lines.append(
                    "  \(table.shadowedRows.grouped) are hidden by hot rows with the same key.")
            }
            if table.orphanRows > 0 {
                lines.append("  \(table.orphanRows.grouped) rows refer to rows that do not exist.")
            }
            return lines
        }
        lines += report.problems.map { problem in
            let table = problem.table.map { "table \($0): " } ?? ""
            let batch = problem.batch.map { "batch \($0): " } ?? ""
            return "Problem: \(table)\(batch)\(problem.message)"
        }
        return lines + [report.isSound ? "No problems." : "There are problems."]
    }
}
