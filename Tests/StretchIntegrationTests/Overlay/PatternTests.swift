import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchEngine

/// LIKE and GLOB with a prefix, whose range of texts the remote is asked for.
@Suite struct PatternTests {
    /// Texts with NUL, bytes that are no UTF-8, numbers and blobs in columns of every affinity.
    private static let script = """
        CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT COLLATE NOCASE, c NUMERIC, d,
            e TEXT COLLATE RTRIM);
        CREATE INDEX t_a ON t(a); CREATE INDEX t_b ON t(b);
        CREATE TABLE ugly(v);
        INSERT INTO ugly VALUES
            (NULL), (''), ('a'), ('abc'), ('ABC'), ('aBcd'), ('abd'), ('ab'), ('ab '), ('ab_'),
            (CAST(x'616200636465' AS TEXT)), (CAST(x'61620041' AS TEXT)), (x'616263'), (x'41'),
            (5), (-5), (50.5), ('5'), ('05'), ('5a'), (1e300), (0.0), (-0.0), ('2024-05-06'),
            ('2024'), (2024), ('a%c'), ('a[c'), ('[a'), ('_a'), ('ab' || char(127)),
            ('ab' || char(128)), ('ä'), ('Äb'), ('ab' || 'ä'), ('ab' || 'Ä'), ('zz'),
            (CAST(x'6162ff' AS TEXT)), (CAST(x'ff61' AS TEXT)), (CAST(x'61e083a9' AS TEXT)),
            (CAST(x'c1a162' AS TEXT)), ('@b'), ('Z'), ('`'), ('{'), (char(0x10ffff)),
            ('abc' || printf('%.700c', 'x')), ('ABX' || printf('%.40c', 'é'));
        INSERT INTO t SELECT rowid, v, v, v, v, v FROM ugly;
        INSERT INTO t SELECT rowid + 100, v, v, v, v, v FROM ugly;
        """

    private static let patterns = [
        "a%", "A%", "abc%", "aBc%", "ab_", "ab\u{7f}%", "5%", "-5%", "2024-0%", "2024%", "%b", "_b",
        "", "abc", "ä%", "abä%", "ab\0c%", "[a%", "@%", "z%", "{%", "\u{7f}%", "a*", "A*", "ab?",
        "a[b]*", "[[]a", "5*", "abc*", "ä*", "*",
    ]

    @Test(arguments: MigratedTwin.Remote.allCases)
    func `patterns find the rows that they find in a plain table`(
        _ remote: MigratedTwin.Remote
    ) throws {
        let twin = try MigratedTwin(Self.script, [("t", "id <= 100")], on: remote)
        for column in ["a", "b", "c", "d", "e"] {
            for comparison in ["LIKE", "GLOB", "NOT LIKE"] {
                let sql = "SELECT id FROM t WHERE \(column) \(comparison)"
                for pattern in Self.patterns {
                    try twin.both("\(sql) ?1 ORDER BY id", .text(pattern))
                    guard !pattern.contains("\0") else { continue }
                    try twin.both("\(sql) '\(pattern)' ORDER BY id")
                }
                for value: Value in [5, 2024, 0.0, .null, .blob([0x61, 0x25])] {
                    try twin.both("\(sql) ?1 ORDER BY id", value)
                }
            }
            try twin.both("SELECT id FROM t WHERE \(column) LIKE 'a|%%' ESCAPE '|' ORDER BY id")
            try twin.both(
                """
                SELECT t.id, u.rowid FROM ugly u CROSS JOIN t ON t.\(column) LIKE u.v ORDER BY 1, 2
                """
            )
        }
    }

    @Test(arguments: MigratedTwin.Remote.allCases)
    func `a prefix fetches the rows of its range`(_ remote: MigratedTwin.Remote) throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, day TEXT, n INT);
            WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < 1199)
            INSERT INTO t SELECT i, printf('%d-%02d', 1950 + i / 12, i % 12 + 1), 0 FROM c;
            """, batchRowCount: 100, on: remote)
        for (sql, count) in [
            ("SELECT * FROM t WHERE day LIKE '2001%'", 12),
            ("SELECT * FROM t WHERE day GLOB '2001-0*'", 9),
            ("SELECT * FROM t WHERE day LIKE '2001-0_'", 9),
            ("SELECT * FROM t WHERE day LIKE '%1'", 1_199),
        ] {
            let before = twin.database.fetchedRowCount
            try twin.both(sql)
            #expect(twin.database.fetchedRowCount - before == count, "\(sql)")
        }
        let trips = twin.database.roundTripCount
        try twin.both("SELECT * FROM t WHERE day LIKE '2077%'")
        #expect(twin.database.roundTripCount == trips, "no batch can hold such a text")
    }

    @Test func `a function in place of LIKE decides alone`() throws {
        let twin = try MigratedTwin(Self.script, [("t", "id <= 100")])
        let sql = "SELECT id FROM t WHERE a LIKE 'ab%' ORDER BY id"
        let statement = try twin.database.prepare(sql)
        #expect(try statement.rows().count > 5)
        for connection in [twin.plain, twin.database.connection] {
            try connection.execute("PRAGMA case_sensitive_like = ON")
        }
        try twin.both(sql)
        for connection in [twin.plain, twin.database.connection] {
            try connection.createFunction("like", argumentCount: 2) { arguments in
                .integer(arguments[1].value.stringValue?.hasSuffix("z") == true ? 1 : 0)
            }
        }
        #expect(
            try statement.rows() == twin.plain.rows(sql), "a statement that was prepared before")
        try twin.both(sql)
    }
}
