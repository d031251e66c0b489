internal import Foundation
internal import StretchSQLite

/// Measures the write-ahead log, and copies it into the database outside of transactions.
///
/// A log that was copied whole is overwritten from its start, which costs half of what growing it
/// costs; its length then tells nothing. So the frames are counted at each copy, and estimated
/// between two.
final class WALGauge {
    /// The bytes after which the log is copied.
    static let checkpointByteCount: Double = 64 * 1_048_576

    private let path: String
    private var fileByteCount: Int64
    /// The bytes of the log that were counted already, when it goes on behind them.
    private var countedByteCount: Int64 = 0
    private var rowCount = 0.0
    private var bytesPerRow = 0.0
    /// The bytes written, as counted at the last copy.
    private(set) var byteCount: Int64 = 0

    init(database: String) {
        path = database + "-wal"
        fileByteCount = 0
        fileByteCount = measure()
    }

    /// Counts what the log holds before the run.
    func begin(_ connection: Connection) throws(SQLiteError) {
        try checkpoint(connection)
        byteCount = 0
    }

    /// Notes a transaction that moved rows.
    func record(rowCount count: Int) {
        rowCount += Double(count)
        // The log grows beyond what it ever was: what it grew by is exact for once.
        let now = measure()
        if now > fileByteCount, count > 0 {
            bytesPerRow = max(bytesPerRow, Double(now - fileByteCount) / Double(count))
        }
        fileByteCount = now
    }

    /// Copies the log when it is long; readers and writers go on meanwhile.
    func checkpointWhenLong(_ connection: Connection) throws(SQLiteError) {
        guard rowCount * bytesPerRow >= WALGauge.checkpointByteCount else { return }
        try checkpoint(connection)
    }

    /// Copies the log, and counts it.
    func checkpoint(_ connection: Connection) throws(SQLiteError) {
        let pageByteCount = try connection.integer("PRAGMA main.page_size") ?? 4_096
        // Busy, frames, frames copied: https://sqlite.org/pragma.html#pragma_wal_checkpoint
        let row = try connection.rows("PRAGMA main.wal_checkpoint(PASSIVE)").first
        let numbers = (row ?? []).map { $0.integerValue ?? 0 }
        guard numbers.count == 3, numbers[1] >= 0 else { return }
        let logByteCount = numbers[1] * (pageByteCount + 24)
        let hasRestarted = logByteCount < countedByteCount
        let written = hasRestarted ? logByteCount : logByteCount - countedByteCount
        byteCount += written
        if rowCount > 0 { bytesPerRow = Double(written) / rowCount }
        rowCount = 0
        countedByteCount = numbers[2] == numbers[1] ? 0 : logByteCount
    }

    private func measure() -> Int64 {
        var status = stat()
        guard stat(path, &status) == 0 else { return 0 }
        return Int64(status.st_size)
    }
}
