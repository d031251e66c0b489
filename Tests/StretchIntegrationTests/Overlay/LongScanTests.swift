import StretchMigration
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchEngine

/// Scans of many cold rows, whose places do not come, and which a server sends in two halves.
@Suite struct LongScanTests {
    private static let rowCount = 110_000

    private func makeTwin(_ remote: MigratedTwin.Remote) throws -> MigratedTwin {
        try MigratedTwin(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, n INT);
            WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c
                WHERE i < \(Self.rowCount))
            INSERT INTO t SELECT i, 'v' || (i % 9), i FROM c;
            """, [("t", "id <= \(Self.rowCount - 100)")], batchRowCount: 30_000, on: remote)
    }

    private static let questions = [
        "SELECT sum(n), count(v), min(rowid), max(rowid), count(DISTINCT id) FROM t",
        "SELECT sum(n) FROM t WHERE n % 2 = 0", "SELECT sum(rowid) FROM t WHERE v = 'v3'",
        "SELECT sum(n), min(v), count(*) FROM t WHERE id BETWEEN 5000 AND 70000",
        "SELECT sum(n * id % 1000) FROM t WHERE id > 100.5",
        "SELECT id, v FROM t WHERE n IN (7, 40000, 109950) ORDER BY id",
    ]

    private func ask(_ twin: MigratedTwin) throws {
        for question in Self.questions { try twin.both(question) }
    }

    @Test(arguments: MigratedTwin.Remote.allCases)
    func `a long scan has each row once, whatever hides some of them`(
        _ remote: MigratedTwin.Remote
    ) throws {
        let twin = try makeTwin(remote)
        try ask(twin)
        // Tombstones in one batch, and recalled rows.
        try twin.both("DELETE FROM t WHERE id BETWEEN 100 AND 200")
        try twin.both("UPDATE t SET n = n + 5 WHERE id = 300")
        try ask(twin)
        // Keys of another batch that are hot as well.
        try twin.runNatively("INSERT INTO t VALUES(65000, 'native', 1), (65001, 'native', 2)")
        try twin.plain.execute("REPLACE INTO t VALUES(65000, 'native', 1), (65001, 'native', 2)")
        try ask(twin)
        // Writing needs places.
        try twin.both("UPDATE t SET v = 'even' WHERE n % 50000 = 0")
        try twin.both("DELETE FROM t WHERE n % 30011 = 0")
        try ask(twin)
        #expect(try twin.database.verify().isSound)
    }

    @Test(arguments: MigratedTwin.Remote.allCases)
    func `rows that are written while a long scan runs come as they were, and once`(
        _ remote: MigratedTwin.Remote
    ) throws {
        let twin = try makeTwin(remote)
        let scan = try twin.database.prepare("SELECT id, n FROM t")
        var (count, sum) = (0, Int64(0))
        while try scan.step() {
            count += 1
            sum += scan.integer(1)
            if count == 5_000 {
                try twin.database.execute("UPDATE t SET v = 'changed' WHERE id = 90000")
                try twin.database.execute("DELETE FROM t WHERE id = 3")
            }
        }
        #expect(count == Self.rowCount)
        #expect(sum == (1...Int64(Self.rowCount)).reduce(0, +))
        for sql in ["UPDATE t SET v = 'changed' WHERE id = 90000", "DELETE FROM t WHERE id = 3"] {
            try twin.plain.execute(sql)
        }
        scan.reset()
        try ask(twin)
    }

    @Test func `a long scan of a server comes in two sessions`() throws {
        let twin = try makeTwin(.postgres)
        let before = twin.database.roundTripCount
        try twin.both("SELECT sum(n) FROM t")
        let first = twin.database.roundTripCount - before
        try twin.both("SELECT sum(n) FROM t")
        #expect(first >= 2)
        #expect(twin.database.roundTripCount - before - first == 2)
    }
}
