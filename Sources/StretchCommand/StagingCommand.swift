internal import ArgumentParser
internal import StretchCore
internal import StretchEngine
internal import StretchStaging

struct StagingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "staging",
        abstract: "Keep moved rows locally for some hours, in case the remote is rolled back.",
        discussion: """
            The rows of each batch stay, compressed, in a file beside the database. After the \
            remote was restored to an earlier state, 'stretch reauthorize' sends them again. \
            Choose more hours than the age of the remote's backups plus the time of a restore.

            Example: stretch staging app.db --rpo 24 --budget 2000000000
            Example: stretch staging app.db --rpo off
            """)

    @OptionGroup var options: DatabaseOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The RPO duration: how long the rows are kept, or off.", valueName: "hours"))
    var rpo: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "The maximum size of the compressed rows; 1 GiB by default.", valueName: "bytes"))
    var budget: Int64?

    mutating func validate() throws {
        guard rpo.map({ $0 == "off" || Int($0) != nil }) ?? true else {
            throw ValidationError("--rpo takes a number of hours, or off")
        }
        guard budget == nil || rpo != "off" else {
            throw ValidationError("--budget cannot be used with --rpo off")
        }
    }

    func run() throws {
        let database = try options.open()
        if rpo != nil || budget != nil {
            try database.staging.set(try wanted(instead: try database.staging.settings()))
        }
        let report = try database.staging.report()
        options.show(StagingJSON(report)) { Self.lines(report) }
    }

    private func wanted(instead settings: StagingSettings?) throws -> StagingSettings? {
        guard rpo != "off" else { return nil }
        guard let hours = rpo.flatMap({ Int($0) }) ?? settings?.rpoHours else {
            throw StretchError(
                .invalidArgument, "staging is off, and --budget alone does not turn it on",
                hint: "Add --rpo HOURS.")
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
        if let settings = report.settings {
            let covered = report.covered.hours.formatted(digits: 1)
            lines = [
                "Staging      \(settings.rpoHours) h, \(covered) h covered",
                "  Holds      \(held)",
                "  Budget     \(settings.byteBudget.byteText); the file takes "
                    + report.fileBytes.byteText,
            ]
        } else {
            lines = ["Staging      off"]
            if report.batches > 0 {
                lines.append("  Holds      \(held), until the remote is found to hold them")
            }
        }
        if let oldest = report.oldest { lines.append("  Oldest     \(oldest) UTC") }
        if let problem = report.problem { lines.append("  Problem    \(problem)") }
        return lines
    }
}
