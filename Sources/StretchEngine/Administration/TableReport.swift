public import StretchMigration

/// The result of enabling a table, or of the dry run, with advice; see
/// ``TableAdministration/enable(filter:follows:on:isPaused:uniqueScope:isDryRun:)``.
public struct TableReport: Equatable, Sendable {
    /// The table's name as spelled in the schema.
    public let name: String
    /// The filter predicate.
    public let filterPredicate: String
    /// The parent table that this table follows, or `nil`.
    public let follows: String?
    /// The columns by which it follows the parent; empty if they are those of a foreign key.
    public let followColumns: [FollowColumn]
    /// Whether the call was a dry run.
    public let isDryRun: Bool
    /// The current number of rows.
    public let localRows: Int64
    /// The number of rows that meet the filter predicate now.
    public let eligibleRows: Int64
    /// Constraints that are enforced among hot rows and among cold rows, but not across both.
    public let unenforcedConstraints: [String]
    /// Advice for the table, as full sentences.
    public let advice: [String]
}

/// The result of altering a table, or of its dry run, with advice.
public struct AlterReport: Equatable, Sendable {
    /// The table's name.
    public let name: String
    /// Whether the call was a dry run.
    public let isDryRun: Bool
    /// The filter predicate.
    public let filterPredicate: String
    /// The parent table that this table follows, or `nil`.
    public let follows: String?
    /// The columns by which it follows the parent; empty if they are those of a foreign key.
    public let followColumns: [FollowColumn]
    /// The current number of hot rows.
    public let localRows: Int64
    /// The number of hot rows that would be migrated now; `nil` if none can be.
    public let eligibleRows: Int64?
    /// Advice, as full sentences.
    public let advice: [String]
}

/// The treatment of the cold rows by ``TableAdministration/disable(_:isDryRun:)``.
public enum DisableMode: String, Sendable, CaseIterable {
    /// Brings every cold row back to the local table first.
    case bringBack
    /// Leaves the cold rows in the remote, where no query finds them.
    case abandon
}

/// The result of ``TableAdministration/disable(_:isDryRun:)`` or of its dry run.
public struct DisableReport: Equatable, Sendable {
    /// The table's name.
    public let name: String
    /// The treatment of the cold rows.
    public let mode: DisableMode
    /// Whether the call was a dry run.
    public let isDryRun: Bool
    /// The number of cold rows that were brought back or left in the remote.
    public let rows: Int64
    /// Whether the remote was updated; `false` if it was unreachable and rows were abandoned.
    public let isRemoteTold: Bool
}
