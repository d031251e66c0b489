internal import StretchCore

extension FilterParser {
    static var rowHint: StretchError.Hint {
        "A filter predicate sees one row of its own table; write it over that row's columns."
    }

    static var conditionHint: StretchError.Hint {
        "Write one SQL condition, such as created < date('now', '-1 year')."
    }

    /// Makes the checks that need no grammar.
    ///
    /// - Throws: Code `invalidArgument` for text that would change the statement around it.
    func checkTokens() throws(StretchError) {
        guard reader.peek != nil else {
            throw StretchError(
                .invalidArgument, "filter predicate: the text \"\(text)\" at character 1 is empty",
                hint: Self.conditionHint)
        }
        var open: [SQLToken] = []
        var rest = reader
        while let token = rest.next() {
            if token.kind == .parameter {
                throw refusal(
                    token, "is a bind parameter, for which there is no value",
                    "Write the value itself.")
            }
            if token.kind == .illegal {
                throw refusal(token, "is not a token of SQL", "Close the quotes, or remove it.")
            }
            if token.isSymbol(";") {
                throw refusal(token, "ends a statement", "Write a condition, without a semicolon.")
            }
            if token.isSymbol("(") { open.append(token) }
            if token.isSymbol(")"), open.popLast() == nil {
                throw refusal(token, "closes nothing", "Balance the parentheses.")
            }
        }
        if let unclosed = open.last {
            throw refusal(unclosed, "is not closed", "Balance the parentheses.")
        }
        guard !text.utf8.contains(0), !rest.isCommentOpen else {
            let offset = text.utf8.firstIndex(of: 0) ?? text.utf8.endIndex
            let end = text.utf8.distance(from: text.startIndex, to: offset)
            throw StretchError(
                .invalidArgument,
                "filter predicate: the text \"\(tail(from: rest.lastEnd, to: end))\" at character "
                    + "\(character(at: rest.lastEnd)) holds a NUL or a comment that is left open",
                hint: "Close the comment, or remove it.")
        }
    }

    /// Returns the error for a token, or for the end of the text.
    func refusal(_ token: SQLToken?, _ reason: String, _ hint: StretchError.Hint) -> StretchError {
        guard let token else {
            return StretchError(
                .invalidArgument,
                "filter predicate: the text \"\(text)\" ends too early, "
                    + "at character \(character(at: text.utf8.count))",
                hint: Self.conditionHint)
        }
        let start = character(at: token.range.lowerBound)
        return StretchError(
            .invalidArgument,
            "filter predicate: \"\(token.text.prefix(60))\" at character \(start) \(reason)",
            hint: hint)
    }

    mutating func expect(symbol: String) throws(StretchError) {
        guard !reader.accept(symbol: symbol) else { return }
        throw refusal(
            reader.peek, "appears where \"\(symbol)\" is expected", Self.conditionHint)
    }

    mutating func expect(keyword: String) throws(StretchError) {
        guard !reader.accept(keyword: keyword) else { return }
        throw refusal(reader.peek, "appears where \(keyword) is expected", Self.conditionHint)
    }

    /// Returns the position of a byte in characters, starting at 1.
    private func character(at offset: Int) -> Int {
        String(decoding: text.utf8.prefix(offset), as: UTF8.self).count + 1
    }

    private func tail(from start: Int, to end: Int) -> String {
        String(decoding: text.utf8.prefix(end).dropFirst(start), as: UTF8.self)
    }
}
