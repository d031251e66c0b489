import SQLText
import Stretch
import StretchCore
import StretchSQLite
import StretchTestSupport
import Testing

@Suite struct FilterPredicateTests {
    private static let columns = [
        "id", "created", "Total", "a b", "order", "key", "payload", "true",
    ]
    private static let now = "2026-11-22 10:20:30.456"

    private func parse(_ text: String) throws -> FilterPredicate {
        try FilterPredicate(parsing: text, columns: Self.columns)
    }

    private static let accepted = [
        "id < 100", "created < '2020-01-01'", "1", "(((id)))", "NOT id", "- - id > +1", "~id = 0",
        "id ISNULL OR id NOTNULL OR id IS NULL OR id IS NOT NULL OR id NOT NULL",
        "id BETWEEN 1 AND 2 AND id NOT BETWEEN 3 AND 4", "id IN (1, 2) OR id NOT IN ()",
        "created LIKE '20%' ESCAPE '!' AND created NOT GLOB 'x*'", "like('a%', created)",
        "id IS DISTINCT FROM 1 AND id IS NOT DISTINCT FROM total", "id IS TRUE",
        "CASE WHEN id THEN 1 ELSE 0 END", "CASE id WHEN 1 THEN 2 WHEN 3 THEN 4 END = 2",
        "CAST(total AS DECIMAL(10, 2)) > 1.5e3", "CAST(id AS TEXT) = 'x'",
        "created COLLATE NOCASE = 'x' COLLATE \"binary\"", "x'00' = payload", "id = 0x1F",
        "\"a b\" = 1 AND [order] = 2 AND `key` = 3", "key = 1", "TOTAL > 1", "(id, total) = (1, 2)",
        "payload ->> '$.a' = 1 AND payload -> 'b' IS NULL", "id || created <> 'a' == 1",
        "abs(id) + round(total, 2) % 3 & 1 | 2 << 1 >> 1", "max(id, 1) > min(total, id, 2)",
        "coalesce(id, ifnull(total, nullif(id, 1)), iif(id, 1, 2)) IS NOT 1",
        "json_extract(payload, '$.a') = json_array_length('[1]')", "json_valid(payload)",
        "ceil(sqrt(total)) > pi()", "likelihood(id > 1, 0.5)", "\"abs\"(id) > 1",
        "id /* c */ > 1 -- d\n",
        "strftime('%Y', created) < '2020'", "date(created, 'start of month', '+1 day') > ''",
        "unixepoch(created) > 1 AND julianday(created) > 1", "created <> 'now'",
        "'localtime' = created",
        "substr(created, 1, 4) || trim(created, 'x') || replace(created, 'a', 'b') = hex(1)",
    ]

