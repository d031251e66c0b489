package import StretchSQLite

/// Marks the time in which a statement may delete rows that are in the way of others.
///
/// SQLite applies the ON DELETE rules of foreign keys to such rows, but fires no trigger before it
/// deletes them. Their cold children must become hot before the new row is written, which would be
/// a waste for any other statement. Source: <https://sqlite.org/lang_conflict.html>.
package final class ReplacingStatement: StatementEnclosure {
    private let overlay: Overlay
    private let inner: (any StatementEnclosure)?

    /// - Parameter inner: The enclosure that the statement has otherwise.
    package init(_ overlay: Overlay, within inner: (any StatementEnclosure)?) {
        self.overlay = overlay
        self.inner = inner
    }

    package func willBegin() throws(SQLiteError) {
        overlay.isReplacing = true
        try inner?.willBegin()
    }

    package func didEnd() throws(SQLiteError) {
        defer { overlay.isReplacing = false }
        try inner?.didEnd()
    }

    package func didFail(_ error: SQLiteError) throws(SQLiteError) {
        overlay.isReplacing = false
        try inner?.didFail(error)
    }
}
