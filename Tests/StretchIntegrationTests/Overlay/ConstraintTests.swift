import StretchSQLite
import Testing

@testable import StretchEngine

/// A condition leaves rows out only where SQLite itself rejects them, and compares as it does.
@Suite struct ConstraintTests {
    private static let tables = """
        CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT, n NUMERIC, b BLOB);
        CREATE INDEX t_s ON t(s);
        INSERT INTO t VALUES(1, 'apple', 1, '1e0'), (2, 'bear', 2, x'31'), (3, 'ant', 3, 3),
            (4, 'cow', 4, NULL), (5, '1e0', 1, '1'), (6, ' 2', 2, 2), (7, '3.0', 3, '3.0'),
            (8, NULL, NULL, NULL), (9, '0', 'x', 'x'), (10, 'x', '', ''), (11, '', 0, 'abc');
        CREATE TABLE u(id INTEGER PRIMARY KEY, v TEXT, i INTEGER, r);
        INSERT INTO u VALUES(1, 'one', 1, 1), (2, 'two', 2, '2'), (3, 'three', 3, 'apple'),
            (4, '', '', ''), (5, 'abc', 'abc', 'abc'), (6, NULL, NULL, NULL), (7, 'a%', 'x', 9);
        """

    private static let script =
        tables + """
            CREATE VIEW outer_view AS SELECT t.id AS id, u.v FROM t LEFT JOIN u
                ON u.id = t.id AND t.s LIKE 'a%';
            CREATE VIEW list_view AS SELECT s FROM t WHERE (s, n) IN (SELECT i, i FROM u);
            CREATE VIEW plain_view AS SELECT * FROM u;
            """

    static let queries = [
        // Terms of an ON clause that leave the left table's rows alone.
        "SELECT count(*) FROM t LEFT JOIN u ON u.id = t.id AND t.s LIKE 'a%'",
        "SELECT count(*) FROM t LEFT JOIN u ON u.id = t.id AND t.s GLOB 'a*'",
        "SELECT count(*) FROM t LEFT JOIN u ON u.id = t.id AND t.s NOTNULL",
        "SELECT count(*) FROM t LEFT JOIN u ON u.id = t.id AND t.n IS NOT NULL",
        "SELECT count(*) FROM t LEFT JOIN u ON t.s <> 'x' AND t.s IS NOT 'ant'",
        "SELECT count(*) FROM t LEFT JOIN u ON t.s IS NULL",
        "SELECT count(*) FROM t LEFT JOIN u ON t.id = 3 AND t.s = 'ant'",
        "SELECT count(*) FROM u RIGHT JOIN t ON u.id = t.id AND t.s LIKE 'a%'",
        "SELECT count(*) FROM t RIGHT JOIN u ON u.id = t.id AND t.s LIKE 'a%'",
        "SELECT count(*) FROM t FULL JOIN u ON u.id = t.id AND t.s LIKE 'a%' AND u.v NOTNULL",
        "SELECT count(*) FROM t LEFT JOIN u ON u.id = t.id LEFT JOIN t AS w "
            + "ON w.id = u.id AND u.v LIKE 't%' AND t.s LIKE 'b%'",
        "SELECT count(*) FROM t, u LEFT JOIN t AS w ON w.id = u.id AND t.s GLOB 'a*'",
        "SELECT count(*) FROM t NATURAL LEFT JOIN (SELECT 1 AS q) ON t.s LIKE 'a%'",
        "SELECT count(*) FROM outer_view",
        "SELECT count(*) FROM outer_view WHERE id < 4",
        "SELECT count(*) FROM t WHERE s LIKE 'a%' AND id IN (SELECT id FROM outer_view)",
        // Row values: each column alone has lost the affinity of its list.
        "SELECT s FROM t WHERE (s, n) IN (SELECT i, i FROM u)",
        "SELECT s FROM t WHERE (s, s) IN (SELECT i, i FROM u)",
        "SELECT t.id FROM u RIGHT JOIN t ON 0 WHERE (t.n, t.s) IN (SELECT n, s FROM t AS w "
            + "UNION ALL SELECT 1, 'zebra' UNION ALL SELECT 3, 'zebra')",
        "SELECT s FROM t WHERE (b, s) IN (SELECT i, s FROM u, t)",
        "SELECT b FROM t WHERE (b, n) IN (SELECT v, i FROM u)",
        "SELECT s FROM t WHERE (n, id) NOT IN (SELECT i, i FROM u WHERE i < 4)",
        "SELECT s FROM t WHERE (s, n) IN (VALUES('1e0', 1), (1, 1), ('ant', 3))",
        "SELECT s FROM t WHERE s IN (SELECT i FROM u)",
        "SELECT s FROM t WHERE b IN (SELECT i FROM u)",
        "SELECT s FROM t WHERE (s, n) = (SELECT v, i FROM u WHERE id = 1)",
        "SELECT id FROM t WHERE (s, n) < ('b', 2)",
        "SELECT id FROM t WHERE (n, s) >= (2, 'a')",
        "SELECT s FROM list_view",
        "SELECT count(*) FROM t WHERE s = 'x' AND s IN (SELECT s FROM list_view)",
        // An affinity from outside.
        "SELECT count(*) FROM u CROSS JOIN t ON t.s < u.i",
        "SELECT count(*) FROM u CROSS JOIN t ON t.s <= u.i",
        "SELECT count(*) FROM u CROSS JOIN t ON t.s > u.i",
        "SELECT count(*) FROM u CROSS JOIN t ON t.s >= u.i",
        "SELECT count(*) FROM u CROSS JOIN t ON t.s = u.i",
        "SELECT count(*) FROM u CROSS JOIN t ON t.s IS u.i",
        "SELECT count(*) FROM u CROSS JOIN t ON t.s BETWEEN u.i AND u.v",
        "SELECT count(*) FROM u CROSS JOIN t ON t.b < u.i",
        "SELECT count(*) FROM u CROSS JOIN t ON t.b = u.i",
        "SELECT count(*) FROM u CROSS JOIN t ON t.b = u.v",
        "SELECT count(*) FROM u CROSS JOIN t ON t.n < u.v",
        "SELECT count(*) FROM u CROSS JOIN t ON t.n = u.r",
        "SELECT count(*) FROM u CROSS JOIN t ON t.s < u.r",
        "SELECT count(*) FROM plain_view AS u CROSS JOIN t ON t.s < u.i",
        "SELECT u.id, (SELECT count(*) FROM t WHERE t.s < u.i) FROM u",
        "SELECT u.id FROM u WHERE EXISTS (SELECT 1 FROM t WHERE t.s < u.i AND t.id > 8)",
        "WITH w AS (SELECT i FROM u) SELECT count(*) FROM w CROSS JOIN t ON t.s < w.i",
        "SELECT count(*) FROM u CROSS JOIN t ON t.s < CAST(u.v AS INTEGER)",
        "SELECT count(*) FROM t WHERE s < '1' OR s < (SELECT i FROM u WHERE id = 5)",
    ]

