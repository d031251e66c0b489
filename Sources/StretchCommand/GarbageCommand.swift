internal import ArgumentParser
internal import Stretch

struct GarbageCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Delete cold rows from the remote that no file sees any more.",
        discussion: """
            Nothing else deletes rows from the remote: those that came back stay there, so that \
            every backup of the file finds its rows. Without --older-than nothing is deleted; \
            --dry-run says since when backups would still find all their rows.
            """)

    @OptionGroup var options: DatabaseOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Delete what left the file at least this long ago.", valueName: "days"))
    var olderThan: Double?

    @Flag(name: .long, help: "Say what would be done, and change nothing.")
    var dryRun = false

    mutating func validate() throws {
        if let olderThan, !(0...36_500).contains(olderThan) {
            throw ValidationError("--older-than is from 0 to 36,500 days")
        }
    }

    func run() throws {
        let database = try options.open()
        if olderThan == 0, !dryRun {
            StandardError.write(
                "warning: backups made before now may not find their rows any more\n")
        }
        let age = olderThan.map { Duration.seconds(Int64($0 * 86_400)) }
        let report = try database.collectGarbage(olderThan: age, isDryRun: dryRun)
        options.show(report) { lines(report) }
    }

    private func lines(_ report: GarbageCollection) -> [String] {
        let verb = report.isDryRun ? "Would delete" : "Deleted"
        var lines = [
            "\(verb) \(report.rows.grouped) rows (\(report.bytes.byteText)) in "
                + "\(report.batches.grouped) batches."
        ]
        if report.keptBatches > 0 {
            let since = report.oldestKept.map { ", the oldest retired at \($0)" } ?? ""
            lines.append("\(report.keptBatches.grouped) retired batches stay\(since).")
        }
        if olderThan == nil { lines.append("Name an age to delete them: --older-than DAYS.") }
        if let since = report.completeSince {
            lines.append("Backups made after \(since) find all their rows.")
        }
        return lines
    }
}
