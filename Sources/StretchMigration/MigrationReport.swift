public import StretchCatalog
public import StretchCore
public import StretchEndpoint
public import StretchSQLite
internal import StretchText

/// What a run of the migrator shall do.
package struct MigrationOptions {
    /// The tables, or `nil` for all that are not paused.
    package var tables: [String]?
    /// The rows of each batch; `nil` adapts them to the lock budget.
    package var maximumRowCount: Int?
    /// The time that a batch may hold the local write lock.
    package var lockBudget: Duration = .milliseconds(50)
    /// The bytes of a batch, plus its last row.
    package var maximumBatchByteCount = 8 << 20
    /// The time to wait for another migrator to end; zero for none.
    package var leaseTimeout: Duration?
    /// Asked between batches: whether to stop now.
    package var shouldStop: () -> Bool = { false }

    package init() {}
}

/// How far a migration is, in one table.
public struct MigrationProgress: Hashable, Sendable {
    /// The table's name.
    public let table: String
    /// Whether its rows go to the remote or come back.
    public let direction: MigrationDirection
    /// The rows that moved in this run.
    public let rowCount: Int64
    /// The rows that were to move when the run came to the table.
    public let eligibleRowCount: Int64
    /// The bytes that moved in this run, in Stretch's encoding.
    public let byteCount: Int64
    /// The batches that moved in this run.
    public let batchCount: Int

    /// Makes a progress.
    public init(
        table: String, direction: MigrationDirection, rowCount: Int64, eligibleRowCount: Int64,
        byteCount: Int64, batchCount: Int
    ) {
        self.table = table
        self.direction = direction
        self.rowCount = rowCount
        self.eligibleRowCount = eligibleRowCount
        self.byteCount = byteCount
        self.batchCount = batchCount
    }
}

/// What a migration did, outbound or inbound.
public struct MigrationReport: Sendable {
    /// What it did to one table in one direction.
    public struct Table: Hashable, Sendable {
        /// The table's name.
        public let name: String
        /// Whether its rows went to the remote or came back.
        public let direction: MigrationDirection
        /// The rows that moved.
        public internal(set) var rowCount: Int64 = 0
        /// Their bytes, in Stretch's encoding.
        public internal(set) var byteCount: Int64 = 0
        /// The batches in which they moved.
        public internal(set) var batchCount = 0
        /// The rows that meet the filter and stay hot, by reason.
        public internal(set) var keptRowCounts: [KeptReason: Int64] = [:]
        /// The rows that an application changed or deleted while they moved; they stay as they are.
        public internal(set) var changedRowCount: Int64 = 0
        /// The batches that left the manifest because all their rows are hidden.
        public internal(set) var retiredBatchCount = 0
        /// The rows that were to move when the run came to the table.
        public internal(set) var eligibleRowCount: Int64 = 0
    }

    /// A row that cannot come back.
    public struct Conflict: Hashable, Sendable {
        /// The table's name.
        public let table: String
        /// Where the row is.
        public let location: ColdLocation
        /// The row's key; empty for a table without one.
        public let key: [Value]
        /// What SQLite said: `UNIQUE constraint failed: users.email`.
        public let message: String
    }

    /// A table that waits for the owner of the remote: `provision(table:)` of the remote.
    public struct Waiting: Sendable {
        /// The table's name.
        public let table: String
        /// Whether its rows stay meanwhile; otherwise only searches are slower.
        public let isBlocking: Bool
        /// What is to be done.
        public let reason: StretchError
    }

    /// The tables, in the order in which they were worked on.
    public private(set) var tables: [Table] = []
    /// The places of the tables, by name and direction.
    private var places: [MigrationDirection: [ExactText: Int]] = [:]
    /// Tables that wait for the owner of the remote; all others were worked on.
    public internal(set) var waiting: [Waiting] = []
    /// The rows that cannot come back; the first 100.
    public internal(set) var conflicts: [Conflict] = []
    /// The number of rows that cannot come back.
    public internal(set) var conflictCount: Int64 = 0
    /// How long the batches held the write lock.
    public internal(set) var lockTimes = LockTimes()
    /// The bytes by which the write-ahead log grew.
    public internal(set) var walByteCount: Int64 = 0
    /// The number of times that the remote was asked something.
    public internal(set) var roundTripCount = 0
    /// The time that the run took.
    public internal(set) var elapsed: Duration = .zero
    /// Whether the caller stopped the run before its end.
    public internal(set) var isStopped = false
    /// What is wrong around the database, as full sentences.
    public internal(set) var warnings: [String] = []

    /// Changes what is said of a table.
    mutating func update(
        _ name: String, _ direction: MigrationDirection, _ body: (inout Table) -> Void
    ) {
        let place = places[direction]?[ExactText(name)] ?? tables.count
        if place == tables.count {
            tables.append(Table(name: name, direction: direction))
            places[direction, default: [:]][ExactText(name)] = place
        }
        body(&tables[place])
    }

    /// The rows that moved, of all tables.
    public var rowCount: Int64 { tables.reduce(0) { $0 + $1.rowCount } }
    /// Their bytes, in Stretch's encoding.
    public var byteCount: Int64 { tables.reduce(0) { $0 + $1.byteCount } }
}

/// Why a row that meets the filter stays hot.
public enum KeptReason: String, CaseIterable, Sendable {
    /// Its key holds a NULL.
    case nullInKey
    /// It has the highest rowid of a table without AUTOINCREMENT.
    case highestRowid
    /// A hot row refers to it.
    case hotChild
    /// The remote cannot hold it.
    case refused
}

/// The times for which the batches of a run held the write lock.
public struct LockTimes: Sendable {
    /// The times, in the order of the batches.
    public private(set) var durations: [Duration] = []

    mutating func record(_ time: Duration) { durations.append(time) }

    /// The time that a share of the batches did not exceed, such as 0.99; zero without batches.
    public func percentile(_ share: Double) -> Duration {
        guard !durations.isEmpty else { return .zero }
        let sorted = durations.sorted()
        let rank = (share * Double(sorted.count)).rounded(.up)
        return sorted[min(max(Int(rank) - 1, 0), sorted.count - 1)]
    }

    /// The longest time; zero without batches.
    public var maximum: Duration { durations.max() ?? .zero }
}
