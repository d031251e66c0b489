import Foundation
import Stretch
import StretchEndpointTesting
import StretchEngine
import StretchKeystore
import StretchSQLite
import StretchTestSupport
import StretchTransactSQL
import TransactSQL

/// A way to make a backup of a SQLite file; none but the first two knows of Stretch.
enum BackupMethod: String, CaseIterable {
    case library
    case transactSQL
    case vacuumInto
    case shell
    case copyAfterCheckpoint
    case copyWithWAL
    case python

    /// Whether it works while a write transaction is open.
    var worksBesideWriter: Bool { self != .copyAfterCheckpoint }

    func backUp(_ path: String, to target: String, configuration: Configuration) throws {
        switch self {
        case .library:
            try StretchDatabase(path: path, configuration: configuration).backUp(to: target)
        case .transactSQL:
            let database = try StretchDatabase(path: path, configuration: configuration)
            var executor = ScriptExecutor(
                host: DatabaseHost(database) { try $0.run() }, output: Silence())
            try executor.run("BACKUP DATABASE main TO DISK = '\(target)'")
        case .vacuumInto:
            try Connection(path: path, access: .readWrite, routines: .linked).execute(
                "VACUUM INTO '\(target)'")
        case .shell:
            try Self.run("sqlite3", [path, ".timeout 10000", ".backup '\(target)'"])
        case .copyAfterCheckpoint:
            let plain = try Connection(path: path, access: .readWrite, routines: .linked)
            let result = try plain.rows("PRAGMA wal_checkpoint(TRUNCATE)")[0]
            guard result[0] == 0 else { throw ConformanceFailure("the checkpoint was refused") }
            try Self.run("cp", [path, target])
        case .copyWithWAL:
            let plain = try Connection(path: path, access: .readWrite, routines: .linked)
            // Nobody begins the WAL anew while a reader needs it.
            try plain.execute("BEGIN")
            _ = try plain.rows("SELECT count(*) FROM sqlite_schema")
            try Self.run("cp", [path, target])
            if FileManager.default.fileExists(atPath: path + "-wal") {
                try Self.run("cp", [path + "-wal", target + "-wal"])
            }
        case .python:
            try PythonBackups.shared.get().backUp(path, to: target)
        }
    }

    // Programs of their own: a copy made here would drop the locks of this process's connections.
    private static func run(_ name: String, _ arguments: [String]) throws {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        _ = try SpawnedProcess(
            "/usr/bin/env", [name] + arguments, environment: ["PATH": path]
        ).wait()
    }
}

/// Output that nobody reads.
private final class Silence: TransactSQLOutput {
    func write(_ message: TransactSQLMessage) {}
    func write(_ result: TransactSQLResult) {}
    func write(_ error: TransactSQLError) {}
}
