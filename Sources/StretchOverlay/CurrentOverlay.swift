package import StretchSQLite

/// Brings the overlay up to date before a statement that was prepared earlier runs.
///
/// SQLite prepares the statement again after a change of the schema, with triggers that another
/// program has created meanwhile and that have no mirror yet.
package final class CurrentOverlay: StatementEnclosure {
    private let overlay: Overlay
    private let sql: String
    private let inner: (any StatementEnclosure)?

    /// - Parameters:
    ///   - sql: The text of the statement.
    ///   - inner: The enclosure that the statement has otherwise.
    package init(_ overlay: Overlay, _ sql: String, within inner: (any StatementEnclosure)?) {
        self.overlay = overlay
        self.sql = sql
        self.inner = inner
    }

    package func willBegin() throws(SQLiteError) {
        // The schema of an open snapshot does not change.
        if overlay.connection.hasSnapshot != true {
            do {
                try overlay.lock(for: sql)
                try overlay.synchronize()
            } catch {
                throw overlay.converted(error)
            }
        }
        try inner?.willBegin()
    }

    package func didEnd() throws(SQLiteError) { try inner?.didEnd() }

    package func didFail(_ error: SQLiteError) throws(SQLiteError) { try inner?.didFail(error) }
}
