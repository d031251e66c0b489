internal import Foundation
internal import StretchCore
public import StretchEngine
internal import StretchKeystore
public import StretchSQLite
internal import StretchText
public import TransactSQL

/// Executes the actions of Transact-SQL scripts on a local database and its remote.
///
/// ```swift
/// let host = DatabaseHost(database) { statement in
///     while try statement.step() { print(statement.column(0)) }
/// }
/// var executor = ScriptExecutor(host: host, output: output)
/// try executor.run("EXEC sp_rda_set_query_mode 'LOCAL_ONLY'")
/// ```
///
/// Errors have SQL Server's number for the same situation, or 50000 if there is none. Like the
/// database, a host is used from one thread at a time.
public final class DatabaseHost: TransactSQLHost {
    /// The current database.
    public internal(set) var database: StretchDatabase
    /// Receives each SQLite statement, prepared and bound, and steps it to its end.
    let consume: (Statement) throws -> Void
    let catalog: SystemCatalog?

    /// Creates a host for a database.
    ///
    /// The host must hold the only reference: `RESTORE DATABASE` replaces the file only if no
    /// connection has it open. ``database`` is then a new object, as after `USE`.
    ///
    /// Administration uses the credential with which the database was enabled or reauthorized; it
    /// has no other login.
    ///
    /// - Parameters:
    ///   - database: The initial current database.
    ///   - showsSystemCatalog: Whether statements can use the views of schema `sys`, which is an
    ///     attached database.
    ///   - consume: Steps a SQLite statement to its end; called for each statement, including those
    ///     that return no rows.
    public init(
        _ database: StretchDatabase, showsSystemCatalog: Bool = false,
        consume: @escaping (Statement) throws -> Void
    ) {
        self.database = database
        self.consume = consume
        catalog = showsSystemCatalog ? SystemCatalog() : nil
        database.usesScopedCredential = true
    }

    /// The name of the current database in statements: its file name without an extension.
    public var databaseName: String {
        URL(fileURLWithPath: database.path).deletingPathExtension().lastPathComponent
    }

    /// Makes another file the current database.
    ///
    /// - Throws: The errors of opening it; the current database is then unchanged.
    func open(
        _ path: String, _ configuration: Configuration
    ) throws(TransactSQLError) {
        let other = try numbered { () throws(StretchError) in
            try StretchDatabase(path: path, configuration: configuration)
        }
        other.usesScopedCredential = true
        other.connectionQueryMode = database.connectionQueryMode
        database = other
        catalog?.forget()
    }

    // MARK: Conditions

    /// Throws unless the caller administers the file.
    func requireOwner(
        _ code: TransactSQLError.Code = .notPermitted
    ) throws(TransactSQLError) {
        let isOwner = try numbered { () throws(StretchError) in
            try database.members.isAdministrator()
        }
        guard !isOwner else { return }
        throw TransactSQLError(
            code, "this needs db_owner of database \"\(databaseName)\"",
            hint: "Let the file's owner do it, or add you: ALTER ROLE db_owner ADD MEMBER name.")
    }

    func isEnabled() throws(TransactSQLError) -> Bool {
        try numbered { () throws(StretchError) in try database.isEnabled() }
    }

    /// Throws unless the caller administers the database and it is stretch-enabled.
    func requireStretched(
        _ code: TransactSQLError.Code = .databaseNotStretched,
        permission: TransactSQLError.Code = .notPermitted
    ) throws(TransactSQLError) {
        try requireOwner(permission)
        guard try !isEnabled() else { return }
        throw TransactSQLError(
            code, "database \"\(databaseName)\" is not stretch-enabled",
            hint: """
                ALTER DATABASE CURRENT SET REMOTE_DATA_ARCHIVE = ON (SERVER = '…', CREDENTIAL = \
                name).
                """)
    }

    func isCurrent(_ name: String) -> Bool {
        [databaseName, "main"].contains { $0.isEqualFoldingCase(name) }
    }

    /// Throws unless a name is that of the current database.
    func requireCurrent(_ name: String?) throws(TransactSQLError) {
        guard let name, !isCurrent(name) else { return }
        throw TransactSQLError(
            .unknownDatabase, "\"\(name)\" is not the current database, \"\(databaseName)\"",
            hint: "Write CURRENT, or USE the other database first.")
    }

    /// Throws unless a table is stretch-enabled.
    func requireTable(_ name: String) throws(TransactSQLError) -> DatabaseStatus.Table {
        let status = try numbered { () throws(StretchError) in try database.status() }
        let found = status.tables.first { $0.name.isEqualFoldingCase(name) }
        if let found { return found }
        throw TransactSQLError(
            .tableNotStretched, "table \"\(name)\" is not stretch-enabled",
            hint: "ALTER TABLE \(name) SET (REMOTE_DATA_ARCHIVE = ON (MIGRATION_STATE = OUTBOUND))."
        )
    }

    /// Returns the error for an unsupported operation.
    func unsupported(_ what: String, hint: String) -> TransactSQLError {
        TransactSQLError(.unsupportedStatement, "\(what) is not supported by this host", hint: hint)
    }
}
