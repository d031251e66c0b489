internal import Foundation

/// Standard output, in blocks: results can have millions of rows.
enum StandardOutput {
    // The command line runs one command on one thread.
    nonisolated(unsafe) private static var buffer: [UInt8] = []
    private static let capacity = 1 << 16
    private static let isTerminal = isatty(STDOUT_FILENO) == 1

    /// Writes text without its control characters: what goes to a pipe may come to a terminal.
    static func write(_ text: String) { put(text.printable) }

    /// Writes values for a program, which gets each byte; a terminal gets no control characters.
    static func writeExactly(_ text: String) { isTerminal ? write(text) : put(text) }

    private static func put(_ text: String) {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= capacity { flush() }
    }

    static func writeLine(_ text: String) {
        write(text)
        write("\n")
    }

    /// Writes what is buffered; a reader that went away ends the process as it ends other tools.
    static func flush() {
        guard !buffer.isEmpty else { return }
        do {
            try FileHandle.standardOutput.write(contentsOf: buffer)
        } catch {
            exit(141)  // 128 + SIGPIPE, as a shell would say it.
        }
        buffer.removeAll(keepingCapacity: true)
    }
}

/// Standard error.
enum StandardError {
    /// Writes text without its control characters.
    static func write(_ text: String) { put(text.printable) }

    /// Writes text in the place of the line that the cursor is in.
    static func replaceLine(_ text: String) {
        put("\r\u{1B}[K\(text.printable)")
    }

    private static func put(_ text: String) {
        // When nobody reads the errors, nothing is left to tell.
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    /// Whether a person looks at it.
    static var isTerminal: Bool { isatty(FileHandle.standardError.fileDescriptor) == 1 }
}
