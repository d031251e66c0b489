/// The kind of an event, as stored in the local file.
///
/// The set is open: a file may contain events of a later version of Stretch.
public struct EventKind: RawRepresentable, Hashable, Sendable {
    /// The stored word.
    public let rawValue: String

    /// Creates a kind from its stored word.
    public init(rawValue: String) { self.rawValue = rawValue }

    // MARK: The database

    /// The database was stretch-enabled.
    public static let enable = Self(rawValue: "enable")
    /// The query mode was set.
    public static let queryMode = Self(rawValue: "queryMode")
    /// The settings of staging changed.
    public static let staging = Self(rawValue: "staging")
    /// Batches left staging before the end of the RPO duration.
    public static let stagingShortened = Self(rawValue: "stagingShortened")

    // MARK: Tables

    /// A table was stretch-enabled.
    public static let enableTable = Self(rawValue: "enableTable")
    /// The filter or the columns of a table changed.
    public static let alterTable = Self(rawValue: "alterTable")
    /// A table was paused.
    public static let paused = Self(rawValue: "paused")
    /// The migration of a table was resumed.
    public static let outbound = Self(rawValue: "outbound")
    /// Stretch was disabled for a table.
    public static let disableTable = Self(rawValue: "disableTable")
    /// A change of a table's columns was adopted.
    public static let reconcileSchema = Self(rawValue: "reconcileSchema")
    /// Batches were compared with the remote.
    public static let reconcileBatches = Self(rawValue: "reconcileBatches")
    /// The owner of the remote performed the pending steps of a table.
    public static let provision = Self(rawValue: "provision")

    // MARK: Rows

    /// A row could not be migrated.
    public static let rowRefused = Self(rawValue: "rowRefused")
    /// Rows whose rowid other cold rows have became cold without it.
    public static let rowidTaken = Self(rawValue: "rowidTaken")
    /// Cold rows with the keys of hot rows were hidden.
    public static let shadowedRows = Self(rawValue: "shadowedRows")
    /// A batch in progress was abandoned.
    public static let batchAbandoned = Self(rawValue: "batchAbandoned")
    /// Garbage was collected.
    public static let garbageCollected = Self(rawValue: "garbageCollected")

    // MARK: The remote and its users

    /// The file was reconnected to its remote.
    public static let reauthorize = Self(rawValue: "reauthorize")
    /// The file was disconnected from its remote.
    public static let deauthorize = Self(rawValue: "deauthorize")
    /// The remote's retention was set.
    public static let retention = Self(rawValue: "retention")
    /// A branch was dropped.
    public static let dropBranch = Self(rawValue: "dropBranch")
    /// A dropped branch was restored.
    public static let undropBranch = Self(rawValue: "undropBranch")
    /// Another user was granted the right to attach the file.
    public static let grant = Self(rawValue: "grant")
    /// A user became a member of `db_owner`.
    public static let addMember = Self(rawValue: "addMember")
    /// A user is no longer a member of `db_owner`.
    public static let dropMember = Self(rawValue: "dropMember")
}
