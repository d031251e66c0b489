import StretchSQLite
import Testing

@testable import StretchEngine

/// Statements that look cold rows up one by one, and rows that are fetched ahead for them.
@Suite struct ColdLookupTests {
    private static let script = """
        CREATE TABLE t(id INTEGER PRIMARY KEY, n INTEGER, name TEXT COLLATE NOCASE, note);
        CREATE INDEX t_n ON t(n); CREATE INDEX t_name ON t(name);
        CREATE TABLE picked(place INTEGER PRIMARY KEY, key, name TEXT);
        WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 3000)
        INSERT INTO t SELECT i, i % 700, 'Name ' || (i % 900), CASE i % 3 WHEN 0 THEN i END FROM c;
        INSERT INTO picked SELECT id, id * 7919 % 3100, CASE id % 2 WHEN 0 THEN upper(name)
            ELSE name || ' ' END FROM t WHERE id <= 1000;
        UPDATE picked SET key = CASE place % 10 WHEN 0 THEN NULL WHEN 1 THEN key + 0.0
            WHEN 3 THEN key + 0.5 ELSE key END WHERE place > 500;
        UPDATE picked SET key = CAST(key AS TEXT) WHERE place IN (501, 777);
        """

    private static func twin() throws -> MigratedTwin {
        let twin = try MigratedTwin(script, [("t", "id <= 2500")], batchRowCount: 100)
        try twin.both("DELETE FROM t WHERE id % 50 = 1")
        try twin.both("UPDATE t SET note = 'changed' WHERE id % 50 = 2")
        return twin
    }

    static let joins = [
        "SELECT * FROM picked JOIN t ON t.id = picked.key",
        "SELECT * FROM picked LEFT JOIN t ON t.id = picked.key",
        "SELECT place, (SELECT note FROM t WHERE id = picked.key) FROM picked",
        "SELECT place FROM picked WHERE EXISTS (SELECT 1 FROM t WHERE id = picked.key AND n > 9)",
        "SELECT * FROM picked CROSS JOIN t ON t.n = picked.key ORDER BY place, id",
        "SELECT * FROM picked CROSS JOIN t ON t.name = picked.name ORDER BY place, id",
        "SELECT a.place, t.id, u.id FROM picked a CROSS JOIN t ON t.id = a.key "
            + "CROSS JOIN t u ON u.id = t.id + 1",
        "SELECT * FROM picked JOIN t ON t.id = picked.key LIMIT 30",
        "SELECT sum(t.n), count(*) FROM picked JOIN t ON t.id = picked.key + ?1 - ?1",
    ]

    @Test(arguments: joins) func `lookups that are fetched ahead find what single ones find`(
        _ sql: String
    ) throws {
        let twin = try Self.twin()
        if sql.contains("?1") {
            try twin.both(sql, .integer(3))
        } else {
            try twin.both(sql)
            try twin.both(sql)
        }
    }

    @Test func `a join on 1,000 scattered cold keys takes at most 20 round trips`() throws {
        let twin = try Self.twin()
        for sql in Self.joins.prefix(3) {
            try twin.both("UPDATE picked SET key = place * 7919 % 2500")
            let count = twin.database.roundTripCount
            try twin.both(sql)
            #expect(twin.database.roundTripCount - count <= 20, "\(sql)")
            // Another run asks again: it has a snapshot of its own to prove.
            try twin.both(sql)
            #expect(twin.database.roundTripCount - count >= 18, "\(sql)")
        }
    }

    @Test func `a statement with a function of the program runs once`() throws {
        let twin = try Self.twin()
        var callCount = 0
        try twin.database.connection.createFunction("noted", argumentCount: 1) { arguments in
            callCount += 1
            return arguments[0].value
        }
        let rows = try twin.database.query(
            "SELECT noted(place) FROM picked LEFT JOIN t ON t.id = picked.key"
        ).rows
        #expect(callCount == rows.count)
    }

    @Test func `rows that become hot meanwhile are seen as without it`() throws {
        let twin = try Self.twin()
        let join = try twin.database.prepare(
            "SELECT place, t.id, t.note FROM picked JOIN t ON t.id = picked.key WHERE place <= 400")
        let expected = try twin.plain.rows(
            "SELECT place, t.id, t.note FROM picked JOIN t ON t.id = picked.key WHERE place <= 400")
        var found: [[Value]] = []
        while try join.step() {
            found.append((0..<3).map { join.column($0) })
            // Recalls the row that was just read, and one that comes later.
            if found.count == 40 {
                let (later, earlier) = (expected[300][1], expected[20][1])
                try twin.database.prepare("UPDATE t SET note = note WHERE id = ?").run(later)
                try twin.database.prepare("DELETE FROM t WHERE id = ?").run(earlier)
            }
        }
        #expect(found == expected)
    }

    @Test func `an update that looks cold rows up changes the same rows`() throws {
        let twin = try Self.twin()
        try twin.both(
            "UPDATE picked SET name = (SELECT name FROM t WHERE id = picked.key) WHERE place < 300")
        #expect(
            try twin.database.query("SELECT * FROM picked").rows
                == twin.plain.rows("SELECT * FROM picked"))
        try twin.both("DELETE FROM t WHERE id IN (SELECT key FROM picked WHERE place < 100)")
        try twin.compare()
    }
}
