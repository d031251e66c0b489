import Foundation
import Stretch
import StretchEngine
import StretchSQLite
import StretchTestSupport
import Synchronization
import Testing

/// Migration is killed at random moments while an application writes.
///
/// `STRETCH_KILLS` sets how often; `STRETCH_SEED` what the application does and when.
@Suite struct KillUnderLoadTests {
    @Test
    func `no row is lost or doubled by kills at random moments`() throws {
        let environment = ProcessInfo.processInfo.environment
        let killCount = environment["STRETCH_KILLS"].flatMap { Int($0) } ?? 20
        let seed = SeededGenerator.seedFromEnvironment(default: 2_026_1122)
        print("kills under load: \(killCount), seed \(seed)")
        var generator = SeededGenerator(seed: seed)
        let sample = try LoadSample()
        for kill in 1...killCount {
            let comment: Comment = "kill \(kill), seed \(seed)"
            let worker = try WorkerProcess(
                "load", sample.path, ["rows=40", "where=id % 3 = 0 AND v < 'm'"])
            worker.waitUntilReady()
            let application = LoadApplication(sample, seed: generator.next())
            application.start()
            usleep(UInt32.random(in: 5_000...400_000, using: &generator))
            #expect(worker.isRunning, "\(comment): \(worker.isRunning ? "" : worker.wait().errors)")
            worker.kill()
            application.stop()
            #expect(application.failures.isEmpty, "\(comment): \(application.failures.prefix(3))")
            #expect(application.commitCount > 0, comment)
            sample.expected = application.expected
            try sample.check(comment)
            guard kill % 4 == 0 || kill == killCount else { continue }
            try sample.settle(comment)
        }
    }
}

/// A stretch-enabled file with 600 rows, and what the application committed to it.
private final class LoadSample: @unchecked Sendable {
    // One thread at a time has it: the test joins the application before it looks.
    let folder: TemporaryFolder
    var path: String { folder.path("app.db") }
    var expected: [Int64: [Value]] = [:]

