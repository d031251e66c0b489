internal import StretchText

/// Parses one Transact-SQL statement; this file holds the common part.
///
/// A statement ends after its semicolon, or at the end of its grammar if another statement, `GO` or
/// the end of the script follows.
struct Parser {
    var reader: TokenReader
    let isBatchStart: Bool
    /// Whether errors must not show words of the script, because they could be a password.
    private var hasSecret = false
    var depth = 0
    var operatorCount = 0

    /// The maximum nesting depth of parentheses and signs.
    static let maximumDepth = 64
    /// The maximum number of operators of a statement, each of which is a level of the expression
    /// tree.
    static let maximumOperatorCount = 256

    init(_ reader: TokenReader, isBatchStart: Bool) {
        self.reader = reader
        self.isBatchStart = isBatchStart
    }

    /// The end of the consumed text, in UTF-8 bytes of the script.
    var end: Int { reader.lastEnd }

    /// The number of bytes read so far.
    var workCount: Int { reader.workCount }

    /// Parses the statement that starts here.
    mutating func parseStatement() throws(TransactSQLError) -> TransactSQLStatement {
        let position = reader.current.position
        let kind = try parseKind()
        try expectEnd()
        return TransactSQLStatement(kind: kind, position: position)
    }

    /// Consumes the rest of the statement or of the batch, because partly parsed text must not run.
    mutating func skipStatement(wholeBatch: Bool) {
        while reader.current.kind != .end {
            if reader.take().text == ";", !wholeBatch { return }
        }
    }

    private mutating func expectEnd() throws(TransactSQLError) {
        if accept(symbol: ";") || reader.current.kind == .end { return }
        let word = reader.current.kind == .word ? reader.current.text.uppercasedASCII : ""
        guard StatementVerb.followers.contains(word) else {
            throw unexpected("the end of the statement")
        }
    }
}

// MARK: - Tokens

extension Parser {
    mutating func accept(symbol: String) -> Bool {
        guard reader.current.kind == .symbol, reader.current.text.isSameText(as: symbol) else {
            return false
        }
        reader.take()
        return true
    }

    mutating func expect(symbol: String) throws(TransactSQLError) {
        guard accept(symbol: symbol) else { throw unexpected("\"\(symbol)\"") }
    }

    func isAt(_ keyword: String) -> Bool {
        reader.current.kind == .word && reader.current.text.isEqualFoldingCase(keyword)
    }

    /// Accepts all of these words or none.
    mutating func accept(_ keywords: String...) -> Bool {
        let bookmark = self
        for keyword in keywords {
            guard isAt(keyword) else {
                self = bookmark
                return false
            }
            reader.take()
        }
        return true
    }

    mutating func expect(_ keywords: String...) throws(TransactSQLError) {
        for keyword in keywords {
            guard isAt(keyword) else { throw unexpected(keyword) }
            reader.take()
        }
    }

    /// Hides tokens in errors from here to the end of the statement.
    mutating func hideTokens() { hasSecret = true }

    /// Expects a name, bare or in quotes.
    mutating func expectName(_ what: String) throws(TransactSQLError) -> Identifier {
        let token = reader.current
        guard token.kind == .word || token.kind == .quotedName, !token.text.isEmpty else {
            throw unexpected(what)
        }
        reader.take()
        return Identifier(token.text, at: token.position)
    }

    /// Expects a string, which cannot be a variable here.
    mutating func expectString(_ what: String) throws(TransactSQLError) -> String {
        guard reader.current.kind == .string else { throw unexpected("\(what) in quotes") }
        return reader.take().text
    }

    /// Expects `= '…'` as a password.
    mutating func expectSecret() throws(TransactSQLError) -> Secret {
        hideTokens()
        try expect(symbol: "=")
        return Secret(try expectString("a password"))
    }

    /// Expects a string or a variable.
    mutating func expectText(_ what: String) throws(TransactSQLError) -> TextOperand {
        let token = reader.current
        switch token.kind {
        case .string:
            reader.take()
            return .text(token.text, at: token.position)
        case .variable:
            reader.take()
            return .variable(Identifier(token.text, at: token.position))
        default: throw unexpected("\(what) in quotes, or a variable")
        }
    }

