internal import StretchText

// MARK: - Pragma functions

extension StatementRewriter {
    /// Adds schema main to table-valued pragmas that name a stretch-enabled table, such as
    /// `pragma_table_info('t')`.
    ///
    /// A name that is known only at run time is compared then. Without a schema, SQLite searches as
    /// usual: <https://sqlite.org/pragma.html#pragfunc>.
    func qualifyingPragmaFunctions(_ sql: String) -> String {
        guard !tables.isEmpty, Self.mayCallPragma(sql) else { return sql }
        var reader = SQLTokenReader(sql)
        var edits = SQLEdits()
        var parameters = ParameterNumbers()
        while let token = reader.next() {
            _ = parameters.number(of: token)
            guard Self.pragmasOfTables.contains(where: { token.isName("pragma_\($0)") }),
                reader.accept(symbol: "(")
            else { continue }
            qualify(&reader, &edits, &parameters)
        }
        return edits.applied(to: sql)
    }

    /// Adds the schema to one call, whose first argument is next.
    private func qualify(
        _ reader: inout SQLTokenReader, _ edits: inout SQLEdits,
        _ parameters: inout ParameterNumbers
    ) {
        var argument: [String] = []
        var numbered: [(range: Range<Int>, text: String)] = []
        var first: SQLToken?
        var depth = 0
        while let token = reader.peek {
            if token.isSymbol("(") { depth += 1 }
            if token.isSymbol(")") { depth -= 1 }
            guard depth >= 0 else { break }
            reader.next()
            let number = parameters.number(of: token)
            // The schema is given.
            if depth == 0, token.isSymbol(",") { return }
            var text = token.text
            if text.isSameText(as: "?"), let number {
                text = "?\(number)"
                numbered.append((token.range, text))
            }
            if argument.isEmpty { first = token }
            argument.append(text)
        }
        guard let first, let end = reader.peek?.range.lowerBound else { return }
        if argument.count == 1, first.kind == .string || first.kind == .quotedName {
            let isStretched = first.identifierName.map { tables.contains(SQLName($0)) }
            if isStretched ?? false { edits.insert(", 'main'", at: end) }
            return
        }
        for (range, text) in numbered { edits.replace(range, with: text) }
        let names = tables.sorted().map(\.text.quotedLiteral)
        edits.insert(
            """
            , CASE WHEN (\(argument.joined(separator: " "))) COLLATE NOCASE \
            IN (\(names.joined(separator: ", "))) THEN 'main' END
            """, at: end)
    }

    /// Returns whether the text may contain such a call, without tokenizing it.
    private static func mayCallPragma(_ sql: String) -> Bool {
        let prefix = Array("pragma_".utf8)
        var matchedCount = 0
        for byte in sql.utf8 {
            let folded = SQLToken.folded(byte)
            // Only the first letter of the prefix is a "p".
            matchedCount =
                folded == prefix[matchedCount] ? matchedCount + 1 : folded == 0x70 ? 1 : 0
            if matchedCount == prefix.count { return true }
        }
        return false
    }
}

/// The numbers that SQLite assigns to parameters: <https://sqlite.org/lang_expr.html#varparam>.
private struct ParameterNumbers {
    private var greatest = 0
    private var names: [ExactText: Int] = [:]

    /// Returns the number of a parameter, or `nil` for other tokens; called once for each, in
    /// order.
    mutating func number(of token: SQLToken) -> Int? {
        guard token.kind == .parameter else { return nil }
        let name = ExactText(token.text)
        if let number = names[name] { return number }
        guard name != ExactText("?") else {
            greatest += 1
            return greatest
        }
        let digits = name.text.utf8.dropFirst()
        let isNumbered = name.text.utf8.first == UInt8(ascii: "?")
        // SQLite refuses numbers far below this: https://sqlite.org/lang_expr.html#varparam
        let number = isNumbered ? min(Int(Substring(digits)) ?? 0, 1 << 31) : greatest + 1
        names[name] = number
        greatest = max(greatest, number)
        return number
    }
}
