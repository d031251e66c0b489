/// What ``TableAdministration/enable(filter:follows:isPaused:)`` did, and what it advises.
public struct TableReport: Equatable, Sendable {
    /// The table's name, as the schema spells it.
    public let name: String
    /// The filter predicate.
    public let filterPredicate: String
    /// The table whose rows take this table's rows with them, or `nil`.
    public let follows: String?
    /// The rows that the table has now.
    public let localRows: Int64
    /// The rows that meet the filter predicate now.
    public let eligibleRows: Int64
    /// Constraints that hold among hot rows and among cold rows, but not across both.
    public let unenforcedConstraints: [String]
    /// What would make the table work better, as full sentences.
    public let advice: [String]
}

/// What ``TableAdministration/disable(_:isDryRun:)`` does with the cold rows.
public enum DisableMode: String, Sendable, CaseIterable {
    /// Moves every cold row back into the local table first.
    case bringBack
    /// Leaves the cold rows in the remote, where no query finds them any more.
    case abandon
}

/// What ``TableAdministration/disable(_:isDryRun:)`` did, or would do.
public struct DisableReport: Equatable, Sendable {
    /// The table's name.
    public let name: String
    /// What was done with the cold rows.
    public let mode: DisableMode
    /// Whether nothing was done.
    public let isDryRun: Bool
    /// The cold rows that came back, or were left in the remote.
    public let rows: Int64
    /// Whether the remote knows; `false` when it could not be reached and rows were abandoned.
    public let isRemoteTold: Bool
}