    /// Expects an integer that is at least 1.
    mutating func expectCount(_ what: String) throws(TransactSQLError) -> Int {
        guard reader.current.kind == .integer, let count = Int(reader.current.text), count > 0
        else {
            throw unexpected("\(what), 1 or more")
        }
        reader.take()
        return count
    }

    /// Expects one of several words.
    mutating func expect<Choice: RawRepresentable & CaseIterable>(
        oneOf type: Choice.Type
    ) throws(TransactSQLError) -> Choice where Choice.RawValue == String {
        let word = reader.current.kind == .word ? reader.current.text.uppercasedASCII : ""
        guard let choice = Choice(rawValue: word) else {
            throw unexpected(Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        reader.take()
        return choice
    }

    /// Expects `ON` or `OFF`.
    mutating func expectSwitch() throws(TransactSQLError) -> Bool {
        if accept("ON") { return true }
        guard accept("OFF") else { throw unexpected("ON or OFF") }
        return false
    }

    /// Expects `name`, `schema.name` or `database.schema.name`.
    mutating func expectObjectName(_ what: String) throws(TransactSQLError) -> ObjectName {
        var parts: [Identifier?] = [try expectName(what)]
        while parts.count < 3, accept(symbol: ".") {
            let isSkipped = reader.current.kind == .symbol && reader.current.text == "."
            parts.append(isSkipped ? nil : try expectName(what))
        }
        guard let last = parts[parts.count - 1] else { throw unexpected(what) }
        let schema = parts.count > 1 ? parts[parts.count - 2]?.name : nil
        return ObjectName(
            database: parts.count > 2 ? parts[0]?.name : nil, schema: schema, name: last.name,
            position: parts[0]?.position ?? last.position)
    }
}

// MARK: - Errors

extension Parser {
    /// Returns the error for an unexpected token.
    func unexpected(_ expected: String, hint: String? = nil) -> TransactSQLError {
        let token = reader.current
        switch token.kind {
        case .unterminated:
            let what = token.text == "/*" ? "comment" : "quote"
            return TransactSQLError(
                .unterminated, "the \(what) that begins here has no end", at: token.position,
                hint: what == "quote"
                    ? "Close it; a quote inside the quotes is written twice."
                    : "Close it; comments nest in Transact-SQL, so each \"/*\" needs its \"*/\".")
        case .end:
            return TransactSQLError(
                .syntax, "the statement is not complete", at: token.position, expected: expected,
                hint: hint)
        default:
            return TransactSQLError(
                .syntax, "incorrect syntax", at: token.position, near: near(token),
                expected: expected, hint: hint)
        }
    }

    private func near(_ token: Token) -> String {
        switch token.kind {
        case .string: "a string"
        case .quotedName where token.text.isEmpty: "an empty name"
        case .symbol: "\"\(token.text)\""
        case .word where hasSecret && Self.keyWords.contains(token.text.uppercasedASCII):
            "\"\(token.text)\""
        case .word, .variable, .quotedName, .integer, .decimal, .float, .binary, .illegal,
            .unterminated, .end:
            hasSecret ? "a value that is not shown" : "\"\(token.text.prefix(Self.nearLength))\""
        }
    }

    /// The words of statements about keys, which errors may show even near a password.
    private static let keyWords: Set = [
        "ADD", "ALTER", "BACKUP", "BY", "CERTIFICATE", "CLOSE", "CREATE", "CREDENTIAL", "DATABASE",
        "DECRYPTION", "DISK", "DROP", "ENCRYPTION", "FILE", "FORCE", "FROM", "IDENTITY", "KEY",
        "MASTER",
        "OPEN", "PASSWORD", "REGENERATE", "RESTORE", "SCOPED", "SECRET", "SERVICE", "TO", "WITH",
    ]

    /// The maximum length of a token in an error, in characters.
    private static let nearLength = 40
}
