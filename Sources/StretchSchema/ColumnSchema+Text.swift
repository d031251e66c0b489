internal import SQLText
package import StretchCatalog
package import StretchCore

extension ColumnSchema {
    /// Returns the declared type for use in other statements.
    package func typeText() throws(StretchError) -> String { try SQLFragment(declaredType).text }

    /// Returns the DEFAULT expression for use in other statements.
    ///
    /// SQLite stores it without its parentheses. A single word is a text and is not put in
    /// parentheses.
    func defaultExpression() throws(StretchError) -> String? {
        guard let defaultText else { return nil }
        let fragment = try SQLFragment(defaultText)
        return fragment.tokenCount > 1 ? "(\(fragment.text))" : fragment.text
    }
}
