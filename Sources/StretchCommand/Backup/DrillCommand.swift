internal import ArgumentParser
internal import Foundation
internal import Stretch

struct DrillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "Prove that a backup of now would bring every row back.",
        discussion: """
            Makes a backup, restores it to a temporary place, compares every row there with those \
            of the file, and reads every cold row by the restored file's own manifest. Nothing is \
            changed. The exit status is 9 when anything differs: for a nightly job.
            """)

    @OptionGroup var options: DatabaseOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Where there is room for two copies of the file; else the system's temporary folder.",
            valueName: "path"), completion: .directory)
    var folder: String?

    func run() throws {
        Interruption.observe()
        var asked = BackupOptions()
        asked.shouldStop = { Interruption.isRequested }
        let place = folder ?? FileManager.default.temporaryDirectory.path
        let report = try options.open().drill(in: place, asked)
        options.show(report) { Self.lines(report) }
        guard report.isSound else {
            throw StretchError(
                .damaged, "the restored file is not what it should be",
                hint: "Keep the file, its backups and the remote as they are; run stretch verify.")
        }
    }

    private static func lines(_ report: DrillReport) -> [String] {
        var lines = ["State of \(report.time) UTC, branch \(report.branch), epoch \(report.epoch)"]
        lines += report.tables.map { table in
            "Table \(table.name): \(table.localRows.grouped) rows, "
                + (table.isEqual
                    ? "all restored." : "\(table.restoredRows.grouped) restored: differ.")
        }
        lines += report.remote.tables.map { table in
            "Table \(table.name): \(table.coldRows.grouped) cold rows in "
                + "\(table.batches.counted("batch", "batches")) were read and compared."
        }
        lines += report.remote.problems.map { "Problem: \($0.message)" }
        return lines + [
            report.isSound
                ? "A backup of this moment brings every row back "
                    + "(\(Duration.seconds(report.seconds).text))."
                : "Not all comes back."
        ]
    }
}
