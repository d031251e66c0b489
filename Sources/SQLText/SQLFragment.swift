package import StretchCore

/// A part of the file's CREATE TABLE statement, such as a column's type, for use in other
/// statements.
///
/// Its parentheses are balanced, and it has no comments, which could be unterminated.
package struct SQLFragment {
    /// The tokens, with spaces between them.
    package let text: String
    /// The number of tokens.
    package let tokenCount: Int

    /// Checks the text.
    ///
    /// - Throws: `unsupported` for text that contains more than one part.
    package init(_ sql: String) throws(StretchError) {
        let tokens = Array(SQLTokenizer(sql))
        var depth = 0
        for token in tokens {
            if token.isSymbol("(") { depth += 1 }
            if token.isSymbol(")") { depth -= 1 }
            let isSeparator = depth == 0 && token.isSymbol(",") || token.isSymbol(";")
            let isForeign = token.kind == .illegal || token.kind == .parameter
            guard depth >= 0, !isSeparator, !isForeign else { throw Self.refusal(sql) }
        }
        guard depth == 0 else { throw Self.refusal(sql) }
        text = tokens.map(\.text).joined(separator: " ")
        tokenCount = tokens.count
    }

    private static func refusal(_ sql: String) -> StretchError {
        StretchError(
            .unsupported, "the file's schema holds \"\(sql)\", which is not part of a column",
            hint: "Make the table again with the columns that it should have.")
    }
}
