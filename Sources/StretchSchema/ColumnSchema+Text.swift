internal import SQLText
package import StretchCatalog
package import StretchCore

extension ColumnSchema {
    /// The declared type, to stand in a statement of ours.
    package func typeText() throws(StretchError) -> String { try SQLFragment(declaredType).text }

    /// The DEFAULT expression, to stand in a statement of ours.
    ///
    /// SQLite keeps it without its parentheses. A word alone is a text there, and stays bare.
    func defaultExpression() throws(StretchError) -> String? {
        guard let defaultText else { return nil }
        let fragment = try SQLFragment(defaultText)
        return fragment.tokenCount > 1 ? "(\(fragment.text))" : fragment.text
    }
}
