internal import StretchCore
internal import StretchSQLite

/// The write transactions of a run on the local file: how long each holds the lock, and how many
/// rows the next one may take.
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

    /// The rows that the next transaction may move.
    var rowCount: Int { sizer.rowCount }

    /// Runs a write transaction, and measures how long it holds the lock.
    ///
    /// - Parameter rowCount: The rows that it moves, or `nil` for a transaction that moves none.
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

    /// Copies the write-ahead log when it is long.
    func checkpointWhenLong() throws(StretchError) {
        try local { () throws in try wal.checkpointWhenLong() }
    }
}
