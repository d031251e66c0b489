internal import ArgumentParser
internal import Stretch

struct StagingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "staging",
        abstract: "Keep moved rows here for some hours, in case the remote is rolled back.",
        discussion: """
            The rows of each batch stay, compressed, in a file beside the database. When the \
            remote is restored to an earlier state, reauthorize sends them again. Choose more \
            hours than a backup of the remote is old, plus the time until it is restored.

            Example: stretch staging app.db --rpo 24 --budget 2000000000
            Example: stretch staging app.db --rpo off
            """)

    @OptionGroup var options: DatabaseOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The RPO duration: how long the rows stay, or off.", valueName: "hours"))
    var rpo: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The most that they may take, compressed; 1 GiB unless given.", valueName: "bytes"))
    var budget: Int64?

    mutating func validate() throws {
        guard rpo.map({ $0 == "off" || Int($0) != nil }) ?? true else {
            throw ValidationError("--rpo takes a number of hours, or off")
        }
        guard budget == nil || rpo != "off" else {
            throw ValidationError("A budget has no use with --rpo off")
        }
    }

    func run() throws {
        let database = try options.open()
        if rpo != nil || budget != nil {
            try database.setStaging(try wanted(instead: try database.stagingSettings()))
        }
        let report = try database.staging()
        options.show(report) { Self.lines(report) }
    }

    private func wanted(instead settings: StagingSettings?) throws -> StagingSettings? {
        guard rpo != "off" else { return nil }
        guard let hours = rpo.flatMap({ Int($0) }) ?? settings?.rpoHours else {
            throw ValidationError("Staging is off: give --rpo, too")
        }
        return StagingSettings(
            rpoHours: hours,
            byteBudget: budget ?? settings?.byteBudget ?? StagingSettings.defaultByteBudget)
    }

    static func lines(_ report: StagingReport) -> [String] {
        let held =
            "\(report.batches.counted("batch", "batches")), \(report.bytes.byteText) for "
            + "\(report.rowBytes.byteText) of rows"
        var lines: [String]
        if report.rpoHours == 0 {
            lines = ["Staging      off"]
            if report.batches > 0 {
                lines.append("  Holds      \(held), until they are found durable")
            }
        } else {
            let covered = report.coveredHours.formatted(digits: 1)
            lines = [
                "Staging      \(report.rpoHours) h, \(covered) h covered",
                "  Holds      \(held)",
                "  Budget     \(report.budgetBytes.byteText); the file takes "
                    + report.fileBytes.byteText,
            ]
        }
        if let oldest = report.oldest { lines.append("  Oldest     \(oldest) UTC") }
        if let problem = report.problem { lines.append("  Problem    \(problem)") }
        return lines
    }
}
