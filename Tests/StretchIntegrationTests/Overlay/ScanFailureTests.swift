import Stretch
import StretchCore
import StretchEndpoint
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchEngine

/// A remote that fails, or a program that interrupts, at each call of a statement's scans.
@Suite struct ScanFailureTests {
    private static let other = """
        CREATE TABLE u(id INTEGER PRIMARY KEY, v, n);
        CREATE TABLE log(id, v, n);
        INSERT INTO u SELECT id, 'u', id FROM main.t WHERE id % 4 = 0
        """

    private static let state = """
        SELECT 't', * FROM t UNION ALL SELECT 'u', * FROM u UNION ALL SELECT 'log', * FROM log
        ORDER BY 1, 2
        """

    /// A migrated table beside an ordinary one, with tombstones and a hot row above a cold one.
    private struct Sample {
        let fault = ScanFault()
        let timeline: TimelineSample
        let database: StretchDatabase

        init() throws {
            let fault = fault
            timeline = try TimelineSample(wrap: { FaultyScanEndpoint($0, fault) })
            database = try timeline.open()
            for statement in ScanFailureTests.other.split(separator: ";") {
                try database.execute(String(statement))
            }
            try database.migrate(batchRowCount: 7)
            try database.execute("DELETE FROM t WHERE id IN (4, 11)")
            try database.execute("UPDATE t SET v = 'hot' WHERE id = 20")
        }

        func state() throws -> [[Value]] { try database.query(ScanFailureTests.state).rows }
    }

    static let statements =
        [
            "SELECT * FROM t ORDER BY v", "SELECT id FROM t ORDER BY id DESC",
            "SELECT count(*) FROM t", "SELECT count(*) FROM t WHERE id > 9",
            "SELECT DISTINCT v FROM t",
            "SELECT sum(t.n) FROM u CROSS JOIN t ON t.id = u.id",
            "SELECT sum((SELECT n FROM t WHERE id = u.id)) FROM u",
            "SELECT * FROM t WHERE id IN (1, 2, 30, 59)",
            "UPDATE t SET v = 'changed' WHERE n % 3 = 0",
            "UPDATE t SET id = id + 100 WHERE id < 20",
            "DELETE FROM t WHERE n % 2 = 1", "INSERT INTO u SELECT id + 1000, v, n FROM t",
            "INSERT INTO t SELECT id, 'new', n FROM u WHERE true ON CONFLICT DO UPDATE SET v = 'b'",
            "REPLACE INTO t SELECT id, 'replaced', 7 FROM u",
            "UPDATE OR REPLACE t SET id = id + 1 WHERE id IN (5, 25, 45)",
        ] + unjournaled

    /// Runs a statement again and again, each time with a fault one call later, until none is left.
    private func forEachCall(
        of sql: String, in sample: Sample, _ action: @escaping () throws(StretchError) -> Void,
        _ check: (Result<[[Value]], any Error>) throws -> Void
    ) throws {
        for call in 1...500 {
            sample.fault.arm(at: call, action)
            let result = Result { try sample.database.query(sql).rows }
            sample.fault.disarm()
            guard sample.fault.didFire else {
                #expect(call > 1, "no call was made")
                _ = try result.get()
                return
            }
            try check(result)
        }
        Issue.record("there are more than 500 calls")
    }

    @Test(arguments: statements)
    func `a statement that the remote fails changes nothing, and the next one works`(
        sql: String
    ) throws {
        let sample = try Sample()
        let before = try sample.state()
        try forEachCall(
            of: sql, in: sample,
            { () throws(StretchError) in
                throw StretchError(.remoteUnavailable, "cut off", hint: "Test.")
            }
        ) { (result) throws in
            let error = #expect(throws: StretchError.self) { try result.get() }
            #expect(error?.code == .remoteUnavailable && error?.message == "cut off")
            #expect(try sample.state() == before)
            #expect(!sample.database.connection.isInTransaction)
        }
        try expectEffect(of: sql, in: sample, before)
    }

