import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchEngine

/// Hot and cold rows that are merged in the order of a statement, wherever the border lies.
@Suite struct MergedOrderTests {
    private static let script = """
        CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, s TEXT COLLATE NOCASE, n INT, r TEXT);
        CREATE INDEX t_s ON t(s, n); CREATE INDEX t_n ON t(n); CREATE INDEX t_r ON t(r DESC, n);
        INSERT INTO t(s, n, r) VALUES ('a', NULL, 'x'), ('B', 1, 'x'), ('b', 1, ''), ('c', 2, NULL),
            (NULL, 2, 'y'), ('C', 3, 'Y'), ('a', 9, 'z'), ('é', -1, 'x');
        """

    /// Each is in the order of the key or an index, and tells rows apart only as far as it orders.
    static let queries = [
        "SELECT * FROM t ORDER BY id", "SELECT * FROM t ORDER BY id DESC",
        "SELECT n FROM t ORDER BY n", "SELECT n FROM t ORDER BY n DESC",
        "SELECT lower(s), n FROM t ORDER BY s, n",
        "SELECT lower(s), n FROM t ORDER BY s DESC, n DESC",
        "SELECT r, n FROM t ORDER BY r DESC, n", "SELECT r, n FROM t ORDER BY r, n DESC",
        "SELECT * FROM t WHERE id > 2 ORDER BY id DESC", "SELECT n FROM t WHERE n > 0 ORDER BY n",
        "SELECT n FROM t WHERE s = 'A' ORDER BY n DESC", "SELECT min(n) FROM t",
        "SELECT max(id), min(id) FROM t", "SELECT max(n) FROM t",
    ]

    /// The rows that are cold, one bit each; with 8 rows, 255 is all of them.
    @Test(arguments: [0, 1, 2, 128, 129, 0b0101_0101, 0b1010_1010, 0b0011_1100, 254, 127, 255])
    func `rows come in order, whichever of them are cold`(mask: Int) throws {
        let twin = try MigratedTwin(
            Self.script, [("t", "(\(mask) >> (id - 1)) & 1")], batchRowCount: 3)
        #expect(try twin.hotRowCount() == Int64(8 - mask.nonzeroBitCount))
        for query in Self.queries {
            for tail in ["", " LIMIT 1", " LIMIT 3 OFFSET 2", " LIMIT 9 OFFSET 7"] {
                try twin.both(query + tail)
            }
        }
    }

    @Test func `no query of these is sorted after the merge`() throws {
        let twin = try MigratedTwin(Self.script, [("t", "id % 2 = 0")])
        for query in Self.queries where query.contains("ORDER BY") {
            let plan = try twin.database.query("EXPLAIN QUERY PLAN " + query).rows
            #expect(!"\(plan)".contains("TEMP B-TREE"), "\(query): \(plan)")
        }
    }

    @Test func `the remote is not asked while hot rows come before all cold ones`() throws {
        let twin = try MigratedTwin(Self.script, [("t", "id BETWEEN 3 AND 6")])
        func roundTrips(_ sql: String) throws -> Int {
            let before = twin.database.roundTripCount
            try twin.both(sql)
            return twin.database.roundTripCount - before
        }
        // The first question of a session opens it.
        _ = try roundTrips("SELECT * FROM t ORDER BY id")
        #expect(try roundTrips("SELECT * FROM t ORDER BY id LIMIT 2") == 0)
        #expect(try roundTrips("SELECT * FROM t ORDER BY id LIMIT 3") > 0)
        #expect(try roundTrips("SELECT * FROM t ORDER BY id DESC LIMIT 2") == 0)
        #expect(try roundTrips("SELECT * FROM t ORDER BY id DESC LIMIT 3") > 0)
        #expect(try roundTrips("SELECT n FROM t ORDER BY n LIMIT 1") == 0)
        #expect(try roundTrips("SELECT n FROM t ORDER BY n DESC LIMIT 1") == 0)
        // The greatest hot r, 'z', comes before the greatest cold one, 'y'.
        #expect(try roundTrips("SELECT r FROM t ORDER BY r DESC LIMIT 1") == 0)
    }

    @Test func `rows that are recalled during a merged scan come once`() throws {
        for order in ["id", "id DESC", "n", "n DESC"] {
            let twin = try MigratedTwin(Self.script, [("t", "id % 2 = 0")])
            let scan = try twin.database.prepare("SELECT id FROM t ORDER BY \(order)")
            var seen: [Int64] = []
            while try scan.step() {
                seen.append(scan.integer(0))
                // All cold rows become hot at the first step, before and behind the scan.
                if seen.count == 2 { try twin.database.execute("UPDATE t SET r = 'recalled'") }
            }
            #expect(seen.sorted() == Array(1...8), "\(order): \(seen)")
        }
    }
}
