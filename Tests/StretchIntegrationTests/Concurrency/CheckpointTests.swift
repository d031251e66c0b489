import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import Synchronization
import Testing

@testable import StretchMigration

/// SQLite's WAL-reset bug, <https://sqlite.org/wal.html#walresetbug>, beside our checkpoints.
@Suite(.serialized) struct CheckpointTests {
    /// How the migrator's connection copies the log.
    enum Method: CaseIterable, Sendable {
        /// The statement alone, as before.
        case pragma
        /// ``WALGauge``.
        case gauge
    }

    /// A database in WAL mode with a table that two programs write.
    private final class Sample: Sendable {
        let folder: TemporaryFolder
        var path: String { folder.path("app.db") }

        init() throws {
            folder = try TemporaryFolder(isInMemory: true)
            try open().execute(
                """
                PRAGMA journal_mode = WAL;
                CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, v BLOB);
                CREATE INDEX t_by_v ON t(v);
                CREATE TABLE main.stretch_lock(id INTEGER PRIMARY KEY, name TEXT UNIQUE) STRICT
                """)
        }

        /// A connection that copies nothing by itself.
        func open() throws(SQLiteError) -> Connection {
            let connection = try Connection(
                path: path, access: .create, routines: .linked, vfs: FaultInjection.vfsName)
            connection.setBusyTimeout(milliseconds: 10_000)
            try connection.execute("PRAGMA wal_autocheckpoint = 0; PRAGMA synchronous = OFF")
            return connection
        }

        func gauge(_ connection: Connection) throws -> WALGauge {
            try WALGauge(connection) { [self] () throws(SQLiteError) in try open() }
        }

        static func insert(_ count: Int, _ connection: Connection) throws {
            for _ in 0..<count {
                try connection.run("INSERT INTO t(v) VALUES(randomblob(2000))")
            }
        }

        /// What a new connection finds wrong, after all others are gone.
        func problems(_ query: String, _ expected: Int64) throws -> [String] {
            let connection = try open()
            // A damaged file may not answer.
            var found = ["no answer"]
            if let rows = try? connection.rows("PRAGMA integrity_check") {
                found = rows.compactMap { $0[0].stringValue }.filter { $0 != "ok" }
            }
            let answer = try? connection.integer(query)
            if answer != expected { found.append("\(String(describing: answer)), not \(expected)") }
            return found
        }
    }

    /// The log is whole in the database; our checkpoint reads its header; a commit starts the log
    /// again; the log grows beyond what it was; and the next checkpoint leaves frames out.
    ///
    /// - Parameter isCommitting: Whether another commit comes before the header is read.
    @Test(arguments: Method.allCases, [false, true])
    func `a commit inside a checkpoint of ours loses nothing`(
        _ method: Method, isCommitting: Bool
    ) throws {
        let sample = try Sample()
        var insideCount = 0
        do {
            let application = try sample.open()
            let other = try sample.open()
            let migrator = try sample.open()
            let gauge = method == .gauge ? try sample.gauge(migrator) : nil
            // The migrator wrote something, and the other program copied all of the log.
            try Sample.insert(20, migrator)
            gauge?.record()
            try Sample.insert(20, application)
            _ = try other.rows("PRAGMA wal_checkpoint(PASSIVE)")
            let commits = Mutex(0)
            // A connection serves one thread at a time, and the hook runs on this one.
            nonisolated(unsafe) let writer = application
            FaultInjection.atCheckpoint(of: sample.path) { place in
                guard isCommitting || place == .hasReadHeader else { return }
                commits.withLock { $0 += 1 }
                try? Sample.insert(1, writer)
            }
            if let gauge {
                try gauge.checkpoint()
            } else {
                _ = try migrator.rows("PRAGMA main.wal_checkpoint(PASSIVE)")
            }
            FaultInjection.atCheckpoint(of: sample.path, nil)
            insideCount = commits.withLock { $0 }
            try Sample.insert(60, application)
            _ = try other.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        }
        // The gauge's connection knows the header that it has written itself.
        #expect(insideCount == (isCommitting ? 2 : method == .pragma ? 1 : 0))
        let problems = try sample.problems(
            "SELECT count(*) FROM t", Int64(100 + insideCount))
        let isExpected =
            method == .pragma && !isCommitting
            && Routines.hasWALResetBug(Routines.linked.versionNumber)
        #expect(problems.isEmpty == !isExpected, "\(problems)")
    }

