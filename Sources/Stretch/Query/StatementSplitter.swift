/// Cuts a script into statements, as `sqlite3_complete` does: at semicolons, and in a trigger only
/// at the one after END.
///
/// Source: <https://sqlite.org/c3ref/complete.html>.
package enum StatementSplitter {
    /// The offset, in UTF-8 bytes, after the first statement and its semicolon; the whole length
    /// when there is no semicolon.
    package static func endOfFirstStatement(in script: String) -> Int {
        var words: [SQLToken] = []
        var last: [SQLToken] = []
        var tokens = SQLTokenizer(script)
        while let token = tokens.next() {
            if token.isSymbol(";") {
                // Semicolons before the first word belong to no statement.
                if words.isEmpty { continue }
                let isEndOfTrigger =
                    last.count == 2 && last[0].isSymbol(";") && last[1].isKeyword("END")
                if !isTrigger(words) || isEndOfTrigger { return token.range.upperBound }
            }
            if words.count < 6 { words.append(token) }
            last = last.suffix(1) + [token]
        }
        return script.utf8.count
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
