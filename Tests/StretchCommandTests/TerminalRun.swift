import Foundation
import StretchTestSupport

/// One run of the built command `stretch` at a terminal, to its end.
struct TerminalRun {
    /// Everything that the terminal shows, the typed text included.
    let output: String

    /// Runs the command in a folder, and answers its prompts in their order.
    ///
    /// - Parameter answers: Texts, each typed when its prompt appears after the previous text.
    init(
        _ arguments: [String], typing answers: [(prompt: String, text: String)],
        in folder: TemporaryFolder, environment: [String: String] = [:]
    ) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        let typed = answers.flatMap { [$0.prompt, $0.text] }
        process.arguments =
            ["python3", "-c", Self.program, String(answers.count)] + typed
            + [try CommandRun.executable().path] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.environment = CommandRun.environment(folder).merging(environment) { $1 }
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        output = String(decoding: data, as: UTF8.self)
    }

    private static let program = """
        import os, pty, sys
        count = int(sys.argv[1])
        words, command = sys.argv[2 : 2 + 2 * count], sys.argv[2 + 2 * count :]
        child, terminal = pty.fork()
        if child == 0:
            os.execv(command[0], command)
        seen, start = b"", 0
        while True:
            try:
                part = os.read(terminal, 4096)
            except OSError:
                break
            if not part:
                break
            seen += part
            if words and words[0].encode() in seen[start:]:
                start = len(seen)
                os.write(terminal, os.fsencode(words[1]))
                words = words[2:]
        os.waitpid(child, 0)
        sys.stdout.buffer.write(seen)
        """
}
