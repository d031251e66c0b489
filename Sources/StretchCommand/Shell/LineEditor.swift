internal import CEditline
internal import Foundation
internal import StretchText

/// Reads lines of input, with editing and a history if standard input and output are terminals.
struct LineEditor {
    private let isEditing: Bool
    private let historyPath: String

    /// - Parameter historyPath: The history file, of mode 0600.
    init(historyPath: String) {
        isEditing =
            isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 && Self.usesUnicode()
        self.historyPath = historyPath
        guard isEditing else { return }
        using_history()
        stifle_history(1_000)
        // The history file does not exist before the first statement.
        _ = read_history(historyPath)
    }

    /// Returns the next line without its terminator, or `nil` at the end of the input.
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

    /// Makes the line editor read UTF-8, and returns whether it does.
    ///
    /// The editor drops every byte that is no character of the process's locale, which is "C" until
    /// it is set: <https://pubs.opengroup.org/onlinepubs/9799919799/functions/setlocale.html>. The
    /// user's locale is used if it is one of UTF-8, and otherwise any that is.
    private static func usesUnicode() -> Bool {
        ["", "C.UTF-8", "UTF-8", "en_US.UTF-8"].contains { name in
            guard setlocale(LC_CTYPE, name) != nil,
                let codeset = nl_langinfo(nl_item(CODESET))
            else { return false }
            return String(cString: codeset).isEqualFoldingCase("UTF-8")
        }
    }

    /// Adds a statement to the history, unless it could contain a password.
    func remember(_ statement: String) {
        guard isEditing, !Self.mayHoldSecret(statement) else { return }
        for line in statement.parts(between: "\n", omitsEmptyParts: true) {
            _ = add_history(line)
        }
        // If the history cannot be written, it applies only to this session.
        if write_history(historyPath) == 0 { chmod(historyPath, 0o600) }
    }

    /// Returns whether a statement may contain a secret.
    ///
    /// It may if it has a literal and names a password, a secret, a key or a credential, even
    /// misspelled; if it calls a procedure with a positional password argument; or if it contains
    /// an address with a login.
    static func mayHoldSecret(_ statement: String) -> Bool {
        let text = statement.foldingCase
        if text.includes("sp_rda_test_connection") { return true }
        if text.includes("://"), text.includes("@") { return true }
        if text.includes("password") || text.includes("secret") { return true }
        guard text.includes("'") || text.includes("\"") || text.includes("’") else { return false }
        let words = text.utf8.split { !(0x61...0x7a ~= $0) }.map(Array.init)
        return words.contains { word in
            Self.keywords.contains { EditDistance.is(word, $0, atMost: $0.count / 4) }
        }
    }

    private static let keywords = [
        "password", "secret", "credential", "encryption", "decryption", "master",
    ].map { Array($0.utf8) }
}
