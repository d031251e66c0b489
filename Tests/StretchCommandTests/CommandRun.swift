import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

/// One run of the built command `stretch`, to its end.
struct CommandRun {
    let status: Int32
    let output: String
    let errors: String

    /// Runs the command in a folder.
    init(
        _ arguments: [String], in folder: TemporaryFolder, input: String = "",
        environment: [String: String] = [:]
    ) throws {
        let process = Process()
        process.environment = Self.environment(folder).merging(environment) { $1 }
        process.executableURL = try Self.executable()
        process.arguments = arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        // Files, because a pipe that nobody empties while the command runs can fill.
        let (outputPath, errorPath) = (folder.path("stdout"), folder.path("stderr"))
        let inputPath = folder.path("stdin")
        try Data(input.utf8).write(to: URL(fileURLWithPath: inputPath))
        for path in [outputPath, errorPath] {
            try Data().write(to: URL(fileURLWithPath: path))
        }
        process.standardInput = try FileHandle(
            forReadingFrom: URL(fileURLWithPath: inputPath))
        process.standardOutput = try FileHandle(
            forWritingTo: URL(fileURLWithPath: outputPath))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: errorPath))
        try process.run()
        process.waitUntilExit()
        status = process.terminationStatus
        output = try String(contentsOfFile: outputPath, encoding: .utf8)
        errors = try String(contentsOfFile: errorPath, encoding: .utf8)
    }

    /// The environment of the tests, with a keystore of the folder's own.
    static func environment(_ folder: TemporaryFolder) -> [String: String] {
        ProcessInfo.processInfo.environment
            .merging(["STRETCH_HOME": folder.path("keystore")]) { $1 }
    }

    /// The command beside the test bundle.
    static func executable() throws -> URL {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
        // On macOS the tests run from inside a bundle, a few folders down.
        for _ in 0..<6 {
            let candidate = folder.appendingPathComponent("stretch")
            var isFolder: ObjCBool = false
            let exists = FileManager.default.fileExists(
                atPath: candidate.path, isDirectory: &isFolder)
            if exists, !isFolder.boolValue { return candidate }
            folder.deleteLastPathComponent()
        }
        throw CocoaError(.fileNoSuchFile)
    }

    /// The JSON object on the last line of standard error.
    func errorObject() throws -> [String: Any] {
        let line = try #require(errors.split(separator: "\n").last)
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
        let root = try #require(object as? [String: Any])
        return try #require(root["error"] as? [String: Any])
    }

    /// The JSON object on standard output.
    func object() throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(output.utf8))
        return try #require(object as? [String: Any])
    }
}

/// A folder with a plain database `app.db` of ten orders.
struct CommandSample {
    let folder: TemporaryFolder

    /// - Parameter isStretched: Whether orders 1 to 4 are cold.
    init(isStretched: Bool = false) throws {
        folder = try TemporaryFolder()
        let plain = try Connection(
            path: folder.path("app.db"), access: .create, routines: .linked)
        try plain.execute(
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE orders(id INTEGER PRIMARY KEY AUTOINCREMENT, year INTEGER, total REAL);
            CREATE VIEW recent AS SELECT * FROM orders;
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10)
            INSERT INTO orders SELECT i, 2000 + i, i * 1.5 FROM n;
            """)
        guard isStretched else { return }
        for arguments in [
            ["enable", "app.db", "--server", "file:cold.db"],
            ["table", "enable", "app.db", "orders", "--filter", "year <= 2004"],
            ["migrate", "app.db"],
        ] {
            let run = try run(arguments)
            #expect(run.status == 0, "\(run.errors)")
        }
    }

    func run(
        _ arguments: [String], input: String = "", environment: [String: String] = [:]
    ) throws -> CommandRun {
        try CommandRun(arguments, in: folder, input: input, environment: environment)
    }
}
