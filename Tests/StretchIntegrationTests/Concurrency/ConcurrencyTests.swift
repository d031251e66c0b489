import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCore
@testable import StretchEngine
@testable import StretchMigration

/// A table of 2,000 accounts of which 1,500 are eligible.
private struct Accounts {
    let folder: TemporaryFolder
    var path: String { folder.path("app.db") }

    init() throws {
        folder = try TemporaryFolder(isInMemory: true)
        let plain = try Connection(path: folder.path("app.db"), access: .create, routines: .linked)
        try plain.execute(
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE accounts(
                id INTEGER PRIMARY KEY, day INT, amount INT, touched INT DEFAULT 0);
            CREATE INDEX accounts_day ON accounts(day);
            WITH c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 2000)
            INSERT INTO accounts(id, day, amount) SELECT n, (n * 7) % 2000, 1000 FROM c;
            """)
        let database = try StretchDatabase(path: path, configuration: .everyRemote)
        try database.enable(server: "file:cold.db")
        try database.tables["accounts"].enable(filter: "day < 1500")
    }
}

@Suite(.serialized) struct ConcurrencyTests {
    @Test
    func `two writers, two readers and a migrator never see a wrong sum`() throws {
        let isSoak = ProcessInfo.processInfo.environment["STRETCH_SOAK"] != nil
        let time = "milliseconds=\(isSoak ? 60_000 : 10_000)"
        let accounts = try Accounts()
        let invariant = ["count=2000", "sum=2000000"]
        let workers = [
            ("writer 1", try WorkerProcess("write", accounts.path, [time, "key=1000000"])),
            ("writer 2", try WorkerProcess("write", accounts.path, [time, "key=2000000"])),
            ("reader 1", try WorkerProcess("read", accounts.path, [time] + invariant)),
            ("reader 2", try WorkerProcess("read", accounts.path, [time] + invariant)),
            (
                "migrator",
                try WorkerProcess(
                    "load", accounts.path,
                    [time, "table=accounts", "rows=200", "where=day BETWEEN 100 AND 400"])
            ),
        ]
        var touchCount = 0
        for (name, worker) in workers {
            let result = worker.wait()
            #expect(!result.isKilled && result.status == 0, "\(name): \(result.errors)")
            touchCount += WorkerProcess.number("touched", in: result.output) ?? 0
            let word = ["w": "touched", "r": "reads", "m": "rounds"][name.prefix(1)] ?? ""
            #expect((WorkerProcess.number(word, in: result.output) ?? 0) > 0, "\(name): \(result)")
            print("\(name): \(result.output.split(separator: "\n").last ?? "")")
        }
        let database = try StretchDatabase(path: accounts.path, configuration: .everyRemote)
        let totals = "SELECT count(*), sum(amount), sum(touched) FROM accounts"
        let expected: [Value] = [2_000, 2_000_000, .integer(Int64(touchCount))]
        #expect(try database.query(totals).rows == [expected])
        try database.tables["accounts"].resume(.outbound)
        try database.migrate()
        #expect(try database.query(totals).rows == [expected])
        let result = try database.verify()
        #expect(result.isSound && result.tables[0].shadowedRowCount == 0, "\(result)")
    }

    // Finding 15: a read snapshot that a write upgrades fails at once, whatever the timeout.
    @Test(arguments: [5, 1_999])
    func `two processes that update one row 2,000 times each lose no update`(id: Int) throws {
        let accounts = try Accounts()
        try StretchDatabase(path: accounts.path, configuration: .everyRemote).migrate()
        let workers = try (0..<2).map { _ in
            try WorkerProcess("update", accounts.path, ["id=\(id)", "count=2000"])
        }
        for worker in workers {
            let result = worker.wait()
            #expect(result.status == 0, "\(result.errors)")
        }
        let database = try StretchDatabase(path: accounts.path, configuration: .everyRemote)
        let rows = try database.query("SELECT amount FROM accounts WHERE id = \(id)").rows
        #expect(rows == [[5_000]])
    }

    @Test func `a second migrator says who works, or waits`() throws {
        let accounts = try Accounts()
        let worker = try WorkerProcess(
            "load", accounts.path, ["table=accounts", "rows=1"])
        worker.waitUntilReady()
        // Let the worker hold the lease: it is free for a moment between two runs.
        let migrator = try Migrator(path: accounts.path, configuration: .everyRemote)
        var options = MigrationOptions()
        options.leaseTimeout = .zero
        var refusal: StretchError?
        for _ in 0..<200 where refusal == nil {
            do throws(StretchError) {
                options.shouldStop = { true }
                try migrator.migrate(options)
                usleep(5_000)
            } catch {
                refusal = error
            }
        }
        #expect(refusal?.code == .busy, "\(String(describing: refusal))")
        #expect(refusal?.message.contains("pid \(worker.processIdentifier) ") ?? false)
        options.leaseTimeout = .seconds(300)
        options.shouldStop = { false }
        let identifier = worker.processIdentifier
        let timer = Thread {
            usleep(300_000)
            _ = kill(identifier, SIGKILL)
        }
        timer.start()
        try migrator.migrate(options)
        worker.kill()
    }
}
