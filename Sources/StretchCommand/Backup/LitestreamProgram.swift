internal import Foundation
internal import StretchBackup
internal import StretchCore
internal import StretchText

/// The program `litestream`, found as by the shell.
struct LitestreamProgram: Sendable {
    private let path: String

    /// - Throws: `invalidArgument` if the program does not exist.
    init(_ given: String?) throws(StretchError) {
        let name = given ?? "litestream"
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").parts(
            between: ":", omitsEmptyParts: true)
        let candidates = name.includes("/") ? [name] : folders.map { "\($0)/\(name)" }
        guard
            let found = candidates.first(where: FileManager.default.isExecutableFile(atPath:))
        else {
            throw StretchError(
                .invalidArgument, "there is no program \"\(name)\"",
                hint: "Install Litestream, or name the program: --litestream PATH.")
        }
        path = found
    }

    /// Runs the program and returns its output.
    ///
    /// - Throws: `remoteUnavailable` with its message if it fails.
    func run(_ arguments: [String]) throws(StretchError) -> Data {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        // It needs the secrets of its storage, but none of Stretch.
        process.environment = ProcessInfo.processInfo.environment.filter {
            !$0.key.beginsWith("STRETCH_")
        }
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        process.standardOutput = output
        // Its errors are written to a file, because two pipes that are read one after the other
        // could fill.
        let errorPath = NSTemporaryDirectory() + "/stretch-litestream-\(UUID().uuidString)"
        defer { unlink(errorPath) }
        let answer: Data
        do {
            try Data().write(to: URL(fileURLWithPath: errorPath))
            process.standardError = try FileHandle(
                forWritingTo: URL(fileURLWithPath: errorPath))
            try process.run()
            // As in a shell, the program ends by its own timeouts or when it is stopped with this
            // command; no lock of a database is held meanwhile.
            answer = try output.fileHandleForReading.readToEnd() ?? Data()
        } catch {
            throw StretchError(
                .remoteUnavailable, "cannot run \"\(path)\"",
                hint: "Name the program: --litestream PATH.", cause: error)
        }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            let errors = (try? String(contentsOfFile: errorPath, encoding: .utf8)) ?? ""
            let last = errors.parts(between: "\n", omitsEmptyParts: true).last ?? "no reason given"
            throw StretchError(
                .remoteUnavailable, "litestream \(arguments[0]) failed: \(last)",
                hint: "Inspect the replica with: litestream ltx.")
        }
        return answer
    }
}
