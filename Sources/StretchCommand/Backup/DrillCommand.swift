internal import ArgumentParser
internal import Foundation
internal import Stretch

struct DrillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "Prove that a backup taken now would restore every row.",
        discussion: """
            Makes a backup, restores it to a temporary folder, compares its rows with those of \
            the file, and reads every cold row through the manifest of the restored file. Nothing \
            is changed. The exit status is 9 if anything differs, which suits a nightly job.
            """)

    @OptionGroup var options: DatabaseOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A folder with room for two copies of the file; by default the temporary one.",
            valueName: "path"), completion: .directory)
    var folder: String?

    func run() throws {
        Interruption.observe()
        var asked = BackupOptions()
        asked.shouldStop = { Interruption.isRequested }
        let place = folder ?? FileManager.default.temporaryDirectory.path
        let report = try options.open().drill(in: place, asked)
        options.show(DrillJSON(report)) { Self.lines(report) }
        guard report.isSound else {
            throw StretchError(
                .damaged, "the restored file differs from the original",
                hint: "Change neither the file, its backups nor the remote; run: "
                    + "stretch verify FILE.")
        }
    }

    private static func lines(_ report: DrillReport) -> [String] {
        var lines = ["State of \(report.time) UTC, branch \(report.branch), epoch \(report.epoch)"]
        lines += report.tables.map { table in
            "Table \(table.name): \(table.localRows.grouped) rows, "
                + (table.isEqual
                    ? "all restored." : "\(table.restoredRows.grouped) restored, with differences.")
        }
        lines += report.remote.tables.map { table in
            "Table \(table.name): \(table.coldRowCount.grouped) cold rows in "
                + "\(Int64(table.batchCount).counted("batch", "batches")) read and compared."
        }
        if let note = report.uncheckedNote { lines.append(note) }
        lines += report.remote.findings.map { "Problem: \($0.message)" }
        return lines + [
            report.isSound
                ? "A backup taken now would restore every row "
                    + "(\(report.elapsed.text))."
                : "A backup taken now would not restore every row."
        ]
    }
}
