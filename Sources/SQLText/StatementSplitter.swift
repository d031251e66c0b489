/// Splits a script into statements like `sqlite3_complete`: after semicolons, and in a trigger only
/// after END.
///
/// The statements in order form the whole script, whose bytes are read once. Source:
/// <https://sqlite.org/c3ref/complete.html>.
package struct StatementSplitter: Sequence, IteratorProtocol {
    private let bytes: [UInt8]
    private var tokens: SQLTokenizer
    private var offset = 0

    /// Creates a splitter at the start of a script.
    package init(_ script: String) {
        bytes = Array(script.utf8)
        tokens = SQLTokenizer(bytes)
    }

    /// Returns the next statement with its semicolon and all text before it; the last one may lack
    /// a semicolon.
    package mutating func next() -> String? {
        guard offset < bytes.count else { return nil }
        let start = offset
        offset = endOfStatement() ?? bytes.count
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func endOfStatement() -> Int? {
        var words: [SQLToken] = []
        var last: (SQLToken?, SQLToken?)
        while let token = tokens.next() {
            if token.isSymbol(";") {
                // Semicolons before the first word do not end a statement.
                if words.isEmpty { continue }
                let isEndOfTrigger =
                    last.0?.isSymbol(";") ?? false && last.1?.isKeyword("END") ?? false
                if isEndOfTrigger || !Self.isTrigger(words) { return token.range.upperBound }
            }
            if words.count < 6 { words.append(token) }
            last = (last.1, token)
        }
        return nil
    }

    private static func isTrigger(_ words: [SQLToken]) -> Bool {
        var rest = words[...]
        if rest.first?.isKeyword("EXPLAIN") ?? false {
            rest = rest.dropFirst()
            if rest.first?.isKeyword("QUERY") ?? false { rest = rest.dropFirst(2) }
        }
        guard rest.popFirst()?.isKeyword("CREATE") ?? false else { return false }
        if rest.first?.isKeyword(in: ["TEMP", "TEMPORARY"]) ?? false { rest = rest.dropFirst() }
        return rest.first?.isKeyword("TRIGGER") ?? false
    }
}
