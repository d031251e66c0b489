internal import Foundation
internal import StretchSQLite

/// Measures the write-ahead log, and copies it into the database outside of transactions.
///
/// The migrator's connection truncates a log that starts again (`journal_size_limit = 0`), so that
/// its length tells what was written.
final class WALGauge {
    /// The bytes after which the log is copied.
    static let checkpointByteCount: Int64 = 64 << 20

    private let path: String
    private var length: Int64
    private var sinceCheckpoint: Int64 = 0
    private(set) var byteCount: Int64 = 0

    init(database: String) {
        path = database + "-wal"
        length = 0
        length = measure()
    }

    /// Looks at the log after a commit.
    func record() {
        let now = measure()
        let written = now < length ? now : now - length
        length = now
        byteCount += written
        sinceCheckpoint += written
    }

    /// Copies the log when it is long; readers and writers go on meanwhile.
    func checkpointWhenLong(_ connection: Connection) throws(SQLiteError) {
        guard sinceCheckpoint >= WALGauge.checkpointByteCount else { return }
        try checkpoint(connection)
    }

    func checkpoint(_ connection: Connection) throws(SQLiteError) {
        sinceCheckpoint = 0
        _ = try connection.rows("PRAGMA main.wal_checkpoint(PASSIVE)")
    }

    private func measure() -> Int64 {
        var status = stat()
        guard stat(path, &status) == 0 else { return 0 }
        return Int64(status.st_size)
    }
}
