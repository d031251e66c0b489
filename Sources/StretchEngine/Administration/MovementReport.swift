/// How far a migration is, in one table.
public struct MovementProgress: Equatable, Sendable {
    /// The table's name.
    public let table: String
    /// Whether the rows come back from the remote.
    public let isInbound: Bool
    /// The rows that moved in this run.
    public let rows: Int64
    /// The rows that were to move when the run came to the table.
    public let totalRows: Int64
    /// The bytes that moved in this run, as they travel.
    public let bytes: Int64

    /// Makes a progress.
    public init(table: String, isInbound: Bool, rows: Int64, totalRows: Int64, bytes: Int64) {
        self.table = table
        self.isInbound = isInbound
        self.rows = rows
        self.totalRows = totalRows
        self.bytes = bytes
    }
}

/// What a migration did, outbound or inbound.
public struct MovementReport: Codable, Equatable, Sendable {
    /// What it did to one table.
    public struct Table: Codable, Equatable, Sendable {
        /// The table's name.
        public let name: String
        /// `outbound` or `inbound`.
        public let direction: String
        /// The rows that moved.
        public let rows: Int64
        /// Their bytes, as they travel.
        public let bytes: Int64
        /// The batches in which they moved.
        public let batches: Int64
        /// Batches that left the manifest, because no row of theirs is visible any more.
        public let retiredBatches: Int64
        /// Rows that an application changed while they moved; they stay as they are.
        public let changedRows: Int64
        /// Rows that meet the filter and stay hot, by reason: `nullInKey`, `highestRowid`,
        /// `hotChild`, `refused`.
        public let keptRows: [String: Int64]
    }

    /// A row that cannot come back.
    public struct Conflict: Codable, Equatable, Sendable {
        /// The table's name.
        public let table: String
        /// The batch's number and the row's place in it: `12:3400`.
        public let location: String
        /// What SQLite said: `UNIQUE constraint failed: users.email`.
        public let message: String
    }

    /// A table that waits for the owner of the remote: ``RemoteAdministration/provision(table:)``.
    public struct Waiting: Codable, Equatable, Sendable {
        /// The table's name.
        public let table: String
        /// Whether its rows stay meanwhile; else only searches are slower.
        public let isBlocking: Bool
        /// What is to be done.
        public let message: String
    }

    /// The tables, in the order in which they were worked on.
    public let tables: [Table]
    /// The rows that cannot come back; the first 100.
    public let conflicts: [Conflict]
    /// The number of rows that cannot come back.
    public let conflictRows: Int64
    /// The rows that moved, of all tables.
    public let rows: Int64
    /// Their bytes, as they travel.
    public let bytes: Int64
    /// The time that the run took, in seconds.
    public let seconds: Double
    /// How long a batch held the write lock, in milliseconds, at the 99th percentile.
    public let lockMilliseconds: Double
    /// Bytes written to the write-ahead log.
    public let walBytes: Int64
    /// The number of times that the remote was asked something.
    public let roundTrips: Int64
    /// Whether the caller stopped the run before its end.
    public let isStopped: Bool
    /// Tables that wait for the owner of the remote; all others went on.
    public let waiting: [Waiting]
    /// What is wrong around the database, as full sentences.
    public let warnings: [String]
}
