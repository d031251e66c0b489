/// Error numbers for situations that only a host can detect.
extension TransactSQLError.Code {
    /// The caller may not make a backup.
    public static let backupNotPermitted = Self(262, level: 14)
    /// The database does not exist.
    public static let unknownDatabase = Self(911)
    /// A backup or a restore is not allowed in a transaction.
    public static let backupInTransaction = Self(3021)
    /// The database to restore is in use.
    public static let databaseInUse = Self(3101)
    /// The caller may not restore a backup.
    public static let restoreNotPermitted = Self(3110, level: 14)
    /// The file holds data other than an older state of the database in the backup.
    public static let replaceForeign = Self(3154)
    /// The file holds rows newer than the backup, which no backup contains.
    public static let replaceNewer = Self(3159)
    /// The backup is damaged.
    public static let damagedBackup = Self(3189)
    /// The file of a backup cannot be opened or written.
    public static let backupFile = Self(3201)
    /// A database has no file of this name.
    public static let unknownFile = Self(3234)
    /// The file is not a backup.
    public static let notABackup = Self(3241)
    /// The database cannot be written.
    public static let readOnlyDatabase = Self(3906)
    /// Every backup is newer than the requested time.
    public static let timeTooEarly = Self(4338)
    /// The principal, the credential or another object does not exist, or the caller has no
    /// permission.
    public static let unknownCredential = Self(15151)
    /// An object of this name already exists.
    public static let duplicateName = Self(15530)
    /// The caller may not do this.
    public static let notPermitted = Self(15247)
    /// A password does not open the master key.
    public static let wrongPassword = Self(15313)
    /// The master key already exists.
    public static let duplicateMasterKey = Self(15578)
    /// Credentials are sealed under the master key.
    public static let masterKeyInUse = Self(15580)
    /// The master key does not exist or is not open.
    public static let missingMasterKey = Self(15581)
    /// The database still has stretch-enabled tables.
    public static let tablesAreStretched = Self(14802)
    /// The database is not stretch-enabled.
    public static let databaseNotStretched = Self(14803)
    /// The credential for the remote does not exist.
    public static let missingCredential = Self(14804)
    /// The remote refuses the login.
    public static let refusedLogin = Self(14807)
    /// The database or the table is already stretch-enabled.
    public static let alreadyStretched = Self(14810)
    /// The table cannot be stretch-enabled, for the stated reason.
    public static let tableNotSupported = Self(14812)
    /// The remote cannot be reached.
    public static let remoteUnreachable = Self(14817)
    /// The remote rows of the table cannot be measured separately.
    public static let noRemoteRows = Self(14821)
    /// The operation is not possible on a stretch-enabled table.
    public static let unsupportedOperation = Self(14823)
    /// `remote data archive` is switched off.
    public static let archiveSwitchedOff = Self(14824)
    /// A statement would remove a part of a stretch-enabled table.
    public static let definitionRefused = Self(14825)
    /// Cold rows cannot be read.
    public static let remoteAccess = Self(14827)
    /// Queries of stretch-enabled tables are disabled.
    public static let queriesDisabled = Self(14830)
    /// A query mode is set in a database that is not stretch-enabled.
    public static let queryModeNotStretched = Self(14831)
    /// Remote rows are inconsistent with the file, so queries cannot include them.
    public static let inconsistentRemote = Self(14833)
    /// `sp_rda_deauthorize_db` in a database that is not stretch-enabled.
    public static let deauthorizeNotStretched = Self(14834)
    /// The database is already disconnected.
    public static let alreadyDisconnected = Self(14835)
    /// `sp_rda_reconcile_indexes` in a database that is not stretch-enabled.
    public static let indexesNotStretched = Self(14836)
    /// `sp_rda_reconcile_indexes` of a table that does not migrate.
    public static let indexesNotOutbound = Self(14837)
    /// `sp_rda_reauthorize_db` in a database that is not stretch-enabled.
    public static let reauthorizeNotStretched = Self(14846)
    /// The database is already connected.
    public static let alreadyConnected = Self(14847)
    /// The hint is reserved for members of `db_owner`.
    public static let hintNotPermitted = Self(14869)
    /// The hint is not allowed in a transaction.
    public static let hintInTransaction = Self(14870)
    /// Batches that the file names are neither in the remote nor in staging.
    public static let batchesLost = Self(14877)
    /// The hint changes rows only while the table is paused.
    public static let hintNotPaused = Self(14879)
    /// Staging is disabled.
    public static let noStaging = Self(14882)
    /// `sp_rda_reconcile_columns` fails.
    public static let columnsNotReconciled = Self(14885)
    /// An RPO duration in a database that is not stretch-enabled.
    public static let rpoNotStretched = Self(14886)
    /// `sp_rda_reconcile_batch` of a table that is not paused.
    public static let reconcileNotPaused = Self(14887)
    /// The remote lacks batches that the table names.
    public static let batchesDiffer = Self(14895)
    /// The table is not stretch-enabled.
    public static let tableNotStretched = Self(14897)
    /// The database is not connected to its remote.
    public static let notConnected = Self(14898)
}