    @Test(arguments: accepted)
    func `a condition over the row's own columns passes, and SQLite takes it`(text: String) throws {
        let predicate = try parse(text)
        #expect(!predicate.isMovingWindow)
        #expect(predicate.text == text)
        #expect(predicate.sql(now: Self.now) == text)
        let local = try Connection(path: ":memory:", access: .create, routines: .linked)
        try local.execute(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, created, total, "a b", "order", key, payload,
                "true", other)
            """)
        _ = try local.prepare("SELECT 1 FROM t AS h WHERE (\(predicate.sql(now: Self.now)))")
        // A second table with the same names makes every unqualified name ambiguous.
        let qualified = predicate.qualified(by: "h", now: Self.now)
        _ = try local.prepare("SELECT 1 FROM t AS h, t AS other WHERE (\(qualified))")
    }

    @Test(arguments: [
        (
            "created < date('now', '-1 year')",
            "created < date('2026-11-22 10:20:30.456', '-1 year')"
        ),
        ("created < datetime( 'NOW' )", "created < datetime( '2026-11-22 10:20:30.456' )"),
        ("created < date()", "created < date('2026-11-22 10:20:30.456')"),
        ("created < unixepoch(/**/)", "created < unixepoch('2026-11-22 10:20:30.456'/**/)"),
        ("id < strftime('%Y')", "id < strftime('%Y', '2026-11-22 10:20:30.456')"),
        ("created < current_timestamp", "created < '2026-11-22 10:20:30'"),
        ("CURRENT_DATE > created", "'2026-11-22' > created"),
        ("CURRENT_TIME > 1", "'10:20:30' > 1"),
        (
            "julianday('now', 'subsec') - julianday(created) > 30",
            "julianday('2026-11-22 10:20:30.456', 'subsec') - julianday(created) > 30"
        ),
        (
            "date(datetime('now')) > date(created)",
            "date(datetime('2026-11-22 10:20:30.456')) > date(created)"
        ),
        (
            "timediff('now', created) > 'now'",
            "timediff('2026-11-22 10:20:30.456', created) > 'now'"
        ),
    ])
    func `the current time is put in as a literal`(text: String, sql: String) throws {
        let predicate = try parse(text)
        #expect(predicate.isMovingWindow)
        #expect(predicate.sql(now: Self.now) == sql)
    }

    @Test(arguments: [
        ("id > 1 AND\"a b\"=[order]", "h.id > 1 AND h.\"a b\"=h.[order]"),
        ("true AND false AND id IS TRUE", "h.true AND false AND h.id IS h.TRUE"),
        ("CAST(id AS id) COLLATE key > 'id'", "CAST(h.id AS id) COLLATE key > 'id'"),
        (
            "date(created) < date('now') AND key IN (id, 'x')",
            "date(h.created) < date('2026-11-22 10:20:30.456') AND h.key IN (h.id, 'x')"
        ),
    ])
    func `every column is qualified, and nothing else`(text: String, sql: String) throws {
        #expect(try parse(text).qualified(by: "h", now: Self.now) == sql)
    }

    @Test(arguments: [
        ("", "empty"), (" -- x", "empty"),
        ("é = 'x' AND foo", "\"é\" at character 1 is not a column"),
        ("id = 'é日' AND foo = 1", "\"foo\" at character 15 is not a column"),
        ("(id", "\"(\" at character 1 is not closed"),
        ("id)", "\")\" at character 3 closes nothing"),
        ("id; DROP TABLE t", "\";\" at character 3 ends a statement"),
        ("id = ?1", "\"?1\" at character 6"),
        ("id = :a", "bind parameter"), ("id = 'x", "\"'x\" at character 6 is not a token"),
        ("id -- x", "comment that is left open"), ("id /* x", "comment that is left open"),
        ("id\u{0}", "NUL"), ("id IN (SELECT 1)", "\"SELECT\" at character 8 starts a subquery"),
        ("id IN t", "\"t\" at character 7 appears where a list"), ("EXISTS (SELECT 1)", "subquery"),
        ("NOT EXISTS (VALUES (1))", "subquery"), ("(VALUES (1))", "subquery"),
        ("(WITH x AS (SELECT 1) SELECT 1)", "subquery"),
        ("max(id, 2) OVER ()", "\"OVER\" at character 12"), ("abs(id) FILTER (WHERE 1)", "window"),
        ("RAISE(IGNORE)", "trigger"), ("t.id = 1", "\"t\" at character 1 qualifies"),
        ("\"created \" = 1", "double quotes are for"), ("\"x\" = id", "not a column"),
        ("rowid > 1", "not a column"), ("random() > 1", "not deterministic"),
        ("randomblob(1)", "not deterministic"), ("changes()", "not deterministic"),
        ("last_insert_rowid()", "not deterministic"),
        ("sqlite_version() > ''", "not deterministic"),
        ("my_function(id)", "not a deterministic built-in"), ("max(id)", "aggregate"),
        ("MIN(id) > 1", "aggregate"), ("count(*) > 1", "aggregate"), ("sum(id)", "aggregate"),
        ("id MATCH 'x'", "\"MATCH\" at character 4"), ("id NOT REGEXP 'x'", "REGEXP"),
        ("date(created, 'localtime') > ''", "time zone"), ("datetime('now', 'UTC')", "time zone"),
        ("date(coalesce(created, 'now'))", "\"'now'\" at character 24 is hidden"),
        ("date('subsec')", "one meaning"), ("date(x'6E6F77')", "one meaning"),
        ("date(created, 'now')", "hidden"), ("date(('now'))", "hidden"),
        ("id = 1 ORDER BY id", "\"ORDER\" at character 8 is not expected"),
        ("order = 1", "keyword"),
        ("id =", "ends too early, at character 5"),
        ("id NOT AND id", "\"NOT\" at character 4 is not expected"), ("id = 1 id", "not expected"),
        ("()", "value"),
        ("CASE WHEN id THEN 1", "ends too early"), ("CAST(id)", "AS is expected"),
        ("* = 1", "value"),
        ("id = 1) OR (id = 2", "closes nothing"),
        ("id, id", "\",\" at character 3 is not expected"),
        (String(repeating: "(", count: 101) + "1" + String(repeating: ")", count: 101), "nested"),
    ])
    func `what leaves the row or changes with time is refused`(text: String, reason: String) {
        let error = #expect(throws: StretchError.self) { try parse(text) }
        #expect(error?.code == .invalidArgument)
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "accepted")")
        #expect(error?.hint != nil)
    }

    @Test func `a predicate of random tokens is accepted only if it is one expression`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let tokens = [
            "id", "created", "1", "'x'", "(", ")", "AND", "NOT", "=", "||", "IN", "LIKE", "BETWEEN",
            "CASE", "WHEN", "THEN", "END", "date(", "'now'", ",", "abs(", "COLLATE", "nocase",
            "NULL",
            "IS", "SELECT", ";", "UNION", "FROM", "CAST(", "AS", "--", "/*", "ORDER BY", "LIMIT 1",
        ]
        let local = try Connection(path: ":memory:", access: .create, routines: .linked)
        try local.execute("CREATE TABLE t(id, created)")
        var acceptedCount = 0
        for _ in 0..<20_000 {
            let count = Int.random(in: 1...8, using: &generator)
            let words = (0..<count).map { _ in tokens.randomElement(using: &generator) ?? "" }
            let text = words.joined(separator: " ")
            guard let predicate = try? FilterPredicate(parsing: text, columns: ["id", "created"])
            else { continue }
            // Where SQLite takes the text at all, it is closed: the row after it is still there.
            let sql = "SELECT 1, (\(predicate.qualified(by: "h", now: Self.now))), 2 FROM t AS h"
            guard let statement = try? local.prepare(sql) else { continue }
            acceptedCount += 1
            #expect(statement.columnCount == 3, "seed \(seed): \(text)")
        }
        #expect(acceptedCount > 100, "seed \(seed): the test accepts too little")
    }
}
