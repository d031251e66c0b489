import ArgumentParser
import Foundation
import Stretch

/// The PostgreSQL endpoint against the server's own fast paths and against other programs.
struct PostgresBenchmark: ParsableCommand {
    enum Part: String, CaseIterable, ExpressibleByArgument {
        case migration, reads, memory, batches
    }

    static let configuration = CommandConfiguration(
        commandName: "postgres",
        abstract:
            "Moving and reading cold rows of a private PostgreSQL server, as ratios to peers.",
        discussion: """
            Starts a server of its own with fsync on, and removes it at the end. The peers that \
            need other programs run when Benchmarks/peers/install has installed them.
            """)

    @Argument(help: "What is measured: migration, reads, memory or batches.")
    var parts: [Part] = [.migration, .reads]
    @Option(help: "The rows of the table.") var rows = 1_000_000
    @Option(help: "How often each side runs; medians are shown.") var rounds = 3
    @Option(help: "The lock budget of moving, in milliseconds.") var lockBudget = 50
    @Option(help: "The batches of the part batches.") var batches = 10_000
    @Option(help: "A folder on disk for the server's and the local files.") var folder = "/tmp"

    func run() throws {
        let server = try PostgresServer(folder: folder)
        for part in parts {
            switch part {
            case .migration:
                try PostgresMigrationFigures(
                    server: server, rowCount: rows, roundCount: rounds,
                    lockBudget: .milliseconds(lockBudget)
                ).run()
            case .reads:
                try PostgresReadFigures(server: server, rowCount: rows, roundCount: rounds).run()
            case .memory: try measureMemory(server)
            case .batches: try compareBatches(server)
            }
        }
    }

    /// The memory of a process that moves and reads; run this part alone.
    private func measureMemory(_ server: PostgresServer) throws {
        let orders = try server.stretchedFile("memory", rowCount: rows)
        let made = MemoryUse.peakByteCount
        _ = try orders.migrate(upTo: rows)
        let moved = MemoryUse.peakByteCount
        let statement = try orders.database.prepare("SELECT * FROM orders")
        while try statement.step() {}
        print("\n\(rows) cold rows: peak memory, at most 64 MiB")
        printTable(
            ["after", "MiB"],
            [
                ["making the file", (Double(made) / 1_048_576).formatted(digits: 0)],
                ["moving", (Double(moved) / 1_048_576).formatted(digits: 0)],
                [
                    "a whole scan",
                    (Double(MemoryUse.peakByteCount) / 1_048_576).formatted(digits: 0),
                ],
            ])
    }

    /// Whether reads of few rows slow down when there are many batches.
    private func compareBatches(_ server: PostgresServer) throws {
        let few = try server.stretchedFile("few", rowCount: rows)
        _ = try few.migrate(upTo: rows, batchRowCount: max(1, rows / 100))
        let many = try server.stretchedFile("many", rowCount: rows)
        _ = try many.migrate(upTo: rows, batchRowCount: max(1, rows / batches))
        var results: [[String]] = []
        for (name, count, read) in [
            ("point read", 2_000, PostgresReadFigures.pointReads),
            ("1,000 keys in one list", 5, PostgresReadFigures.listReads),
        ] {
            var work = Rounds()
            for (label, orders) in [("100", few), ("\(batches)", many)] {
                _ = try read(orders, 3, rows)
                work.add(label) { try read(orders, count, rows) }
            }
            try work.run(max(rounds, 5))
            let times = work.names.compactMap(work.median).map { $0 / Double(count) * 1e6 }
            results.append(
                [name] + times.map { $0.formatted(digits: 0) }
                    + [(times[1] / times[0]).formatted(digits: 2)])
        }
        print("\n\(rows) cold rows in 100 and in \(batches) batches:")
        printTable(["operation", "100 µs", "\(batches) µs", "ratio"], results)
    }
}