extension TransactSQLError {
    /// The error numbers with their meanings: the rows of `sys.messages`.
    public static let catalogue: [(code: Code, text: String)] = [
        (.syntax, "incorrect syntax"),
        (.unterminated, "a quote or a comment has no end"),
        (.positionalAfterNamed, "an argument without a name follows one with a name"),
        (.invalidLength, "a length, a precision or a scale is out of its range"),
        (.duplicateVariable, "the variable is declared already"),
        (.undeclaredVariable, "the variable is not declared"),
        (.nesting, "nesting is too deep"),
        (.unknownName, "no such type, option or setting"),
        (.missingArgument, "a parameter has no argument"),
        (.unknownObject, "no such object in the current database"),
        (.backupNotPermitted, "the caller may not make a backup"),
        (.unknownDatabase, "there is no such database"),
        (.truncation, "a text is longer than its type allows"),
        (.unknownProcedure, "there is no such procedure"),
        (.backupInTransaction, "a backup or a restore is not for a transaction"),
        (.databaseInUse, "the database is in use"),
        (.restoreNotPermitted, "the caller may not restore a backup"),
        (.replaceForeign, "the file holds something else than the database in the backup"),
        (.replaceNewer, "the file holds newer rows than the backup"),
        (.damagedBackup, "the backup is damaged"),
        (.backupFile, "the file cannot be opened or written"),
        (.unknownFile, "the database has no file of this name"),
        (.notABackup, "the file is not a backup"),
        (.readOnlyDatabase, "the database is read-only"),
        (.timeTooEarly, "every backup is newer than the time"),
        (.divisionByZero, "division by zero"),
        (.conversion, "the value cannot be converted"),
        (.overflow, "the value is outside the range of its type"),
        (.argumentType, "the type of the argument is not accepted"),
        (.operandTypes, "the operator is not for values of these types"),
        (.duplicateArgument, "a parameter is given twice"),
        (.tooManyArguments, "there are more arguments than parameters"),
        (.unknownParameter, "there is no such parameter"),
        (.notOutput, "the parameter is not an output parameter"),
        (.duplicateArchiveOption, "an option of REMOTE_DATA_ARCHIVE is given twice"),
        (.tablesAreStretched, "the database still has stretch-enabled tables"),
        (.databaseNotStretched, "the database is not stretch-enabled"),
        (.missingCredential, "the credential does not exist"),
        (.refusedLogin, "the remote refuses the login"),
        (.alreadyStretched, "the database is stretch-enabled already"),
        (.tableNotSupported, "the table cannot be stretched"),
        (.remoteUnreachable, "the remote cannot be reached"),
        (.noRemoteRows, "the table has no remote rows to measure"),
        (.invalidMode, "the mode is unknown"),
        (.unsupportedOperation, "the operation is not possible on a stretch-enabled table"),
        (.archiveSwitchedOff, "remote data archive is switched off"),
        (.definitionRefused, "the definition belongs to a stretch-enabled table"),
        (.remoteAccess, "cold rows cannot be read"),
        (.queriesDisabled, "queries of stretch-enabled tables are disabled"),
        (.queryModeNotStretched, "the database is not stretch-enabled: no query mode"),
        (.inconsistentRemote, "remote rows are not as the file names them"),
        (.deauthorizeNotStretched, "the database is not stretch-enabled: nothing to cut"),
        (.alreadyDisconnected, "the database is disconnected already"),
        (.indexesNotStretched, "the database is not stretch-enabled: no remote indexes"),
        (.indexesNotOutbound, "the table does not migrate"),
        (.reauthorizeNotStretched, "the database is not stretch-enabled: nothing to connect"),
        (.alreadyConnected, "the database is connected already"),
        (.invalidFilter, "the filter predicate is not valid"),
        (.connectionLogin, "a parameter of the connection test is missing"),
        (.connectionCredential, "a login and a credential are both given"),
        (.missingStretchArgument, "a parameter of a Stretch procedure is missing"),
        (.hintNotPermitted, "the hint is for members of db_owner"),
        (.hintInTransaction, "the hint is not for a transaction"),
        (.hintOnInsert, "the hint is not for INSERT"),
        (.hintInView, "the hint cannot be part of a view or a trigger"),
        (.filterWithInbound, "a filter cannot be combined with an inbound migration"),
        (.batchesLost, "rows that the file names are lost"),
        (.hintNotPaused, "the hint changes rows only while the table is paused"),
        (.noStaging, "there is no staging"),
        (.columnsNotReconciled, "the columns cannot be reconciled"),
        (.rpoNotStretched, "the database is not stretch-enabled: no RPO duration"),
        (.reconcileNotPaused, "the migration of the table is not paused"),
        (.batchesDiffer, "the remote lacks batches that the table names"),
        (.tableNotStretched, "the table is not stretch-enabled"),
        (.notConnected, "the database is not connected to its remote"),
        (.shortRPODuration, "the RPO duration is below the minimum"),
        (.ambiguousOff, "OFF does not say what becomes of the remote rows"),
        (.unknownSetting, "there is no such setting, or it does not take this value"),
        (.unknownCredential, "the credential does not exist"),
        (.notPermitted, "the caller may not do this"),
        (.wrongPassword, "the password does not open the master key"),
        (.duplicateName, "an object of this name already exists"),
        (.duplicateMasterKey, "there is a master key already"),
        (.masterKeyInUse, "credentials are sealed under the master key"),
        (.missingMasterKey, "there is no master key, or it is not open"),
        (.invalidArgument, "the argument is none of the values that the parameter takes"),
        (.unsupportedStatement, "the statement is not supported"),
        (.unsupportedOption, "the option is not supported"),
        (.host, "an error without a specific number"),
    ]
}
