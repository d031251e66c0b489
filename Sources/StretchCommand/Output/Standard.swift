internal import Foundation

/// Buffered standard output, because results can have millions of rows.
enum StandardOutput {
    // The command line runs one command on one thread.
    nonisolated(unsafe) private static var buffer: [UInt8] = []
    private static let capacity = 1 << 16
    private static let isTerminal = isatty(STDOUT_FILENO) == 1

    /// Writes text without control characters, because piped output may be shown on a terminal.
    static func write(_ text: String) { put(text.printable) }

    /// Writes values exactly for a program, or without control characters on a terminal.
    static func writeExactly(_ text: String) { isTerminal ? write(text) : put(text) }

    private static func put(_ text: String) {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= capacity { flush() }
    }

    static func writeLine(_ text: String) {
        write(text)
        write("\n")
    }

    /// Flushes the buffer; a closed pipe ends the process, as for other tools.
    static func flush() {
        guard !buffer.isEmpty else { return }
        do {
            try FileHandle.standardOutput.write(contentsOf: buffer)
        } catch {
            exit(141)  // 128 + SIGPIPE, as in a shell.
        }
        buffer.removeAll(keepingCapacity: true)
    }
}

/// Standard error.
enum StandardError {
    /// Writes text without its control characters.
    static func write(_ text: String) { put(text.printable) }

    /// Replaces the current line of the cursor.
    static func replaceLine(_ text: String) {
        put("\r\u{1B}[K\(text.printable)")
    }

    private static func put(_ text: String) {
        // If standard error is closed, errors cannot be reported.
        try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
    }

    /// Whether it is a terminal.
    static var isTerminal: Bool { isatty(FileHandle.standardError.fileDescriptor) == 1 }
}
