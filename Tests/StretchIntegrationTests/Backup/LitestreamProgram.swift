import Foundation
import StretchEndpointTesting
import StretchTestSupport
import Testing

/// The real program Litestream, which `Scripts/litestream` installs; without it the tests fail.
struct LitestreamProgram {
    let path: String

    init() throws {
        var root = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { root.deleteLastPathComponent() }
        let script = root.appendingPathComponent("Scripts/litestream").path
        let environment = ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""]
        let output = try SpawnedProcess(script, [], environment: environment).wait()
        path = try #require(output.split(separator: "\n").last.map(String.init))
    }

    func run(_ arguments: [String]) throws -> String {
        try SpawnedProcess(path, arguments).wait()
    }

    /// How many states a replica has.
    func stateCount(_ url: String) throws -> Int {
        let list = try? run(["ltx", "-json", "-level", "all", url])
        return (list ?? "").components(separatedBy: "max_txid").count - 1
    }

    /// Waits until a replica has more states than a number.
    ///
    /// - Returns: How many it has.
    func wait(for url: String, after count: Int) throws -> Int {
        for _ in 0..<3_000 {
            let found = try stateCount(url)
            if found > count { return found }
            Thread.sleep(forTimeInterval: 0.1)
        }
        throw ConformanceFailure("litestream wrote no state within 5 minutes")
    }

    /// The program while it replicates a file.
    final class Replication {
        private let process: SpawnedProcess
        private var isRunning = true

        /// Begins to write a file's changes to a folder.
        ///
        /// - Parameter interval: How often it looks for changes.
        init(
            _ program: LitestreamProgram, _ path: String, to folder: String,
            every interval: Duration = .seconds(1)
        ) throws {
            let configuration = "\(folder).yml"
            let milliseconds = interval / .milliseconds(1)
            try Data(
                """
                dbs:
                  - path: \(path)
                    monitor-interval: \(Int(milliseconds))ms
                    replica:
                      type: file
                      path: \(folder)
                      sync-interval: \(Int(milliseconds))ms
                """.utf8
            ).write(to: URL(fileURLWithPath: configuration))
            // Into a file: nobody empties a pipe.
            process = try SpawnedProcess(
                "/bin/sh",
                [
                    "-c", "exec \"$0\" replicate -config \"$1\" > \"$1.log\" 2>&1", program.path,
                    configuration,
                ], environment: ["HOME": "/nonexistent"])
        }

        deinit { try? stop() }

        /// Lets it send what is left, and waits for its end.
        func stop() throws {
            guard isRunning else { return }
            isRunning = false
            kill(process.identifier, SIGTERM)
            _ = try process.wait()
        }
    }
}