    @Test(arguments: ["id < 0", "id < 100", "id % 2 = 0"], MigratedTwin.Remote.allCases)
    func `conditions select what they select from a plain table`(
        filter: String, remote: MigratedTwin.Remote
    ) throws {
        let twin = try MigratedTwin(Self.script, [("t", filter)], on: remote)
        for query in Self.queries { try twin.both(query + " ORDER BY 1") }
    }

    @Test func `a view that is made later is looked at`() throws {
        let twin = try MigratedTwin(Self.script, [("t", "id % 2 = 0")])
        for sql in [
            "CREATE TEMP VIEW later AS SELECT t.id FROM t LEFT JOIN u ON t.s LIKE 'a%'",
            "SELECT count(*) FROM later", "DROP VIEW later",
            "CREATE VIEW later AS SELECT s FROM t WHERE (s, n) IN (SELECT i, i FROM u)",
            "SELECT count(*) FROM later",
        ] { try twin.both(sql) }
    }

    @Test func `a statement that is prepared again by SQLite stays right`() throws {
        let twin = try MigratedTwin(Self.script, [("t", "id % 2 = 0")])
        let sql = "SELECT count(*) FROM t LEFT JOIN u ON u.id = t.id AND t.s LIKE 'a%'"
        let statement = try twin.database.prepare(sql)
        for _ in 1...3 {
            try twin.both("CREATE TABLE more\(Int.random(in: 1...1_000_000))(x)")
            #expect(try statement.rows() == twin.plain.rows(sql))
        }
    }

    @Test(arguments: [
        "s < ?", "s < 'b'", "s < date('now')", "s LIKE 'ap%'", "s GLOB 'ap*'", "s = ?",
        "s BETWEEN ? AND 'b'", "s IN ('ant', 'cow')", "s IN (SELECT v FROM u)",
    ])
    func `plain conditions still go to the remote`(condition: String) throws {
        let twin = try MigratedTwin(
            """
            \(Self.tables)
            WITH c(n) AS (SELECT 20 UNION ALL SELECT n + 1 FROM c WHERE n < 3000)
            INSERT INTO t SELECT n, 'word' || n, n, n FROM c;
            """, [("t", "id > 0")], batchRowCount: 10_000)
        let sql = "SELECT count(n) FROM t WHERE \(condition)"
        let statement = try twin.database.prepare(sql)
        let plain = try twin.plain.prepare(sql)
        if statement.parameterCount > 0 {
            for each in [statement, plain] { try each.bind([.text("a")]) }
        }
        #expect(try statement.rows() == plain.rows())
        #expect(twin.database.fetchedRowCount < 100)
    }
}
