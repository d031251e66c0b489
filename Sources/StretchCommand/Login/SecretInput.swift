internal import Foundation
internal import StretchCore

/// Reads secrets from sources that other users cannot see.
enum SecretInput {
    /// Returns the first line of a file, or of standard input for `-`.
    static func firstLine(ofFile path: String) throws(StretchError) -> String {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw StretchError(
                .invalidArgument,
                "cannot read the password file \"\(path)\": \(String(cString: strerror(errno)))",
                hint: "Name a readable file that contains the password.")
        }
        defer { if path != "-" { close(descriptor) } }
        guard let line = line(from: descriptor), !line.isEmpty else {
            throw StretchError(
                .invalidArgument,
                path == "-"
                    ? "standard input contains no password" : "\"\(path)\" contains no password",
                hint: "Put the password on the first line.")
        }
        return line
    }

    /// Prompts at the terminal without echoing the input.
    ///
    /// - Throws: `invalidArgument` without a terminal.
    static func prompt(_ text: String) throws(StretchError) -> String {
        let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
        guard terminal >= 0 else {
            throw StretchError(
                .invalidArgument, "a password is needed, and there is no terminal for a prompt",
                hint: "Set STRETCH_PASSWORD, or use --password-file.")
        }
        defer { close(terminal) }
        var settings = termios()
        let isSilent = tcgetattr(terminal, &settings) == 0
        let shown = settings
        settings.c_lflag &= ~tcflag_t(ECHO)
        if isSilent { tcsetattr(terminal, TCSAFLUSH, &settings) }
        defer {
            var shown = shown
            if isSilent { tcsetattr(terminal, TCSAFLUSH, &shown) }
            write(text: "\n", to: terminal)
        }
        write(text: text, to: terminal)
        guard let line = line(from: terminal), !line.isEmpty else {
            throw StretchError(
                .cancelled, "no password was given", hint: "Run the command again.")
        }
        return line
    }

    private static func write(text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        _ = Foundation.write(descriptor, bytes, bytes.count)  // A failure affects only the prompt.
    }

    /// Reads a line byte by byte, because the following input belongs to another reader.
    private static func line(from descriptor: Int32) -> String? {
        var bytes: [UInt8] = []
        var byte: UInt8 = 0
        while bytes.count < 4_096 {
            let count = read(descriptor, &byte, 1)
            if count < 0, errno == EINTR, !Interruption.isRequested { continue }
            guard count == 1, byte != UInt8(ascii: "\n") else { break }
            bytes.append(byte)
        }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return String(validating: bytes, as: UTF8.self)
    }
}
