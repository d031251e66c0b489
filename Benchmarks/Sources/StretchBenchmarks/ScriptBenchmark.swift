import ArgumentParser
import Foundation

/// A long script of plain INSERTs in `stretch sql`, against the `sqlite3` shell.
///
/// Both run the same file in a process of their own, on the same kind of new database: one
/// transaction, so that neither waits for the disk more than once, or a transaction for each
/// statement, with `synchronous = OFF` in both.
struct ScriptBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "script", abstract: "A script of INSERTs in stretch sql and in sqlite3.")

    @Option(help: "The size of the script, in MB.") var size = 10
    @Option(help: "How often each is run; the fastest run counts.") var repetitions = 5
    @Option(help: "The command stretch.") var stretch = "Benchmarks/.build/release/stretch"
    @Option(help: "The folder for the files.") var folder = "/tmp"

    func run() throws {
        var rows: [[String]] = []
        for (name, isOne) in [("one transaction", true), ("a transaction for each", false)] {
            let script = "\(folder)/stretch-bench-script.sql"
            try Data(text(isOneTransaction: isOne).utf8).write(to: URL(fileURLWithPath: script))
            let (ours, theirs) = try fastest(script)
            rows.append([
                name, theirs.formatted(digits: 2), ours.formatted(digits: 2),
                (ours / theirs).formatted(digits: 2),
            ])
        }
        print("\(size) MB of INSERTs, the fastest of \(repetitions) runs each:")
        printTable(["", "sqlite3 s", "stretch sql s", "ratio"], rows)
    }

    private func text(isOneTransaction: Bool) -> String {
        var text = "PRAGMA synchronous = OFF;\n" + (isOneTransaction ? "BEGIN;\n" : "")
        var id = 0
        while text.utf8.count < size * 1_000_000 {
            id += 1
            text +=
                "INSERT INTO orders VALUES(\(id), \(id % 1_000), '2024-01-01 00:00:00', "
                + "\(Double(id % 100_000) / 100), 'order number \(id), as usual');\n"
        }
        return text + (isOneTransaction ? "COMMIT;\n" : "")
    }

    /// Runs both in turn, so that what else the machine does meets both.
    private func fastest(_ script: String) throws -> (ours: Double, theirs: Double) {
        let path = "\(folder)/stretch-bench-script.db"
        var (ours, theirs) = (Double.infinity, Double.infinity)
        for _ in 0..<repetitions {
            try makeDatabase(path)
            theirs = min(
                theirs,
                try seconds {
                    try run(
                        "/usr/bin/env", ["sqlite3", "-batch", path], input: script)
                })
            try makeDatabase(path)
            ours = min(ours, try seconds { try run(stretch, ["sql", path], input: script) })
        }
        return (ours, theirs)
    }

    private func makeDatabase(_ path: String) throws {
        for suffix in ["", "-wal", "-shm", "-journal"] {
            try? FileManager.default.removeItem(atPath: path + suffix)
        }
        try run(
            "/usr/bin/env",
            [
                "sqlite3", path,
                """
                PRAGMA journal_mode = WAL; CREATE TABLE orders(
                id INTEGER PRIMARY KEY, customer INTEGER, created TEXT, total REAL, note TEXT);
                """,
            ], input: "/dev/null")
    }

    private func run(_ program: String, _ arguments: [String], input: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.standardInput = FileHandle(forReadingAtPath: input)
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ValidationError("\(program) ended with status \(process.terminationStatus)")
        }
    }
}
