import Foundation
import StretchEndpointTesting
import StretchTestSupport

/// A Python process that makes backups with its own SQLite, one after the other: starting it takes
/// longer than a hundred of them.
final class PythonBackups: @unchecked Sendable {
    // The lock is held for a whole question and its answer.
    private let lock = NSLock()
    private let process: SpawnedProcess
    private let input: FileHandle
    private let output: FileHandle

    /// The process that the tests share; it ends with them.
    static let shared = Result { try PythonBackups() }

    private static let program = """
        import sqlite3, sys
        for line in sys.stdin:
            try:
                source, target = (sqlite3.connect(path) for path in line.rstrip().split(chr(9)))
                source.backup(target)
                target.close()
                source.close()
                print("done", flush=True)
            except sqlite3.Error as error:
                print(error, flush=True)
        """

    private init() throws {
        let pipe = Pipe()
        process = try SpawnedProcess(
            "/usr/bin/env", ["python3", "-c", Self.program],
            environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? ""],
            input: pipe.fileHandleForReading.fileDescriptor)
        input = pipe.fileHandleForWriting
        // A process that is started later must not keep the pipe open.
        _ = fcntl(input.fileDescriptor, F_SETFD, FD_CLOEXEC)
        output = FileHandle(fileDescriptor: process.output)
    }

    func backUp(_ path: String, to target: String) throws {
        let answer = try lock.withLock {
            try input.write(contentsOf: Data("\(path)\t\(target)\n".utf8))
            return String(decoding: output.availableData, as: UTF8.self)
        }
        guard answer == "done\n" else { throw ConformanceFailure("python3: \(answer)") }
    }
}
