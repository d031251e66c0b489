import ArgumentParser
import Stretch

/// Hot work through the overlay against the same work on a plain file.
struct OverlayBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "overlay", abstract: "Hot work through the overlay, as ratios to plain SQLite."
    )

    @Option(help: "The rows of the table.") var rows = 1_000_000
    @Option(help: "How often each side runs; medians are shown.") var rounds = 9
    @Option(help: "Only the operations whose name contains this text.") var only: String?
    @Option(help: "The folder for the files.") var folder = "/tmp"

    func run() throws {
        for isHalfCold in [false, true] {
            print(
                isHalfCold
                    ? "\nHalf of \(rows) rows are cold, and the queries are hot-only:"
                    : "All of \(rows) rows are hot:")
            try measure(isHalfCold: isHalfCold)
        }
    }

    private func measure(isHalfCold: Bool) throws {
        let plain = try OrdersFile(path: folder + "/stretch-bench-plain.db", rowCount: rows)
            .openPlain()
        let database = try OrdersFile(path: folder + "/stretch-bench-overlay.db", rowCount: rows)
            .openStretched(coldCount: isHalfCold ? rows / 2 : 0)
        let first = isHalfCold ? rows / 2 + 1 : 1
        let roundTripCount = database.roundTripCount
        var results: [Measurement] = []
        for workload in Workload.all(firstKey: first, lastKey: rows) {
            if isHalfCold, !workload.isHotOnly { continue }
            if let only, !workload.name.contains(only) { continue }
            var measurement = Measurement(workload.name, limit: workload.limit)
            let plainStatement = try plain.prepare(workload.sql)
            let overlayStatement = try database.prepare(workload.sql)
            try measurement.run(
                operationCount: workload.operationCount, roundCount: rounds,
                plain: { try workload.run(plainStatement) { try plain.execute(one: $0) } },
                overlay: { try workload.run(overlayStatement) { try database.execute($0) } })
            results.append(measurement)
        }
        printTable(
            ["operation", "plain µs", "overlay µs", "ratio", "limit", "met"], results.map(\.row))
        print("round trips: \(database.roundTripCount - roundTripCount)")
    }
}

/// One kind of work, the same text and values on both sides.
struct Workload {
    let name: String
    let limit: Double
    let sql: String
    let operationCount: Int
    /// Whether the manifest can prove that no cold row matches.
    let isHotOnly: Bool
    /// Whether the work runs inside one transaction.
    let isWriting: Bool
    /// The values of one operation.
    let values: (Int) -> [Value]

    func run(_ statement: Statement, _ execute: (String) throws -> Void) throws {
        if isWriting { try execute("BEGIN") }
        for operation in 0..<operationCount {
            try statement.bind(values(operation))
            while try statement.step() {
                for column in 0..<statement.columnCount { _ = statement.integer(column) }
            }
            statement.reset()
        }
        // Both sides start the next round from the same rows.
        if isWriting { try execute("ROLLBACK") }
    }

    static func all(firstKey: Int, lastKey: Int) -> [Workload] {
        let keyCount = lastKey - firstKey + 1
        func key(_ operation: Int) -> Int64 {
            Int64(firstKey + Int(UInt64(operation) &* 2_654_435_761 % UInt64(keyCount - 100)))
        }
        return [
            Workload(
                name: "point read", limit: 1.3, sql: "SELECT * FROM orders WHERE id = ?",
                operationCount: 100_000, isHotOnly: true, isWriting: false,
                values: { [.integer(key($0))] }),
            Workload(
                name: "index range, 100 rows", limit: 1.3,
                sql: "SELECT * FROM orders WHERE customer = ?", operationCount: 3_000,
                isHotOnly: false, isWriting: false,
                values: { [.integer(Int64($0 * 7 % max(1, lastKey / 100)))] }),
            Workload(
                name: "index range in hot keys, 100 rows", limit: 1.3,
                sql: "SELECT * FROM orders WHERE customer = ? AND id >= \(firstKey)",
                operationCount: 3_000, isHotOnly: true, isWriting: false,
                values: { [.integer(Int64($0 * 7 % max(1, lastKey / 100)))] }),
            Workload(
                name: "key range, 100 rows", limit: 1.8,
                sql: "SELECT * FROM orders WHERE id BETWEEN ? AND ?", operationCount: 5_000,
                isHotOnly: true, isWriting: false,
                values: { [.integer(key($0)), .integer(key($0) + 99)] }),
            Workload(
                name: "sum over a scan", limit: 2,
                sql: "SELECT sum(total) FROM orders WHERE id >= ?",
                operationCount: 1, isHotOnly: true, isWriting: false,
                values: { _ in [.integer(Int64(firstKey))] }),
            Workload(
                name: "full scan", limit: 2, sql: "SELECT * FROM orders WHERE id >= ?",
                operationCount: 1, isHotOnly: true, isWriting: false,
                values: { _ in [.integer(Int64(firstKey))] }),
            Workload(
                name: "insert", limit: 1.4, sql: "INSERT INTO orders VALUES(?, ?, ?, ?, ?)",
                operationCount: 50_000, isHotOnly: true, isWriting: true,
                values: {
                    [
                        .integer(Int64(lastKey + 1 + $0)), .integer(key($0) % 10_000),
                        "2024-05-05 00:00:00", 12.5, "a new order",
                    ]
                }),
            Workload(
                name: "insert, key drawn by SQLite", limit: 1.4,
                sql: "INSERT INTO orders(customer, created, total, note) VALUES(?, ?, ?, ?)",
                operationCount: 50_000, isHotOnly: true, isWriting: true,
                values: {
                    [.integer(key($0) % 10_000), "2024-05-05 00:00:00", 12.5, "a new order"]
                }),
            Workload(
                name: "update by key", limit: 2,
                sql: "UPDATE orders SET total = ? WHERE id = ?", operationCount: 30_000,
                isHotOnly: true, isWriting: true,
                values: { [.real(Double($0)), .integer(key($0))] }),
            Workload(
                name: "delete by key", limit: 2, sql: "DELETE FROM orders WHERE id = ?",
                operationCount: 20_000, isHotOnly: true, isWriting: true,
                values: { [.integer(key($0))] }),
        ]
    }
}
