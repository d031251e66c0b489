package import StretchSQLite
internal import StretchText

/// Undoes what a statement did to ordinary tables before a scan of cold rows failed.
///
/// SQLite writes no statement journal for a statement that no constraint can stop: it assumes that
/// reading a virtual table does not fail. In a transaction its changes would stay. All changes are
/// made by the first step, also with RETURNING.
/// Source: the conditions of `sqlite3BeginWriteOperation` in <https://sqlite.org/src/file/src/build.c>.
package final class StatementSavepoint: StatementEnclosure {
    private static let name = "stretch_statement"
    private let connection: Connection
    private var isOpen = false

    /// Makes a savepoint for one statement of the connection.
    package init(_ connection: Connection) {
        self.connection = connection
    }

    package func willBegin() throws(SQLiteError) {
        // SQLite rolls back the transaction of a statement that has one of its own.
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
        // A conflict clause may have ended the transaction, and with it the savepoint.
        guard connection.isInTransaction else { return }
        // Any other error has SQLite's own conflict handling behind it, such as OR FAIL.
        let isOfCallback = connection.callbackError.map { "\($0)".isSameText(as: error.message) }
        if isOfCallback ?? false { try connection.execute(one: "ROLLBACK TO \(Self.name)") }
        try connection.execute(one: "RELEASE \(Self.name)")
    }
}
