import Foundation
import Testing

/// A running `StretchCrashWorker`.
final class WorkerProcess {
    private let process = Process()
    private let output = Pipe()
    private let errors = Pipe()

    /// Starts it.
    ///
    /// - Parameter login: The login at a server and its password, as `name:password`.
    init(
        _ mode: String, _ path: String, _ options: [String] = [], login: String? = nil
    ) throws {
        process.executableURL = try WorkerProcess.executable()
        process.arguments = [mode, path] + options
        if let login {
            let own = ProcessInfo.processInfo.environment
            process.environment = own.merging(["STRETCH_WORKER_LOGIN": login]) { $1 }
        }
        process.standardOutput = output
        process.standardError = errors
        try process.run()
    }

    deinit { if process.isRunning { kill() } }

    var processIdentifier: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    /// Waits for its end.
    ///
    /// - Returns: Whether a signal ended it, its status or signal, and what it printed.
    @discardableResult
    func wait() -> (isKilled: Bool, status: Int32, output: String, errors: String) {
        let text = String(
            decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let failure = String(
            decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let isKilled = process.terminationReason == .uncaughtSignal
        return (isKilled, process.terminationStatus, text, failure)
    }

    /// Waits until it printed something: it is at work then.
    func waitUntilReady() { _ = output.fileHandleForReading.availableData }

    /// Ends it at once, by SIGKILL.
    func kill() {
        _ = Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Runs it to its end, which must be a success.
    static func run(
        _ mode: String, _ path: String, _ options: [String] = [], login: String? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let result = try WorkerProcess(mode, path, options, login: login).wait()
        #expect(
            !result.isKilled && result.status == 0, "\(mode) \(options): \(result)",
            sourceLocation: sourceLocation)
    }

    /// The number after a name in what a worker printed.
    static func number(_ name: String, in output: String) -> Int? {
        let words = output.split(whereSeparator: { $0 == " " || $0 == "\n" })
        return words.first { $0.hasPrefix("\(name)=") }.flatMap {
            Int($0.dropFirst(name.count + 1))
        }
    }

    /// The executable lies beside the test bundle.
    private static func executable() throws -> URL {
        var folders = CommandLine.arguments.map { URL(filePath: $0).deletingLastPathComponent() }
        folders.append(Bundle.main.bundleURL)
        folders.append(Bundle.main.bundleURL.deletingLastPathComponent())
        folders.append(
            URL(filePath: FileManager.default.currentDirectoryPath).appending(path: ".build/debug"))
        let candidates = folders.map { $0.appending(path: "StretchCrashWorker") }
        return try #require(
            candidates.first { FileManager.default.isExecutableFile(atPath: $0.path) },
            "StretchCrashWorker is not beside the tests: \(candidates.map(\.path))")
    }
}
