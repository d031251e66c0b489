public import StretchCore

/// Does what a script asks: one call for each action of administration.
///
/// Arguments are checked as far as the statement goes; whether an object exists, whether its state
/// allows the action, and whether the caller may do it, is the host's to check. A call does all of
/// its action or throws and changes nothing. A thrown ``TransactSQLError`` is passed on with the
/// statement's place; any other error gets number 50000. A `CancellationError` ends the script in
/// any case. No thrown error may show a ``Secret``.
public protocol TransactSQLHost: AnyObject {
    // MARK: Queries

    /// Runs a statement of SQLite's, and hands its rows to whoever reads the script's results.
    ///
    /// - Parameter variables: The declared variables by name, with their `@`, as bind values.
    func run(_ statement: PlainStatement, variables: [String: TransactSQLValue]) throws
    /// Runs a query of SQLite's; the first value of its first row, or NULL without a row.
    func value(of query: String, variables: [String: TransactSQLValue]) throws -> TransactSQLValue

    // MARK: Server and databases

    /// The setting `remote data archive`.
    func archiveSwitch() throws -> ArchiveSwitch
    /// Changes the setting; it holds after ``reconfigure()``.
    func configureArchive(isAllowed: Bool) throws
    /// Lets the configured setting hold.
    func reconfigure() throws
    /// Makes another database the current one.
    func use(database: String) throws
    /// Lists the databases, or one of them: name, size, owner and state.
    func databases(named name: String?) throws -> TransactSQLResult

    // MARK: Keys, credentials and members

    /// Creates, opens, closes, changes, saves or restores the master key of the current database.
    func perform(_ statement: MasterKeyStatement) throws
    /// Adds a password that opens the master key of a database, or takes it away.
    func changeMasterKeyPassword(_ password: Secret, _ action: RoleAction, database: String) throws
    /// Creates a credential; without a secret, the login needs none.
    func createCredential(_ name: String, identity: String, secret: Secret?) throws
    /// Gives a credential another login.
    func alterCredential(_ name: String, identity: String, secret: Secret?) throws
    /// Deletes a credential.
    func dropCredential(_ name: String) throws
    /// Makes a principal a member of `db_owner`, or no member any more.
    func changeOwner(_ member: String, _ action: RoleAction) throws

    // MARK: The database and its remote

    /// Enables a database; `nil` is the current one.
    func enable(database: String?, server: String, _ authentication: RemoteAuthentication) throws
    /// Disables a database that has no stretch-enabled table; `nil` is the current one.
    func disable(database: String?) throws
    /// Restores the connection to the remote, or connects to another one, and tells what was done.
    func reauthorize(
        credential: String, withCopy: Bool, server: String?, database: String?,
        notify: (TransactSQLMessage) -> Void
    ) throws
    /// Cuts the connection to the remote.
    func deauthorize() throws
    /// Says which rows queries see; forced, it is not checked whether the remote can serve them.
    func setQueryMode(_ mode: QueryMode, isForced: Bool) throws
    /// Tests the connection; a failure of it is an answer, not an error.
    func testConnection(_ question: ConnectionQuestion) throws -> ConnectionAnswer
    /// How long migrated rows stay in staging, in hours; 0 when there is none.
    func rpoDuration() throws -> Int
    /// Says how long migrated rows stay in staging.
    ///
    /// - Parameter hours: 8 or more.
    func setRPODuration(hours: Int) throws

    // MARK: Tables

    /// Makes a table stretch-enabled, and tells what it loses by it.
    func enableTable(
        _ name: String, filter: TableFilter, isPaused: Bool, notify: (TransactSQLMessage) -> Void
    ) throws
    /// Changes the filter of a stretch-enabled table, unless it is `nil`, and its migration state.
    func alterTable(_ name: String, filter: TableFilter?, state: TableMigrationState) throws
    /// Disables a table and leaves its remote rows behind.
    func abandonTable(_ name: String) throws
    /// Reconciles the batches of a paused table with those of its remote.
    func reconcileBatch(table: String) throws
    /// Adds missing columns to the remote of a table.
    func reconcileColumns(table: String) throws
    /// Makes the remote indexes of a table those of the local one.
    func reconcileIndexes(table: String) throws
    /// Measures a table, or the whole database.
    func spaceUsed(table: String?, _ mode: SpaceMode) throws -> SpaceUsage

    // MARK: Backups

    /// Makes a backup, and tells how far it is and what is in it.
    func backup(
        _ request: BackupRequest, notify: @escaping (TransactSQLMessage) -> Void
    ) throws
    /// Restores a backup, and tells how far it is and what to do next.
    func restore(
        _ request: RestoreRequest, notify: @escaping (TransactSQLMessage) -> Void
    ) throws
    /// Tells what a backup is: a row.
    func header(ofBackup file: String) throws -> TransactSQLResult
    /// Lists the files of the database in a backup.
    func files(ofBackup file: String) throws -> TransactSQLResult
    /// Proves that a backup is whole and readable, and says so.
    func verify(backup file: String, notify: (TransactSQLMessage) -> Void) throws
}
