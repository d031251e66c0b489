internal import StretchCatalog
internal import StretchSQLite

/// Measures the write-ahead log written by a connection, and runs checkpoints outside of
/// transactions.
///
/// SQLite up to 3.51.2 can damage a database if a commit restarts the log after a checkpoint has
/// read the log's header: <https://sqlite.org/wal.html#walresetbug>. A log can be restarted only if
/// it was copied completely and has no reader. Therefore a checkpoint runs only while a second
/// connection reads the log, and only after this connection has written to it, so that the log has
/// frames to copy and to read.
final class WALGauge {
    /// The size of the log in bytes that triggers a checkpoint.
    static let checkpointByteCount: Int64 = 64 * 1_048_576

    /// The number of bytes that the run wrote to the log.
    private(set) var byteCount: Int64 = 0
    private let connection: Connection
    private let makeReader: () throws(SQLiteError) -> Connection
    private var reader: Connection?
    /// The number of frames in the log after the last commit, or `none`.
    private let frameCount = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    private var countedFrameCount: Int32?
    /// The number of frames that no checkpoint of this object has copied.
    private var pendingFrameCount: Int64 = 0
    private let frameByteCount: Int64

    private static let none: Int32 = -1

    /// - Parameters:
    ///   - connection: A connection without automatic checkpoints, whose commits are measured.
    ///   - makeReader: Opens another connection to the same file.
    init(
        _ connection: Connection, makeReader: @escaping () throws(SQLiteError) -> Connection
    ) throws(SQLiteError) {
        self.connection = connection
        self.makeReader = makeReader
        frameByteCount = try (connection.integer("PRAGMA main.page_size") ?? 4_096) + 24
        frameCount.initialize(to: Self.none)
        connection.countLogFrames(into: frameCount)
    }

    deinit {
        connection.countLogFrames(into: nil)
        frameCount.deallocate()
    }

    /// Records the frames written by the last transaction.
    func record() {
        let now = frameCount.pointee
        guard now != Self.none, now != countedFrameCount else { return }
        // Frames in the log before the first commit do not belong to the run.
        let start = countedFrameCount ?? now
        let hasRestarted = now < start
        let written = Int64(hasRestarted ? now : now - start)
        byteCount += written * frameByteCount
        pendingFrameCount =
            hasRestarted || countedFrameCount == nil ? Int64(now) : pendingFrameCount + written
        countedFrameCount = now
    }

    /// Runs a checkpoint when the log is long; readers and writers can continue.
    func checkpointWhenLong() throws(SQLiteError) {
        guard pendingFrameCount * frameByteCount >= Self.checkpointByteCount else { return }
        try checkpoint()
    }

    /// Runs a checkpoint if the run wrote to the log.
    ///
    /// While another connection holds the write lock, the log is left for a later checkpoint.
    func checkpoint() throws(SQLiteError) {
        record()
        guard countedFrameCount != nil, pendingFrameCount > 0 else { return }
        if reader == nil { reader = try makeReader() }
        guard let reader, try begin(reader) else { return }
        defer { try? reader.execute("COMMIT") }
        // Busy, frames, frames copied: https://sqlite.org/pragma.html#pragma_wal_checkpoint
        let row = try connection.rows("PRAGMA main.wal_checkpoint(PASSIVE)").first
        let numbers = (row ?? []).map { $0.integerValue ?? 0 }
        record()
        guard numbers.count == 3, numbers[1] >= 0 else { return }
        pendingFrameCount = max(numbers[1] - numbers[2], 0)
    }

    /// Makes the reader read from the log and not only from the database.
    ///
    /// A reader does not retain a log that was copied completely. Therefore a commit comes first,
    /// while a statement of the same connection reads the earlier snapshot. A checkpoint does not
    /// copy beyond the oldest reader, so the commit's frames remain for the new reader.
    ///
    /// - Returns: Whether the reader uses the log; `false` while the file is locked.
    private func begin(_ reader: Connection) throws(SQLiteError) -> Bool {
        let oldest = try connection.prepare("SELECT name FROM main.sqlite_schema")
        defer { oldest.reset() }
        do throws(SQLiteError) {
            try connection.execute("BEGIN IMMEDIATE")
        } catch {
            guard error.isBusy else { throw error }
            return false
        }
        do throws(SQLiteError) {
            _ = try oldest.step()
            try Catalog(connection).writeUnchangedPage()
            try connection.execute("COMMIT")
        } catch {
            if connection.isInTransaction { try? connection.execute("ROLLBACK") }
            throw error
        }
        try reader.execute("BEGIN")
        do throws(SQLiteError) {
            _ = try reader.integer("SELECT count(*) FROM main.sqlite_schema")
        } catch {
            try? reader.execute("ROLLBACK")
            throw error
        }
        return true
    }
}
