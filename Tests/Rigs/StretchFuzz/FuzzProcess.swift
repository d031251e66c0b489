internal import Foundation
internal import StretchTestSupport

/// The run of a child: what its commands came to, and how it ended.
struct FuzzProcess {
    /// How long a child may take; a sound one needs a second or two of a free machine.
    static let limit = Duration.seconds(240)

    /// For each command `ok` and a digest, or `error` and a code.
    private(set) var outcomes: [String: String] = [:]
    /// The command that was running at the end.
    private(set) var lastCommand = "its start"
    /// A signal or a wait without an end, or `nil`.
    private(set) var problem: String?
    private let output: String

    /// The end of what the child printed.
    var tail: String { output.split(separator: "\n").suffix(12).joined(separator: "\n") }

    /// Runs this program as a child to its end.
    init(_ arguments: [String]) throws {
        let program = CommandLine.arguments[0]
        let process = try SpawnedProcess(
            program, ["child"] + arguments, environment: ["SWIFT_BACKTRACE": "enable=no"])
        defer { close(process.output) }
        var bytes: [UInt8] = []
        let end = ContinuousClock.now + Self.limit
        var isLate = false
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let left = end - ContinuousClock.now
            var entry = pollfd(fd: process.output, events: Int16(POLLIN), revents: 0)
            guard left > .zero, poll(&entry, 1, Int32(left.components.seconds * 1_000 + 999)) > 0
            else {
                isLate = true
                break
            }
            let count = read(process.output, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        if isLate { kill(process.identifier, SIGKILL) }
        var status: Int32 = 0
        while waitpid(process.identifier, &status, 0) == -1, errno == EINTR {}
        output = String(decoding: bytes, as: UTF8.self)
        for line in output.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 2).map(String.init)
            if words.count == 2, words[0] == "begin" { lastCommand = words[1] }
            if words.count == 3, words[0] == "end" { outcomes[words[1]] = words[2] }
        }
        if isLate {
            problem = "no end within \(Self.limit)"
        } else if status & 0x7f != 0 {
            problem = "signal \(status & 0x7f)"
        } else if status != 0 {
            problem = "status \(status >> 8)"
        }
    }
}
