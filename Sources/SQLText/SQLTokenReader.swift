/// Reads tokens with one token of lookahead; a copy is a bookmark.
struct SQLTokenReader: Sendable {
    private var tokenizer: SQLTokenizer
    /// The next token, not yet taken, or `nil` at the end.
    private(set) var peek: SQLToken?
    /// The end of the token taken last, in UTF-8 bytes; 0 before the first.
    private(set) var lastEnd = 0

    init(_ sql: String) {
        tokenizer = SQLTokenizer(sql)
        peek = tokenizer.next()
    }

    /// Whether a comment swallows the end of the text; known only once everything is read.
    var isCommentOpen: Bool { tokenizer.isCommentOpen }

    /// Takes the next token.
    @discardableResult
    mutating func next() -> SQLToken? {
        guard let token = peek else { return nil }
        lastEnd = token.range.upperBound
        peek = tokenizer.next()
        return token
    }

    /// Takes the next token when it is this bare word.
    mutating func accept(keyword: String) -> Bool {
        accept { $0.isKeyword(keyword) }
    }

    /// Takes the next tokens when they are these bare words, all of them or none.
    mutating func accept(keywords: String...) -> Bool {
        let bookmark = self
        for keyword in keywords where !accept(keyword: keyword) {
            self = bookmark
            return false
        }
        return true
    }

    /// Takes the next token when it is this operator or punctuation mark.
    mutating func accept(symbol: String) -> Bool {
        accept { $0.isSymbol(symbol) }
    }

    /// Takes the next token when it can be a name.
    mutating func acceptName() -> SQLToken? {
        guard let token = peek, token.identifierName != nil else { return nil }
        next()
        return token
    }

    /// Takes `name` or `schema.name`.
    mutating func acceptQualifiedName() -> (schema: SQLToken?, name: SQLToken)? {
        guard let first = acceptName() else { return nil }
        guard accept(symbol: ".") else { return (nil, first) }
        guard let second = acceptName() else { return nil }
        return (first, second)
    }

    /// Takes a group in parentheses, whatever it holds, when one comes next.
    ///
    /// - Returns: Whether a whole group was taken; an open one takes everything.
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
