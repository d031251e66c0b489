/// `REMOTE_DATA_ARCHIVE` of a database.
public enum DatabaseArchiveOption: Equatable, Sendable {
    /// `= ON (SERVER = '…', …)`.
    case on(server: String, RemoteAuthentication)
    /// `= OFF`.
    case off
}

/// The authentication of a database to the remote.
public enum RemoteAuthentication: Equatable, Sendable {
    /// `CREDENTIAL = name`.
    case credential(Identifier)
    /// `FEDERATED_SERVICE_ACCOUNT = ON`: as the user of this process.
    case federatedServiceAccount
}

/// `REMOTE_DATA_ARCHIVE` of a table.
public enum TableArchiveOption: Equatable, Sendable {
    /// `= ON (…)`: the table becomes stretch-enabled.
    case on(filter: TableFilter?, TableMigrationState)
    /// `(…)`: a stretch-enabled table changes.
    case change(filter: TableFilter?, TableMigrationState)
    /// `= OFF_WITHOUT_DATA_RECOVERY (MIGRATION_STATE = PAUSED)`: the remote rows are abandoned.
    case offWithoutDataRecovery
    /// `= OFF`, which does not specify the treatment of the remote rows.
    case off
}

/// `FILTER_PREDICATE`.
public enum TableFilter: Equatable, Sendable {
    /// `NULL`: every row is eligible.
    case everyRow
    /// The condition, as text.
    case condition(String)
}

/// `MIGRATION_STATE`.
public enum TableMigrationState: String, Equatable, Sendable, CaseIterable {
    /// Eligible rows are migrated to the remote.
    case outbound = "OUTBOUND"
    /// Rows are brought back; then the table is no longer stretch-enabled.
    case inbound = "INBOUND"
    /// No row is migrated.
    case paused = "PAUSED"
}