    /// Expects the state that a plain database has after the statement.
    private func expectEffect(of sql: String, in sample: Sample, _ before: [[Value]]) throws {
        let plain = try Connection(path: ":memory:", access: .create, routines: .linked)
        try plain.execute(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, n INT);
            CREATE TABLE u(id INTEGER PRIMARY KEY, v, n);
            CREATE TABLE log(id, v, n);
            """)
        for row in before {
            let table = row[0] == "t" ? "t" : "u"
            try plain.prepare("INSERT INTO \(table) VALUES (?, ?, ?)").bind(Array(row[1...])).run()
        }
        _ = try plain.rows(sql)
        #expect(try sample.state() == plain.rows(Self.state))
        #expect(try sample.database.verify().isSound)
    }

    /// SQLite keeps no journal of a statement that no constraint can stop.
    private static let unjournaled = [
        "UPDATE u SET v = (SELECT v FROM t WHERE t.id = u.id)",
        "UPDATE u SET v = (SELECT v FROM t WHERE t.id = u.id) RETURNING v",
        "UPDATE OR FAIL u SET v = (SELECT v FROM t WHERE t.id = u.id)",
        "INSERT INTO log SELECT id, v, n FROM t",
        "DELETE FROM u WHERE (SELECT n FROM t WHERE t.id = u.id) > 1",
    ]

    @Test(arguments: statements.filter { !$0.hasPrefix("SELECT") })
    func `a failed statement leaves the earlier ones of its transaction`(sql: String) throws {
        let sample = try Sample()
        let before = try sample.state()
        var (failureCount, isKept) = (0, true)
        for call in [1, 2, 3, 5, 8, 13] {
            try sample.database.execute("BEGIN")
            try sample.database.execute("UPDATE t SET v = 'earlier' WHERE id IN (2, 58)")
            let between = try sample.state()
            sample.fault.arm(at: call) { () throws(StretchError) in
                throw StretchError(.remoteUnavailable, "cut off", hint: "Test.")
            }
            let result = Result { try sample.database.query(sql) }
            sample.fault.disarm()
            if sample.fault.didFire {
                failureCount += 1
                #expect(throws: StretchError.self) { try result.get() }
                isKept = try sample.state() == between && isKept
            }
            try sample.database.execute("ROLLBACK")
            #expect(try sample.state() == before)
        }
        #expect(failureCount > 0)
        #expect(isKept)
    }

    @Test(arguments: statements)
    func `an interrupt at any call ends the statement whole or not at all`(sql: String) throws {
        let sample = try Sample()
        let interrupter = sample.database.interrupter
        let before = try sample.state()
        var cancelledCount = 0
        for call in 1...500 {
            try sample.database.execute("BEGIN")
            sample.fault.arm(at: call) { () throws(StretchError) in interrupter.interrupt() }
            let result = Result { try sample.database.query(sql).rows }
            sample.fault.disarm()
            if case .failure(let error) = result {
                cancelledCount += 1
                #expect((error as? StretchError)?.code == .cancelled, "\(error)")
                // SQLite rolls a transaction back whose writing statement is interrupted:
                // https://sqlite.org/c3ref/interrupt.html
                #expect(try sample.state() == before)
            }
            if sample.database.connection.isInTransaction {
                try sample.database.execute("ROLLBACK")
            }
            #expect(try sample.state() == before)
            guard sample.fault.didFire else { break }
        }
        #expect(cancelledCount > 0)
    }

    @Test(arguments: [
        StretchError.Code.remoteUnavailable, .remoteMismatch, .damaged, .notPermitted,
    ])
    func `what the remote said reaches the caller, also of a prepared statement`(
        code: StretchError.Code
    ) throws {
        let sample = try Sample()
        let statement = try sample.database.prepare("SELECT * FROM t")
        sample.fault.arm(at: 3) { () throws(StretchError) in
            throw StretchError(code, "the reason", hint: "The way out.")
        }
        let error = #expect(throws: SQLiteError.self) { while try statement.step() {} }
        let explained = error.map { sample.database.explanation(of: $0) }
        #expect(explained?.code == code && explained?.hint == "The way out.")
        #expect(explained?.message == "the reason")
        sample.fault.disarm()
        statement.reset()
        #expect(try statement.rows().count == 58)
    }
}
