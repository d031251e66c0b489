/// Reads tokens with one token of lookahead; a copy is a bookmark.
struct SQLTokenReader: Sendable {
    private var tokenizer: SQLTokenizer
    /// The next token, not yet consumed, or `nil` at the end.
    private(set) var peek: SQLToken?
    /// The end of the last consumed token, in UTF-8 bytes; 0 at the start.
    private(set) var lastEnd = 0

    init(_ sql: String) {
        tokenizer = SQLTokenizer(sql)
        peek = tokenizer.next()
    }

    /// Whether an unterminated comment extends to the end of the text; known only at the end.
    var isCommentOpen: Bool { tokenizer.isCommentOpen }

    /// Consumes the next token.
    @discardableResult
    mutating func next() -> SQLToken? {
        guard let token = peek else { return nil }
        lastEnd = token.range.upperBound
        peek = tokenizer.next()
        return token
    }

    /// Consumes the next token if it is this unquoted word.
    mutating func accept(keyword: String) -> Bool {
        accept { $0.isKeyword(keyword) }
    }

    /// Consumes the next tokens if they are these unquoted words, all of them or none.
    mutating func accept(keywords: String...) -> Bool {
        let bookmark = self
        for keyword in keywords where !accept(keyword: keyword) {
            self = bookmark
            return false
        }
        return true
    }

    /// Consumes the next token if it is this operator or punctuation mark.
    mutating func accept(symbol: String) -> Bool {
        accept { $0.isSymbol(symbol) }
    }

    /// Consumes the next token if it can be a name.
    mutating func acceptName() -> SQLToken? {
        guard let token = peek, token.identifierName != nil else { return nil }
        next()
        return token
    }

    /// Consumes `name` or `schema.name`.
    mutating func acceptQualifiedName() -> (schema: SQLToken?, name: SQLToken)? {
        guard let first = acceptName() else { return nil }
        guard accept(symbol: ".") else { return (nil, first) }
        guard let second = acceptName() else { return nil }
        return (first, second)
    }

    /// Consumes a group in parentheses, if one is next, with any content.
    ///
    /// - Returns: Whether a complete group was consumed; an unclosed group extends to the end.
    mutating func acceptGroup() -> Bool {
        guard accept(symbol: "(") else { return false }
        var depth = 1
        while depth > 0, let token = next() {
            if token.isSymbol("(") { depth += 1 }
            if token.isSymbol(")") { depth -= 1 }
        }
        return depth == 0
    }

    private mutating func accept(where matches: (SQLToken) -> Bool) -> Bool {
        guard let token = peek, matches(token) else { return false }
        next()
        return true
    }
}
