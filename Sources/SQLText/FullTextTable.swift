/// Analyzes the definition of a full-text table:
/// <https://sqlite.org/fts5.html#external_content_tables>.
package enum FullTextTable {
    /// Returns the table named by the `content` option of a full-text table.
    package static func contentTable(_ text: String) -> String? {
        let tokens = Array(SQLTokenizer(text))
        let option = tokens.indices.dropLast(2).first {
            tokens[$0].isKeyword("content") && tokens[$0 + 1].isSymbol("=")
        }
        guard let option, let name = tokens[option + 2].identifierName, !name.isEmpty else {
            return nil
        }
        return name
    }
}
