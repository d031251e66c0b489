internal import Foundation
internal import StretchCore
internal import StretchKeystore
internal import StretchMigration
internal import StretchSQLite
internal import StretchText

/// A copy of a whole database that others go on using, page by page.
struct DatabaseCopy {
    static let pageCountPerStep: Int32 = 1_024
    /// How often a copy without a snapshot may begin again before it keeps writers out.
    static let maximumRestartCount = 4

    let configuration: Configuration
    let options: BackupOptions

    /// Copies schema main of a connection into an empty file, and proves the copy whole unless
    /// the options say otherwise.
    ///
    /// With a WAL one snapshot is copied, and writers go on. Without one, a copy that a writer
    /// disturbs begins again; the fifth time it keeps writers out until it is done.
    ///
    /// - Parameter inSnapshot: Called with a connection that reads the snapshot that is copied;
    ///   writers of a database without a WAL wait for it.
    /// - Returns: The time of the state that was copied.
    /// - Throws: `damaged` when the copy is not sound, `cancelled`, `busy`.
    func copy(
        _ source: Connection, to path: String, inSnapshot: ((Connection) throws -> Void)? = nil
    ) throws -> Timestamp {
        let holdsSnapshot =
            try inSnapshot != nil
            || source.string("PRAGMA main.journal_mode")?.foldingCase == "wal"
        var time = now()
        do {
            let destination = try Connection(
                path: path, access: .readWrite, routines: configuration.routines,
                followsLinks: false)
            // The file has no other name yet: what a crash leaves is removed.
            try destination.useNoJournal()
            if holdsSnapshot {
                try source.execute("BEGIN")
                _ = try source.integer("SELECT count(*) FROM main.sqlite_schema")
                time = now()
            }
            defer { if source.isInTransaction { try? source.execute("ROLLBACK") } }
            try run(from: source, to: destination)
            if !holdsSnapshot { time = now() }
            try inSnapshot?(source)
        }
        if options.isChecked { try Self.check(path, configuration) }
        return time
    }

    private func now() -> Timestamp {
        Timestamp(parsing: configuration.now()) ?? Timestamp(milliseconds: 0)
    }

    private func run(from source: Connection, to destination: Connection) throws {
        let backup = try OnlineBackup(from: source, to: destination)
        let pageSize = try source.integer("PRAGMA main.page_size") ?? 4_096
        let start = ContinuousClock.now
        var (restartCount, copiedPageCount, lastRemaining) = (0, Int64(0), Int.max)
        var busySince: ContinuousClock.Instant?
        while true {
            guard !options.shouldStop() else {
                throw StretchError(
                    .cancelled, "the backup was stopped as asked",
                    hint: "Run the command again; no file was made.")
            }
            let isLastTry = restartCount > Self.maximumRestartCount
            let progress = try backup.step(pageCount: isLastTry ? -1 : Self.pageCountPerStep)
            switch progress {
            case .finished: return
            case .busy:
                let since = busySince ?? ContinuousClock.now
                busySince = since
                guard ContinuousClock.now - since < configuration.busyTimeout else {
                    throw StretchError(
                        .busy, "the local database is locked",
                        hint: "Try again, or raise the busy timeout.")
                }
                Thread.sleep(forTimeInterval: 0.01)
            case .unfinished:
                busySince = nil
                let counts = backup.pageCounts
                if counts.remaining >= lastRemaining { restartCount += 1 }
                lastRemaining = counts.remaining
                copiedPageCount += Int64(Self.pageCountPerStep)
                options.progress(
                    BackupProgress(
                        pages: Int64(counts.total - counts.remaining),
                        totalPages: Int64(counts.total)))
                throttle(byteCount: copiedPageCount * pageSize, since: start)
            }
        }
    }

    private func throttle(byteCount: Int64, since start: ContinuousClock.Instant) {
        guard let limit = options.maximumBytesPerSecond, limit > 0 else { return }
        let due = Double(byteCount) / Double(limit)
        let spent = (ContinuousClock.now - start).milliseconds / 1e3
        if due > spent { Thread.sleep(forTimeInterval: min(due - spent, 1)) }
    }

    /// Reads every page of a file that nobody writes.
    ///
    /// - Throws: `damaged` with what SQLite says: <https://sqlite.org/pragma.html#pragma_integrity_check>.
    static func check(_ path: String, _ configuration: Configuration) throws {
        let connection = try Connection(
            path: path, access: .immutable, routines: configuration.routines)
        let problems = try integrityProblems(of: connection)
        guard problems.isEmpty else {
            throw StretchError(
                .damaged,
                "the database is damaged: \(problems.prefix(3).joined(separator: "; "))",
                hint: "Use another backup; see https://sqlite.org/recovery.html.")
        }
    }

    /// What SQLite finds wrong, at most 100 sentences.
    static func integrityProblems(
        of connection: Connection
    ) throws(SQLiteError) -> [String] {
        do throws(SQLiteError) {
            let lines = try connection.rows("PRAGMA main.integrity_check").compactMap {
                $0[0].stringValue
            }
            return lines == ["ok"] ? [] : lines
        } catch {
            // SQLITE_CORRUPT: the schema itself cannot be read.
            guard error.code == ResultCode.corrupt else { throw error }
            return [error.message]
        }
    }
}