    init() throws {
        folder = try TemporaryFolder(isInMemory: true)
        let plain = try Connection(path: folder.path("app.db"), access: .create, routines: .linked)
        try plain.execute(
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, n);
            CREATE INDEX t_v ON t(v);
            WITH c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 600)
            INSERT INTO t SELECT n, char(97 + n % 26) || n, n * 1.5 FROM c;
            """)
        for row in try plain.rows("SELECT id, v, n FROM t") {
            expected[row[0].integerValue ?? 0] = Array(row[1...])
        }
        let database = try StretchDatabase(path: path, configuration: .everyRemote)
        try database.enable(server: "file:cold.db")
        try database.tables["t"].enable(filter: "id % 5 <> 0")
    }

    func check(_ comment: Comment) throws {
        let copy = try TemporaryFolder(isInMemory: true)
        for name in ["app.db", "app.db-wal", "cold.db", "cold.db-wal"]
        where FileManager.default.fileExists(atPath: folder.path(name)) {
            try FileManager.default.copyItem(atPath: folder.path(name), toPath: copy.path(name))
        }
        for name in ["app.db", "cold.db"] {
            let plain = try Connection(path: copy.path(name), access: .readWrite, routines: .linked)
            #expect(try plain.string("PRAGMA integrity_check") == "ok", "\(comment): \(name)")
        }
        try checkRows(try StretchDatabase(path: path, configuration: .everyRemote), comment)
    }

    func checkRows(_ database: StretchDatabase, _ comment: Comment) throws {
        let rows = try database.query("SELECT id, v, n FROM t ORDER BY id").rows
        let known = expected.sorted { $0.key < $1.key }.map { [.integer($0.key)] + $0.value }
        guard rows != known else { return }
        let lost = Set(known).subtracting(rows)
        let extra = Set(rows).subtracting(known)
        Issue.record(
            """
            \(comment): \(rows.count) rows, not \(known.count); \
            lost \(lost.count): \(Array(lost.prefix(3))); more \(Array(extra.prefix(3)))
            """)
    }

    func settle(_ comment: Comment) throws {
        let database = try StretchDatabase(path: path, configuration: .everyRemote)
        try database.tables["t"].resume(.outbound)
        try database.migrate()
        try checkRows(database, comment)
        let result = try database.verify()
        #expect(result.isSound && result.tables[0].shadowedRowCount == 0, "\(comment): \(result)")
        #expect(try database.status().database.pendingStep == nil, comment)
    }
}

/// An application on a thread of its own: it knows what it committed.
private final class LoadApplication: @unchecked Sendable {
    // The thread alone uses the fields between start and stop; the flag is atomic.
    private(set) var expected: [Int64: [Value]]
    private(set) var failures: [String] = []
    private(set) var commitCount = 0
    private let path: String
    private var generator: SeededGenerator
    private var uncommitted: [Int64: [Value]] = [:]
    private let isStopped = Atomic(false)
    private let isOver = DispatchSemaphore(value: 0)

    init(_ sample: LoadSample, seed: UInt64) {
        path = sample.path
        expected = sample.expected
        generator = SeededGenerator(seed: seed)
    }

    func start() {
        let thread = Thread { [self] in
            do {
                let database = try StretchDatabase(path: path, configuration: .everyRemote)
                // On a busy machine the stop can come before the first commit.
                while commitCount == 0 || !isStopped.load(ordering: .relaxed) {
                    try step(database)
                }
            } catch {
                failures.append("\(error)")
            }
            isOver.signal()
        }
        thread.stackSize = 8 << 20
        thread.start()
    }

    func stop() {
        isStopped.store(true, ordering: .relaxed)
        isOver.wait()
    }

    /// One transaction, or one statement in autocommit.
    private func step(_ database: StretchDatabase) throws {
        uncommitted = expected
        let isTransaction = Bool.random(using: &generator)
        do {
            if isTransaction { try database.execute("BEGIN IMMEDIATE") }
            for _ in 0..<(isTransaction ? Int.random(in: 1...4, using: &generator) : 1) {
                try change(database)
            }
            let isKept = !isTransaction || Int.random(in: 0..<5, using: &generator) > 0
            if isTransaction { try database.execute(isKept ? "COMMIT" : "ROLLBACK") }
            guard isKept else { return }
            expected = uncommitted
            commitCount += 1
        } catch {
            if isTransaction { try? database.execute("ROLLBACK") }
            throw error
        }
    }

    private func change(_ database: StretchDatabase) throws {
        let key = Int64.random(in: 1...640, using: &generator)
        let value = Value.text("w\(Int64.random(in: 0...999_999, using: &generator))")
        switch Int.random(in: 0..<6, using: &generator) {
        case 0:
            try database.execute("DELETE FROM t WHERE id = ?", .integer(key))
            uncommitted[key] = nil
        case 1:
            try database.execute(
                "INSERT OR REPLACE INTO t(id, v) VALUES(?, ?)", .integer(key), value)
            uncommitted[key] = [value, .null]
        case 2:
            try database.execute(
                """
                INSERT INTO t VALUES(?1, ?2, 7)
                ON CONFLICT(id) DO UPDATE SET v = excluded.v
                """, .integer(key), value)
            uncommitted[key] = [value, uncommitted[key]?[1] ?? 7]
        case 3:
            let last = key + 12
            try database.execute(
                "UPDATE t SET n = ? WHERE id BETWEEN ? AND ?", value, .integer(key),
                .integer(last))
            for key in key...last where uncommitted[key] != nil { uncommitted[key]?[1] = value }
        default:
            try database.execute("UPDATE t SET v = ? WHERE id = ?", value, .integer(key))
            if uncommitted[key] != nil { uncommitted[key]?[0] = value }
        }
    }
}
