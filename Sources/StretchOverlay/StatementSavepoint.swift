package import StretchSQLite
internal import StretchText

/// Undoes a statement's changes to ordinary tables if a scan of cold rows fails.
///
/// SQLite writes no statement journal for a statement that no constraint can abort, because it
/// assumes that reading a virtual table does not fail. In a transaction the changes would remain.
/// The first step makes all changes, even with RETURNING. Source: the conditions of
/// `sqlite3BeginWriteOperation` in <https://sqlite.org/src/file/src/build.c>.
package final class StatementSavepoint: StatementEnclosure {
    private static let name = "stretch_statement"
    private let connection: Connection
    private var isOpen = false

    /// Creates a savepoint for one statement of the connection.
    package init(_ connection: Connection) {
        self.connection = connection
    }

    package func willBegin() throws(SQLiteError) {
        // Outside a transaction, SQLite rolls back the statement's own transaction.
        isOpen = connection.isInTransaction
        if isOpen { try connection.execute(one: "SAVEPOINT \(Self.name)") }
    }

    package func didEnd() throws(SQLiteError) {
        guard isOpen else { return }
        isOpen = false
        try connection.execute(one: "RELEASE \(Self.name)")
    }

    package func didFail(_ error: SQLiteError) throws(SQLiteError) {
        guard isOpen else { return }
        isOpen = false
        // A conflict clause may have ended the transaction and thus the savepoint.
        guard connection.isInTransaction else { return }
        // For any other error, SQLite has applied its conflict handling, such as OR FAIL.
        let isOfCallback = connection.callbackError.map { "\($0)".isSameText(as: error.message) }
        if isOfCallback ?? false { try connection.execute(one: "ROLLBACK TO \(Self.name)") }
        try connection.execute(one: "RELEASE \(Self.name)")
    }
}
