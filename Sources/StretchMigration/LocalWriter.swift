internal import StretchCore
internal import StretchSQLite

/// The write transactions of a run on the local file.
///
/// It measures how long each holds the lock, and limits the rows of the next one.
final class LocalWriter {
    private let connection: Connection
    private let wal: WALGauge
    private let tally: RunTally
    private var sizer: BatchSizer

    init(_ context: RunContext, wal: WALGauge, tally: RunTally) {
        connection = context.connection
        self.wal = wal
        self.tally = tally
        sizer = BatchSizer(
            lockBudget: context.options.lockBudget,
            fixedRowCount: context.options.maximumRowCount)
    }

    /// The number of rows that the next transaction may migrate.
    var rowCount: Int { sizer.rowCount }

    /// Runs a write transaction, and measures how long it holds the lock.
    ///
    /// - Parameter rowCount: The number of rows migrated, or `nil` for a transaction that migrates
    ///   none.
    func locked<Result>(
        rowCount: Int? = nil, _ body: () throws -> Result
    ) throws(StretchError) -> Result {
        var start = ContinuousClock.now
        let result = try local { () throws in
            try connection.transaction(.immediate) { () throws in
                start = ContinuousClock.now
                return try body()
            }
        }
        let time = ContinuousClock.now - start
        if let rowCount {
            tally.recordLock(time)
            sizer.record(rowCount: rowCount, lockTime: time)
        }
        wal.record()
        return result
    }

    /// Runs a checkpoint when the write-ahead log is long.
    func checkpointWhenLong() throws(StretchError) {
        try local { () throws in try wal.checkpointWhenLong() }
    }
}
