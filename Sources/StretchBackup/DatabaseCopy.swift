internal import Foundation
internal import StretchCatalog
package import StretchCore
package import StretchKeystore
internal import StretchMigration
package import StretchSQLite
internal import StretchText

/// A page-by-page copy of a database that stays in use.
package struct DatabaseCopy {
    package static let pageCountPerStep: Int32 = 1_024
    /// The number of restarts of a copy without a snapshot before it blocks writers.
    package static let maximumRestartCount = 4

    private let configuration: Configuration
    private let options: BackupOptions

    package init(configuration: Configuration, options: BackupOptions) {
        self.configuration = configuration
        self.options = options
    }

    /// Copies schema main of a connection to an empty file, and checks the copy unless disabled.
    ///
    /// With a WAL, one snapshot is copied and writers continue. Without one, a copy that a writer
    /// disturbs starts again; the fifth attempt blocks writers until it completes.
    ///
    /// - Parameter inSnapshot: Called with a connection that reads the copied snapshot; writers of
    ///   a database without a WAL wait for it.
    /// - Returns: The time of the copied state.
    /// - Throws: `damaged` if the copy is damaged, `cancelled`, `busy`.
    package func copy(
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
            // The file still has its temporary name, so its remains are removed after a crash.
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
                    hint: "Run the command again; no file was created.")
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

    /// Checks every page of a file that has no writer.
    ///
    /// - Throws: `damaged` with SQLite's findings:
    ///   <https://sqlite.org/pragma.html#pragma_integrity_check>.
    package static func check(_ path: String, _ configuration: Configuration) throws {
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

    /// Returns the problems that SQLite finds, at most 100.
    ///
    /// If a table cannot be checked, the others are checked one by one; the list of free pages is
    /// then not checked.
    package static func integrityProblems(
        of connection: Connection
    ) throws(SQLiteError) -> [String] {
        do throws(SQLiteError) {
            let unchecked = Set(try UncheckedTables.names(of: connection))
            guard !unchecked.isEmpty else {
                return try findings(of: "PRAGMA main.integrity_check", on: connection)
            }
            let names = try connection.rows(
                "SELECT name FROM main.sqlite_schema WHERE type = 'table'"
            ).compactMap { $0[0].stringValue }
            var problems: [String] = []
            for name in names where !unchecked.contains(name) && problems.count < 100 {
                problems += try findings(of: UncheckedTables.check(name), on: connection)
            }
            return problems
        } catch {
            // SQLITE_CORRUPT: the schema itself cannot be read.
            guard error.code == ResultCode.corrupt else { throw error }
            return [error.message]
        }
    }

    private static func findings(
        of check: String, on connection: Connection
    ) throws(SQLiteError) -> [String] {
        let lines = try connection.rows(check).compactMap { $0[0].stringValue }
        return lines == ["ok"] ? [] : lines
    }
}
