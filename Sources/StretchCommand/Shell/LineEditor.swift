internal import CEditline
internal import Foundation

/// Reads lines from a person: edited, with a history, when standard input and output are terminals.
struct LineEditor {
    private let isEditing: Bool
    private let historyPath: String

    /// - Parameter historyPath: The file that keeps the history, of mode 0600.
    init(historyPath: String) {
        isEditing = isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1
        self.historyPath = historyPath
        guard isEditing else { return }
        using_history()
        stifle_history(1_000)
        // There is no history before the first statement.
        _ = read_history(historyPath)
    }

    /// The next line without its end, or `nil` at the end of the input.
    func line(_ prompt: String) -> String? {
        StandardOutput.flush()
        guard isEditing else {
            StandardOutput.write(prompt)
            StandardOutput.flush()
            return readLine(strippingNewline: true)
        }
        guard let line = readline(prompt) else { return nil }
        defer { free(line) }
        return String(cString: line)
    }

    /// Keeps a statement's lines, unless a password could be among them.
    func remember(_ statement: String) {
        guard isEditing, !Self.mayHoldSecret(statement) else { return }
        for line in statement.split(separator: "\n") { _ = add_history(String(line)) }
        // A history that cannot be written is one of this session alone.
        if write_history(historyPath) == 0 { chmod(historyPath, 0o600) }
    }

    /// Whether a statement names a password or a secret, calls a procedure that takes one without
    /// its name, or holds an address with a login.
    static func mayHoldSecret(_ statement: String) -> Bool {
        let text = statement.lowercased()
        return ["password", "secret", "sp_rda_test_connection"].contains(where: text.contains)
            || text.contains("://") && text.contains("@")
    }
}
