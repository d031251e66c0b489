internal import StretchText

/// A system procedure: its name and its parameters, as data.
public struct Procedure: Sendable {
    /// The action of the procedure.
    public let action: Action
    /// The parameters, in the order of positional arguments.
    public let parameters: [Parameter]

    /// The name, without a schema.
    public var name: String { action.rawValue }

    /// The supported procedures.
    public enum Action: String, Sendable, CaseIterable {
        /// Restores the connection to the remote.
        case reauthorize = "sp_rda_reauthorize_db"
        /// Disconnects the database from the remote.
        case deauthorize = "sp_rda_deauthorize_db"
        /// Sets which rows queries see.
        case setQueryMode = "sp_rda_set_query_mode"
        /// Returns how long migrated rows stay in staging.
        case getRPODuration = "sp_rda_get_rpo_duration"
        /// Sets how long migrated rows stay in staging.
        case setRPODuration = "sp_rda_set_rpo_duration"
        /// Reconciles the batches of a table.
        case reconcileBatch = "sp_rda_reconcile_batch"
        /// Adds missing columns to a remote table.
        case reconcileColumns = "sp_rda_reconcile_columns"
        /// Updates the remote indexes to match those of the local table.
        case reconcileIndexes = "sp_rda_reconcile_indexes"
        /// Tests the connection to the remote.
        case testConnection = "sp_rda_test_connection"
        /// Adds a password to the master key, or removes one.
        case controlMasterKeyPassword = "sp_control_dbmasterkey_password"
        /// Reports the space of a table or of the database.
        case spaceUsed = "sp_spaceused"
        /// Shows or changes a setting of the server.
        case configure = "sp_configure"
        /// Lists databases.
        case helpDatabase = "sp_helpdb"
        /// Adds a member to a role.
        case addRoleMember = "sp_addrolemember"
        /// Removes a member from a role.
        case dropRoleMember = "sp_droprolemember"
    }

    /// A parameter of a procedure.
    public struct Parameter: Sendable {
        /// The name, with its `@`.
        public let name: String
        /// The type that an argument is converted to.
        public let type: DataType
        /// The default value, or `nil` if an argument is required.
        public let defaultValue: TransactSQLValue?
        /// Whether the procedure sets the value.
        public let isOutput: Bool
        /// Whether the value is a password.
        public let isSecret: Bool
        /// The accepted values in upper case, or empty if any value is accepted.
        public let choices: [String]
        /// The error code for a value that is not among `choices`.
        let choiceCode: TransactSQLError.Code
        /// Whether a variable of type `varchar(max)` or `nvarchar(max)` is refused.
        public let refusesUnlimitedText: Bool

        /// Whether an argument other than NULL is required.
        public var isRequired: Bool { defaultValue == nil && !isOutput }
    }

    /// Returns the procedure with a name, ignoring case, or `nil`.
    public static func named(_ name: String) -> Procedure? { byName[name.foldingCase] }

    private static let byName = Dictionary(
        uniqueKeysWithValues: all.map { ($0.name, $0) })
}

extension Procedure.Parameter {
    init(
        _ name: String, _ type: DataType, default defaultValue: TransactSQLValue? = nil,
        isOutput: Bool = false, isSecret: Bool = false, choices: [String] = [],
        choiceCode: TransactSQLError.Code = .invalidArgument, refusesUnlimitedText: Bool = false
    ) {
        self.name = name
        self.type = type
        self.defaultValue = defaultValue
        self.isOutput = isOutput
        self.isSecret = isSecret
        self.choices = choices
        self.choiceCode = choiceCode
        self.refusesUnlimitedText = refusesUnlimitedText
    }
}
