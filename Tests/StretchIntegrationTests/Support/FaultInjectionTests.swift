import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

/// A small life of a database through the fault VFS: what it tried and what SQLite confirmed.
private struct Workload {
    let path: String
    let journalMode: String
    private(set) var attempted: Set<Int64> = []
    private(set) var committed: Set<Int64> = []
    private(set) var errors: [SQLiteError] = []

    init(path: String, journalMode: String) {
        self.path = path
        self.journalMode = journalMode
    }

    mutating func run() {
        // Two connections one after the other, so that a transient fault is followed by a recovery.
        for session: Int64 in 0..<2 {
            do {
                let connection = try Connection(
                    path: path, access: .create, routines: .linked, vfs: FaultInjection.vfsName)
                try connection.execute(
                    "PRAGMA journal_mode=\(journalMode); PRAGMA synchronous=FULL;"
                        + "PRAGMA cache_size=4; CREATE TABLE IF NOT EXISTS t(id INTEGER, body)")
                for row: Int64 in 1...2 { insert(session * 10 + row, on: connection) }
                try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                insert(session * 10 + 3, on: connection)
            } catch {
                errors.append(error)
            }
        }
    }

    private mutating func insert(_ id: Int64, on connection: Connection) {
        attempted.insert(id)
        do {
            try connection.transaction(.immediate) {
                // More pages than the cache holds, so that pages are written before the commit.
                for part: Int64 in 0..<3 {
                    try connection.run(
                        "INSERT INTO t VALUES (?, zeroblob(9000))", .integer(id * 100 + part))
                }
            }
            committed.insert(id)
        } catch {
            if let error = error as? SQLiteError { errors.append(error) }
        }
    }

    /// Reopens the file without faults and compares it with what was confirmed.
    func check(_ fault: Comment) throws {
        let connection = try Connection(path: path, access: .create, routines: .linked)
        #expect(try connection.string("PRAGMA integrity_check") == "ok", fault)
        guard try connection.integer("SELECT count(*) FROM sqlite_schema") == 1 else {
            return #expect(committed.isEmpty, fault)
        }
        let counts = try connection.rows("SELECT id / 100, count(*) FROM t GROUP BY 1")
        let found = Set(counts.compactMap { $0[0].integerValue })
        #expect(counts.allSatisfy { $0[1] == 3 }, fault)
        #expect(committed.subtracting(found).isEmpty, fault)
        #expect(found.subtracting(attempted).isEmpty, fault)
    }
}

@Suite(.serialized) struct FaultInjectionTests {
    @Test(
        arguments: [("WAL", false), ("WAL", true), ("DELETE", false), ("DELETE", true)],
        FaultInjection.Failure.allCases)
    func `no committed row is lost wherever a call fails`(
        mode: (journal: String, isPersistent: Bool), failure: FaultInjection.Failure
    ) throws {
        for call in 1...2_000 {
            let folder = try TemporaryFolder(isInMemory: true)
            var workload = Workload(path: folder.path("local.db"), journalMode: mode.journal)
            FaultInjection.arm(
                call: call, isPersistent: mode.isPersistent, failure: failure, path: folder.path)
            workload.run()
            FaultInjection.disarm()
            let fault: Comment = "\(mode), \(failure), call \(call): \(workload.errors)"
            try workload.check(fault)
            guard FaultInjection.didFire else {
                #expect(workload.errors.isEmpty, fault)
                #expect(workload.committed.count == 6)
                #expect(FaultInjection.count == call - 1, "every counted call was made to fail")
                return #expect(call > 30, "no fault was injected")
            }
        }
        Issue.record("still failing after 2,000 fault points")
    }

    @Test func `a fault is limited to the files of its path`() throws {
        let folder = try TemporaryFolder()
        defer { FaultInjection.disarm() }
        let local = try Connection(
            path: folder.path("local.db"), access: .create, routines: .linked,
            vfs: FaultInjection.vfsName)
        FaultInjection.arm(call: 1, isPersistent: true, path: folder.path("remote.db"))
        try local.execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)")
        #expect(!FaultInjection.didFire)
        #expect(FaultInjection.count == 0)
        #expect(throws: SQLiteError.self) {
            _ = try Connection(
                path: folder.path("remote.db"), access: .create, routines: .linked,
                vfs: FaultInjection.vfsName)
        }
        #expect(FaultInjection.didFire)
        #expect(FaultInjection.count > 0)
    }

    @Test func `a full disk fails writes with its own code and leaves reads alone`() throws {
        let folder = try TemporaryFolder()
        defer { FaultInjection.disarm() }
        let connection = try Connection(
            path: folder.path("local.db"), access: .create, routines: .linked,
            vfs: FaultInjection.vfsName)
        try connection.execute("CREATE TABLE t(a); INSERT INTO t VALUES (1)")
        FaultInjection.arm(
            call: 1, isPersistent: true, failure: .diskFull, path: folder.path)
        let error = #expect(throws: SQLiteError.self) {
            try connection.execute("INSERT INTO t VALUES (2)")
        }
        #expect(error?.code == 13)
        #expect(try connection.integer("SELECT count(*) FROM t") == 1)
    }

    @Test func `calls are counted without a fault, and not after disarming`() throws {
        let folder = try TemporaryFolder()
        let connection = try Connection(
            path: folder.path("local.db"), access: .create, routines: .linked,
            vfs: FaultInjection.vfsName)
        FaultInjection.arm(call: nil, isPersistent: false, path: folder.path)
        try connection.execute("CREATE TABLE t(a)")
        FaultInjection.disarm()
        let count = FaultInjection.count
        #expect(count > 0)
        try connection.execute("INSERT INTO t VALUES (1)")
        #expect(FaultInjection.count == count)
        #expect(!FaultInjection.didFire)
    }
}
