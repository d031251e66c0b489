/// A statement of Transact-SQL.
public struct TransactSQLStatement: Equatable, Sendable {
    /// What the statement is.
    public let kind: Kind
    /// Where it begins.
    public let position: SourcePosition

    /// What a statement is.
    public enum Kind: Equatable, Sendable {
        /// `DECLARE @a type [= value][, …]`.
        case declare([VariableDeclaration])
        /// `SET @a = value`.
        case set(Identifier, Expression)
        /// `SET NOCOUNT ON` and other settings that change nothing here.
        case setOption(String)
        /// `PRINT value`.
        case print(Expression)
        /// `EXEC [@rc =] procedure …`.
        case execute(ProcedureCall)
        /// `RECONFIGURE [WITH OVERRIDE]`.
        case reconfigure
        /// `USE database`.
        case use(Identifier)
        /// Everything about the database master key.
        case masterKey(MasterKeyStatement)
        /// `CREATE|ALTER|DROP DATABASE SCOPED CREDENTIAL`.
        case credential(CredentialStatement)
        /// `ALTER DATABASE name SET REMOTE_DATA_ARCHIVE = …`.
        case alterDatabase(DatabaseName, DatabaseArchiveOption)
        /// `ALTER TABLE name SET (REMOTE_DATA_ARCHIVE …)`.
        case alterTable(ObjectName, TableArchiveOption)
        /// `ALTER ROLE db_owner ADD|DROP MEMBER name`.
        case alterRole(RoleAction, role: Identifier, member: Identifier)
        /// `BACKUP DATABASE`.
        case backup(BackupStatement)
        /// `RESTORE DATABASE`.
        case restore(RestoreStatement)
        /// `RESTORE HEADERONLY|FILELISTONLY|VERIFYONLY`.
        case inspect(BackupInspection)
    }
}

/// A variable of `DECLARE`.
public struct VariableDeclaration: Equatable, Sendable {
    /// The variable, with its `@`.
    public let name: Identifier
    /// Its type.
    public let type: DataType
    /// Its first value, or `nil` for NULL.
    public let value: Expression?
}

/// A call of a procedure.
public struct ProcedureCall: Equatable, Sendable {
    /// The procedure.
    public let name: ObjectName
    /// The variable that takes the return code, or `nil`.
    public let returnVariable: Identifier?
    /// The arguments, in the order in which they are written.
    public let arguments: [Argument]

    /// An argument of a procedure.
    public struct Argument: Equatable, Sendable {
        /// The parameter with its `@`, or `nil` for the one in this place.
        public let name: Identifier?
        /// The value, or `nil` for `DEFAULT`.
        public let value: Expression?
        /// Whether `OUTPUT` is written behind it.
        public let isOutput: Bool
        /// Where it begins.
        public let position: SourcePosition
    }
}

/// Whether a principal joins a role or leaves it.
public enum RoleAction: String, Equatable, Sendable {
    /// The principal becomes a member.
    case add = "ADD"
    /// The principal is no member any more.
    case drop = "DROP"
}
