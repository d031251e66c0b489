internal import StretchCatalog
internal import StretchSQLite

/// Measures the write-ahead log that a connection writes, and copies it into the database outside
/// of transactions.
///
/// SQLite up to 3.51.2 can damage a database when a checkpoint reads the log's header, and a commit
/// then starts the log again: <https://sqlite.org/wal.html#walresetbug>. A log can be started again
/// only when it was copied whole and nobody reads it. So a checkpoint here runs only while a second
/// connection reads the log, and only when this connection has just written to it, so that there is
/// something left to copy and to read.
final class WALGauge {
    /// The bytes after which the log is copied.
    static let checkpointByteCount: Int64 = 64 * 1_048_576

    /// The bytes that the run wrote to the log.
    private(set) var byteCount: Int64 = 0
    private let connection: Connection
    private let makeReader: () throws(SQLiteError) -> Connection
    private var reader: Connection?
    /// The frames that the log had after the last commit, or `none`.
    private let frameCount = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    private var countedFrameCount: Int32?
    /// Frames of the log that no checkpoint of ours copied.
    private var pendingFrameCount: Int64 = 0
    private let frameByteCount: Int64

    private static let none: Int32 = -1

    /// - Parameters:
    ///   - connection: One without automatic checkpoints, whose commits are measured.
    ///   - makeReader: Opens the same file once more.
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

    /// Notes what the last transaction wrote.
    func record() {
        let now = frameCount.pointee
        guard now != Self.none, now != countedFrameCount else { return }
        // What the log held before the first commit is not the run's.
        let start = countedFrameCount ?? now
        let hasRestarted = now < start
        let written = Int64(hasRestarted ? now : now - start)
        byteCount += written * frameByteCount
        pendingFrameCount =
            hasRestarted || countedFrameCount == nil ? Int64(now) : pendingFrameCount + written
        countedFrameCount = now
    }

    /// Copies the log when it is long; readers and writers go on meanwhile.
    func checkpointWhenLong() throws(SQLiteError) {
        guard pendingFrameCount * frameByteCount >= Self.checkpointByteCount else { return }
        try checkpoint()
    }

    /// Copies the log, when the run wrote to it.
    ///
    /// While another connection holds the write lock, the log stays for a later checkpoint.
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

    /// Lets the reader read the log, and not the database alone.
    ///
    /// A reader of a log that was copied whole does not keep it. So a commit comes first, while a
    /// statement of the same connection reads what was there before it: a checkpoint copies no
    /// further than the oldest reader, and leaves the commit's frames to the new reader.
    ///
    /// - Returns: Whether it does; not while the file is locked.
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
