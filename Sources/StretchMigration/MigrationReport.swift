package import StretchCatalog
package import StretchCore
package import StretchEndpoint
package import StretchSQLite
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

/// How far a run is, in one table.
package struct MigrationProgress: Hashable, Sendable {
    package let table: String
    package let direction: MigrationState
    package let rowCount: Int64
    /// The rows that were to move when the run came to the table.
    package let eligibleRowCount: Int64
    package let byteCount: Int64
    package let batchCount: Int
}

/// What a run did.
package struct MigrationReport: Sendable {
    /// What a run did to one table.
    package struct Table: Hashable, Sendable {
        package let name: String
        package let direction: MigrationState
        /// The rows that moved.
        package var rowCount: Int64 = 0
        /// Their bytes, in Stretch's encoding.
        package var byteCount: Int64 = 0
        package var batchCount = 0
        /// The rows that meet the filter and stay, by reason.
        package var keptRowCounts: [KeptReason: Int64] = [:]
        /// The rows that an application changed or deleted while they moved; they stay as they are.
        package var changedRowCount: Int64 = 0
        /// The batches that left the manifest because all their rows are hidden.
        package var retiredBatchCount = 0
        /// Rows to move at the start.
        package var eligibleRowCount: Int64 = 0
    }

    /// A row that cannot come back.
    package struct Conflict: Hashable, Sendable {
        package let table: String
        package let location: ColdLocation
        /// The row's key; empty for a table without one.
        package let key: [Value]
        /// What SQLite said: `UNIQUE constraint failed: users.email`.
        package let message: String
    }

    /// A table that waits for the owner of the remote.
    package struct Waiting: Sendable {
        package let table: String
        /// Whether rows stay because of it.
        package let isBlocking: Bool
        package let reason: StretchError
    }

    package private(set) var tables: [Table] = []
    /// The places of the tables, by name and direction.
    private var places: [MigrationState: [ExactText: Int]] = [:]
    package var waiting: [Waiting] = []
    /// The rows that cannot come back; the first 100.
    package var conflicts: [Conflict] = []
    package var conflictCount: Int64 = 0
    /// How long each batch held the write lock.
    package var lockTimes = LockTimes()
    /// The bytes by which the write-ahead log grew.
    package var walByteCount: Int64 = 0
    package var roundTripCount = 0
    /// Whether the caller stopped the run.
    package var isStopped = false

    package init() {}

    /// Changes what is said of a table.
    mutating func update(
        _ name: String, _ direction: MigrationState, _ body: (inout Table) -> Void
    ) {
        let place = places[direction]?[ExactText(name)] ?? tables.count
        if place == tables.count {
            tables.append(Table(name: name, direction: direction))
            places[direction, default: [:]][ExactText(name)] = place
        }
        body(&tables[place])
    }

    package var rowCount: Int64 { tables.reduce(0) { $0 + $1.rowCount } }
    package var byteCount: Int64 { tables.reduce(0) { $0 + $1.byteCount } }
}

/// Why a row that meets the filter stays hot.
package enum KeptReason: String, CaseIterable, Sendable {
    /// Its key holds a NULL.
    case nullInKey
    /// It has the highest rowid of a table without AUTOINCREMENT.
    case highestRowid
    /// A hot row refers to it.
    case hotChild
    /// The remote cannot hold it.
    case refused
}

/// The times for which the write lock was held.
package struct LockTimes: Sendable {
    /// The times in milliseconds, in the order of the batches.
    package private(set) var milliseconds: [Double] = []

    mutating func record(_ time: Duration) { milliseconds.append(time.milliseconds) }

    /// The time that a share of the batches did not exceed, such as 0.99; zero without batches.
    package func percentile(_ share: Double) -> Double {
        guard !milliseconds.isEmpty else { return 0 }
        let sorted = milliseconds.sorted()
        let rank = (share * Double(sorted.count)).rounded(.up)
        return sorted[min(max(Int(rank) - 1, 0), sorted.count - 1)]
    }

    /// The longest time; zero without batches.
    package var maximum: Double { milliseconds.max() ?? 0 }
}
