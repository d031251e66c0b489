internal import ArgumentParser
internal import Stretch

struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read every cold row and compare it with the digests in the file.")

    @OptionGroup var options: DatabaseOptions

    @Option(name: .long, help: ArgumentHelp("Only this table.", valueName: "name"))
    var table: String?

    func run() throws {
        let report = try options.open().verify(table: table)
        options.show(VerificationJSON(report)) { Self.lines(report) }
        guard report.isSound else {
            throw StretchError(
                .damaged, "the remote differs from what the file recorded",
                hint: "Copy the file and the remote before you change anything.")
        }
    }

    private static func lines(_ report: VerificationReport) -> [String] {
        var lines = report.tables.flatMap { table in
            var lines = [
                "Table \(table.name): \(table.coldRowCount.grouped) cold rows in "
                    + "\(Int64(table.batchCount).counted("batch", "batches")) read and compared."
            ]
            if table.changedRowidCount > 0 {
                lines.append(
                    "  \(table.changedRowidCount.grouped) have another rowid than before, because "
                        + "another row has it.")
            }
            if table.shadowedRowCount > 0 {
                lines.append(
                    "  \(table.shadowedRowCount.grouped) are hidden by hot rows with the same key.")
            }
            if table.orphanRowCount > 0 {
                lines.append(
                    "  \(table.orphanRowCount.grouped) rows refer to rows that do not exist.")
            }
            if table.duplicateRowCount > 0 {
                lines.append(
                    "  \(table.duplicateRowCount.grouped) rows have the values of other rows in a "
                        + "UNIQUE constraint.")
            }
            return lines
        }
        lines += report.findings.map { finding in
            let table = finding.table.map { "table \($0): " } ?? ""
            let batch = finding.batchNumber.map { "batch \($0): " } ?? ""
            return "Problem: \(table)\(batch)\(finding.message)"
        }
        return lines + [report.isSound ? "No problems." : "There are problems."]
    }
}
