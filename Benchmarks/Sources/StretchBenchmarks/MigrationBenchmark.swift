import ArgumentParser
import Foundation
import Stretch

/// The whole protocol of moving rows to the embedded endpoint.
struct MigrationBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migration",
        abstract: "Rows per second, lock times, WAL and memory of moving a whole table.")

    @Option(help: "The rows of the table.") var rows = 1_000_000
    @Option(help: "The lock budget, in milliseconds.") var lockBudget = 50
    @Flag(inversion: .prefixedNo, help: "Whether the table has a secondary index.") var index = true
    @Flag(help: "Whether rows stay in staging, too.") var staging = false
    @Option(help: "The folder for the files.") var folder = "/tmp"

    func run() throws {
        let file = try OrdersFile(
            path: folder + "/stretch-bench-migration.db", rowCount: rows, hasIndex: index)
        let database = try file.openStretched(coldCount: 0)
        try database.tables["orders"].alter(filter: "id <= \(rows)")
        if staging { try database.staging.set(StagingSettings(rpoHours: 8)) }
        var report: MigrationReport?
        let time = try seconds {
            report = try database.migrate(lockBudget: .milliseconds(lockBudget))
        }
        guard let report else { return }
        print(
            "\(report.rowCount) rows, \(index ? "one" : "no") secondary index, "
                + "budget \(lockBudget) ms" + (staging ? ", staging:" : ":"))
        printTable(
            ["rows/s", "lock p99 ms", "WAL bytes per byte", "peak MiB"],
            [
                [
                    (Double(report.rowCount) / time).formatted(digits: 0),
                    (report.lockTimes.percentile(0.99) / .milliseconds(1)).formatted(digits: 1),
                    (Double(report.walByteCount) / Double(max(1, report.byteCount)))
                        .formatted(digits: 1),
                    (Double(MemoryUse.peakByteCount) / 1_048_576).formatted(digits: 0),
                ]
            ])
        guard staging else { return }
        let staged = try database.staging.report()
        print("staging: \(staged.bytes) bytes for \(staged.rowBytes) bytes of rows")
    }
}

/// The memory of this process.
enum MemoryUse {
    /// The most bytes that were resident at once.
    static var peakByteCount: Int {
        var usage = rusage()
        guard getrusage(0, &usage) == 0 else { return 0 }
        #if os(Linux)
            return Int(usage.ru_maxrss) * 1_024
        #else
            return Int(usage.ru_maxrss)
        #endif
    }
}
