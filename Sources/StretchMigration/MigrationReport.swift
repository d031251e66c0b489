public import StretchCatalog
public import StretchCore
public import StretchEndpoint
public import StretchSQLite
internal import StretchText

/// The options of a run of the migrator.
package struct MigrationOptions {
    /// The tables, or `nil` for all that are not paused.
    package var tables: [String]?
    /// The number of rows of each batch; `nil` adapts it to the lock budget.
    package var maximumRowCount: Int?
    /// The time that a batch may hold the local write lock.
    package var lockBudget: Duration = .milliseconds(50)
    /// The size in bytes after which a batch ends with its current row.
    package var maximumBatchByteCount = 8 << 20
    /// The time to wait for another migrator to end; zero to fail immediately.
    package var leaseTimeout: Duration?
    /// Called between batches; `true` stops the run.
    package var shouldStop: () -> Bool = { false }

    package init() {}
}

/// The progress of a migration in one table.
public struct MigrationProgress: Hashable, Sendable {
    /// The table's name.
    public let table: String
    /// The direction of the migration.
    public let direction: MigrationDirection
    /// The number of rows migrated in this run.
    public let rowCount: Int64
    /// The number of rows to migrate when the run reached the table.
    public let eligibleRowCount: Int64
    /// The number of bytes migrated in this run, in Stretch's encoding.
    public let byteCount: Int64
    /// The number of batches migrated in this run.
    public let batchCount: Int

    /// Creates a progress value.
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

/// The result of a migration, outbound or inbound.
public struct MigrationReport: Sendable {
    /// The result for one table in one direction.
    public struct Table: Hashable, Sendable {
        /// The table's name.
        public let name: String
        /// The direction of the migration.
        public let direction: MigrationDirection
        /// The number of migrated rows.
        public internal(set) var rowCount: Int64 = 0
        /// The size of the rows in bytes, in Stretch's encoding.
        public internal(set) var byteCount: Int64 = 0
        /// The number of batches.
        public internal(set) var batchCount = 0
        /// The numbers of rows that meet the filter but stay hot, by reason.
        public internal(set) var keptRowCounts: [KeptReason: Int64] = [:]
        /// The number of rows that an application changed or deleted during their migration, which
        /// are left unchanged.
        public internal(set) var changedRowCount: Int64 = 0
        /// The number of batches that left the manifest because all their rows are hidden.
        public internal(set) var retiredBatchCount = 0
        /// The number of rows to migrate when the run reached the table.
        public internal(set) var eligibleRowCount: Int64 = 0
    }

    /// A row that cannot be brought back.
    public struct Conflict: Hashable, Sendable {
        /// The table's name.
        public let table: String
        /// The location of the row.
        public let location: ColdLocation
        /// The row's key; empty for a table without one.
        public let key: [Value]
        /// SQLite's message: `UNIQUE constraint failed: users.email`.
        public let message: String
    }

    /// A table that waits for the owner of the remote: `provision(table:)` of the remote.
    public struct Waiting: Sendable {
        /// The table's name.
        public let table: String
        /// Whether its rows cannot be migrated until then; otherwise only searches are slower.
        public let isBlocking: Bool
        /// The reason, with the required step.
        public let reason: StretchError
    }

    /// The tables, in the order in which they were processed.
    public private(set) var tables: [Table] = []
    /// The indexes of the tables, by name and direction.
    private var places: [MigrationDirection: [ExactText: Int]] = [:]
    /// Tables that wait for the owner of the remote; all others were processed.
    public internal(set) var waiting: [Waiting] = []
    /// The first 100 rows that cannot be brought back.
    public internal(set) var conflicts: [Conflict] = []
    /// The number of rows that cannot be brought back.
    public internal(set) var conflictCount: Int64 = 0
    /// How long the batches held the write lock.
    public internal(set) var lockTimes = LockTimes()
    /// The number of bytes written to the write-ahead log.
    public internal(set) var walByteCount: Int64 = 0
    /// The number of round trips to the remote.
    public internal(set) var roundTripCount = 0
    /// The elapsed time of the run.
    public internal(set) var elapsed: Duration = .zero
    /// Whether the caller stopped the run before its end.
    public internal(set) var isStopped = false
    /// Warnings about the database, as full sentences.
    public internal(set) var warnings: [String] = []

    /// Changes the result of a table.
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

    /// The number of migrated rows of all tables.
    public var rowCount: Int64 { tables.reduce(0) { $0 + $1.rowCount } }
    /// The size of the rows in bytes, in Stretch's encoding.
    public var byteCount: Int64 { tables.reduce(0) { $0 + $1.byteCount } }
}

/// The reason why a row that meets the filter stays hot.
public enum KeptReason: String, CaseIterable, Sendable {
    /// The key contains NULL.
    case nullInKey
    /// The row has the highest rowid of a table without AUTOINCREMENT.
    case highestRowid
    /// A hot row refers to the row.
    case hotChild
    /// The remote cannot store the row.
    case refused
}

/// The durations for which the batches of a run held the write lock.
public struct LockTimes: Sendable {
    /// The durations, in the order of the batches.
    public private(set) var durations: [Duration] = []

    mutating func record(_ time: Duration) { durations.append(time) }

    /// Returns the duration that a share of the batches, such as 0.99, did not exceed; zero without
    /// batches.
    public func percentile(_ share: Double) -> Duration {
        guard !durations.isEmpty else { return .zero }
        let sorted = durations.sorted()
        let rank = (share * Double(sorted.count)).rounded(.up)
        return sorted[min(max(Int(rank) - 1, 0), sorted.count - 1)]
    }

    /// The longest duration; zero without batches.
    public var maximum: Duration { durations.max() ?? .zero }
}