    /// Random commits and checkpoints of a program and of a migrator, with commits of a third one
    /// inside of every second checkpoint.
    ///
    /// By hand: `STRETCH_CHECKPOINT_ROUNDS=100000`, and with `STRETCH_CHECKPOINT_METHOD=pragma` for
    /// the statement alone, which loses pages where SQLite has the bug.
    @Test func `commits between and inside checkpoints of ours lose nothing`() throws {
        let environment = ProcessInfo.processInfo.environment
        let rounds = environment["STRETCH_CHECKPOINT_ROUNDS"].flatMap { Int($0) } ?? 2_000
        let method: Method = environment["STRETCH_CHECKPOINT_METHOD"] == "pragma" ? .pragma : .gauge
        let seed =
            environment["STRETCH_CHECKPOINT_SEED"].flatMap { UInt64($0) }
            ?? UInt64.random(in: 0...UInt64.max)
        let sample = try Sample()
        let changes = Mutex(Changes(generator: SeededGenerator(seed: seed)))
        let migrator = try sample.open()
        let application = try sample.open()
        let gauge = method == .gauge ? try sample.gauge(migrator) : nil
        let writer = Mutex(try sample.open())
        let insideCount = Mutex(0)
        let isInMigrator = Atomic(false)
        FaultInjection.atCheckpoint(of: sample.path) { _ in
            // The program's own checkpoints are not ours to keep whole.
            guard isInMigrator.load(ordering: .relaxed) else { return }
            guard changes.withLock({ $0.next(below: 2) }) == 0 else { return }
            writer.withLock { writer in
                guard (try? changes.withLock { try $0.change(writer) }) != nil else { return }
                insideCount.withLock { $0 += 1 }
            }
        }
        defer { FaultInjection.atCheckpoint(of: sample.path, nil) }
        for round in 1...rounds {
            switch changes.withLock({ $0.next(below: 4) }) {
            case 0:
                try changes.withLock { try $0.change(migrator) }
                gauge?.record()
            case 1:
                for _ in 0..<changes.withLock({ $0.next(below: 20) }) {
                    try changes.withLock { try $0.change(application) }
                }
            case 2: _ = try application.rows("PRAGMA main.wal_checkpoint(PASSIVE)")
            default:
                isInMigrator.store(true, ordering: .relaxed)
                if let gauge {
                    try gauge.checkpoint()
                } else {
                    _ = try migrator.rows("PRAGMA main.wal_checkpoint(PASSIVE)")
                }
                isInMigrator.store(false, ordering: .relaxed)
            }
            guard round % 500 == 0 || round == rounds else { continue }
            let problems = try sample.problems(
                "SELECT sum(n) FROM t", changes.withLock { Int64($0.count) })
            guard problems.isEmpty else {
                Issue.record("seed \(seed), round \(round): \(problems)")
                break
            }
        }
        print(
            "checkpoints: seed \(seed), \(rounds) rounds, "
                + "\(insideCount.withLock { $0 }) commits inside")
    }

    /// Random changes, and how many there were.
    private struct Changes {
        var generator: SeededGenerator
        var count = 0

        mutating func next(below limit: UInt64) -> UInt64 { generator.next(upperBound: limit) }

        mutating func change(_ connection: Connection) throws {
            try connection.run(
                """
                INSERT INTO t(id, n, v) VALUES(?, 1, randomblob(1000))
                ON CONFLICT DO UPDATE SET n = n + 1, v = excluded.v
                """, .integer(Int64(next(below: 200))))
            count += 1
        }
    }
}
