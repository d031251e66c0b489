/// The side that `sp_spaceused` measures.
public enum SpaceMode: String, Equatable, Sendable, CaseIterable {
    /// Both sides.
    case all = "ALL"
    /// The local file.
    case localOnly = "LOCAL_ONLY"
    /// The remote.
    case remoteOnly = "REMOTE_ONLY"
}

/// The space used by a table or a database, in bytes.
public struct SpaceUsage: Equatable, Sendable {
    /// The table, or the database.
    public let name: String
    /// The number of rows of the table, or `nil` for a database.
    public let rows: Int64?
    /// The total space.
    public let reserved: Int64
    /// The space of rows.
    public let data: Int64
    /// The space of indexes.
    public let indexes: Int64
    /// The reserved space that is unused.
    public let unused: Int64

    /// Creates a report.
    public init(
        name: String, rows: Int64?, reserved: Int64, data: Int64, indexes: Int64, unused: Int64
    ) {
        self.name = name
        self.rows = rows
        self.reserved = reserved
        self.data = data
        self.indexes = indexes
        self.unused = unused
    }
}
