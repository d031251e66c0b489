/// A Transact-SQL statement.
public struct TransactSQLStatement: Equatable, Sendable {
    /// The kind of statement.
    public let kind: Kind
    /// Where it begins.
    public let position: SourcePosition

    /// The kinds of statements.
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
        /// A statement about the database master key.
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
    /// Its initial value, or `nil` for NULL.
    public let value: Expression?
}

/// A call of a procedure.
public struct ProcedureCall: Equatable, Sendable {
    /// The procedure.
    public let name: ObjectName
    /// The variable that receives the return code, or `nil`.
    public let returnVariable: Identifier?
    /// The arguments, in their order in the statement.
    public let arguments: [Argument]

    /// An argument of a procedure.
    public struct Argument: Equatable, Sendable {
        /// The parameter with its `@`, or `nil` for a positional argument.
        public let name: Identifier?
        /// The value, or `nil` for `DEFAULT`.
        public let value: Expression?
        /// Whether `OUTPUT` follows it.
        public let isOutput: Bool
        /// Where it begins.
        public let position: SourcePosition
    }
}

/// A change of a principal's membership in a role.
public enum RoleAction: String, Equatable, Sendable {
    /// The principal becomes a member.
    case add = "ADD"
    /// The principal is no longer a member.
    case drop = "DROP"
}
