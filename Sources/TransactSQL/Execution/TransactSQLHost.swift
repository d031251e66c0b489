public import StretchCore

/// Executes the actions of a script, with one call for each administrative action.
///
/// The executor checks the arguments as far as the statement allows. The host checks whether an
/// object exists, whether its state allows the action, and whether the caller has permission. A
/// call either completes its action, or throws and changes nothing. A thrown ``TransactSQLError``
/// is passed on with the statement's position; any other error gets number 50000. A
/// `CancellationError` always ends the script. No thrown error may show a ``Secret``.
public protocol TransactSQLHost: AnyObject {
    // MARK: Queries

    /// Runs a SQLite statement, and passes its rows to the consumer of the script's results.
    ///
    /// - Parameter variables: The declared variables by name, with their `@`, as bind values.
    func run(_ statement: PlainStatement, variables: [String: TransactSQLValue]) throws
    /// Runs a SQLite query, and returns the first value of its first row, or NULL without a row.
    func value(of query: String, variables: [String: TransactSQLValue]) throws -> TransactSQLValue

    // MARK: Server and databases

    /// Returns the setting `remote data archive`.
    func archiveSwitch() throws -> ArchiveSwitch
    /// Changes the configured setting, which takes effect after ``reconfigure()``.
    func configureArchive(isAllowed: Bool) throws
    /// Puts the configured setting into effect.
    func reconfigure() throws
    /// Changes the current database.
    func use(database: String) throws
    /// Returns the name, size, owner and state of one database or all.
    func databases(named name: String?) throws -> TransactSQLResult

    // MARK: Keys, credentials and members

    /// Creates, opens, closes, changes, backs up or restores the master key of the current
    /// database.
    func perform(_ statement: MasterKeyStatement) throws
    /// Adds or removes a password that opens the master key of a database.
    func changeMasterKeyPassword(_ password: Secret, _ action: RoleAction, database: String) throws
    /// Creates a credential; without a secret, the login has no password.
    func createCredential(_ name: String, identity: String, secret: Secret?) throws
    /// Changes the login of a credential.
    func alterCredential(_ name: String, identity: String, secret: Secret?) throws
    /// Deletes a credential.
    func dropCredential(_ name: String) throws
    /// Adds a principal to `db_owner`, or removes the principal.
    func changeOwner(_ member: String, _ action: RoleAction) throws

    // MARK: The database and its remote

    /// Enables a database; `nil` means the current one.
    func enable(database: String?, server: String, _ authentication: RemoteAuthentication) throws
    /// Disables a database without stretch-enabled tables; `nil` means the current one.
    func disable(database: String?) throws
    /// Restores the connection to the remote, or connects to another one, and reports the result.
    func reauthorize(
        credential: String, withCopy: Bool, server: String?, database: String?,
        notify: (TransactSQLMessage) -> Void
    ) throws
    /// Disconnects the database from the remote.
    func deauthorize() throws
    /// Sets which rows queries see; if forced, without checking the remote.
    func setQueryMode(_ mode: QueryMode, isForced: Bool) throws
    /// Tests the connection; a failed connection is a result, not an error.
    func testConnection(_ question: ConnectionQuestion) throws -> ConnectionAnswer
    /// Returns how long migrated rows stay in staging, in hours; 0 while staging is disabled.
    func rpoDuration() throws -> Int
    /// Sets how long migrated rows stay in staging.
    ///
    /// - Parameter hours: 8 or more.
    func setRPODuration(hours: Int) throws

    // MARK: Tables

    /// Stretch-enables a table, and reports which constraints are no longer enforced.
    func enableTable(
        _ name: String, filter: TableFilter, isPaused: Bool, notify: (TransactSQLMessage) -> Void
    ) throws
    /// Changes the filter of a stretch-enabled table, unless it is `nil`, and its migration state.
    func alterTable(_ name: String, filter: TableFilter?, state: TableMigrationState) throws
    /// Disables a table and abandons its remote rows.
    func abandonTable(_ name: String) throws
    /// Reconciles the batches of a paused table with those of its remote.
    func reconcileBatch(table: String) throws
    /// Adopts changes of a table's columns, and adds missing columns to its remote relation.
    func reconcileColumns(table: String, _ answers: ColumnAnswers) throws
    /// Updates the remote indexes of a table to match the local ones.
    func reconcileIndexes(table: String) throws
    /// Measures a table, or the whole database.
    func spaceUsed(table: String?, _ mode: SpaceMode) throws -> SpaceUsage

    // MARK: Backups

    /// Makes a backup, and reports its progress and content.
    func backup(
        _ request: BackupRequest, notify: @escaping (TransactSQLMessage) -> Void
    ) throws
    /// Restores a backup, and reports its progress and the next step.
    func restore(
        _ request: RestoreRequest, notify: @escaping (TransactSQLMessage) -> Void
    ) throws
    /// Returns a row that describes a backup.
    func header(ofBackup file: String) throws -> TransactSQLResult
    /// Lists the files of the database in a backup.
    func files(ofBackup file: String) throws -> TransactSQLResult
    /// Checks that a backup is complete and readable, and reports this.
    func verify(backup file: String, notify: (TransactSQLMessage) -> Void) throws
}
