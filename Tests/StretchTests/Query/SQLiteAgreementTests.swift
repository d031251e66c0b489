import SQLText
import Stretch
import StretchSQLite
import StretchTestSupport
import StretchText
import Testing

/// What SQLite itself says of the same text.
@Suite struct SQLiteAgreementTests {
    @Test func `the first token that SQLite does not recognize is the first illegal one`() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let local = try Connection(path: ":memory:", access: .create, routines: .linked)
        // No digit separators and no hexadecimal numbers: SQLite 3.46 changed their rules.
        let pieces = [
            "a", "1", "1e", "1e+", "e5", ".", ".5", "$", "$a", "::", ":", "@",
            "#",
            "(", ")", "'", "''", "\"", "`", "[", "]", "x'", "X'0F'", "é", "-", "--", "->", ">>",
            ">",
            "<", "=", "!", "!=", "|", "||", "/*", "*/", "*", "/", " ", "\t", "\n", "\u{0B}", "{",
            "\\",
            "~", "%", "&", ",", "+", "?", "?9", "\u{FEFF}", "^", "NULL", " AND ", "1.",
            "0X1g",
        ]
        var (illegalCount, nearCount) = (0, 0)
        for _ in 0..<20_000 {
            let count = Int.random(in: 1...6, using: &generator)
            let text = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }
                .joined()
            let sql = "SELECT 1 \(text)"
            let tokens = Array(SQLTokenizer(sql))
            do {
                _ = try local.prepare(sql)
                #expect(
                    !tokens.contains { $0.kind == .illegal },
                    "seed \(seed): \(sql.debugDescription)")
            } catch {
                let prefix = "unrecognized token: \""
                if error.message.hasPrefix(prefix) {
                    let token = tokens.first { $0.kind == .illegal }?.text ?? ""
                    illegalCount += 1
                    #expect(
                        error.message == "\(prefix)\(token)\"",
                        "seed \(seed): \(sql.debugDescription)")
                } else if error.message.hasPrefix("near \"") {
                    nearCount += 1
                    let isFound = tokens.contains {
                        error.message == "near \"\($0.text)\": syntax error"
                    }
                    #expect(isFound, "seed \(seed): \(sql.debugDescription): \(error.message)")
                }
            }
        }
        #expect(illegalCount > 1_000 && nearCount > 1_000, "seed \(seed): too few errors")
    }

    /// A table in main behind one of the same name in temp, as behind an overlay.
    private func makeHiddenTable() throws -> Connection {
        let local = try Connection(path: ":memory:", access: .create, routines: .linked)
        try local.execute(
            """
            CREATE TABLE main.orders(id INTEGER PRIMARY KEY, a DEFAULT 'new' UNIQUE);
            CREATE TEMP TABLE orders(x);
            """)
        return local
    }

    @Test(arguments: [
        "INSERT INTO orders DEFAULT VALUES", "insert or ignore into\"orders\"(a) values(1), (2)",
        "REPLACE INTO temp.orders(id, a) VALUES(1, 2)", "INSERT INTO 'orders'(a) SELECT 1",
        "WITH orders(a) AS (SELECT 7) INSERT INTO orders(a) SELECT a FROM orders",
        "INSERT INTO orders AS o(a) VALUES(1) ON CONFLICT(a) DO UPDATE SET a = o.a || excluded.a",
        "INSERT INTO [orders](a) VALUES(1) RETURNING id, a, orders.a",
    ])
    func `SQLite runs a rewritten INSERT in schema main`(sql: String) throws {
        let local = try makeHiddenTable()
        let rewriter = StatementRewriter(tables: ["orders"])
        let statement = try local.prepare(try rewriter.rewrite(sql).sql)
        while try statement.step() {}
        #expect(try local.integer("SELECT count(*) FROM main.orders") ?? 0 > 0)
        #expect(try local.integer("SELECT count(*) FROM temp.orders") == 0)
    }

    @Test(arguments: [
        "CREATE INDEX IF NOT EXISTS i ON orders(a)", "CREATE UNIQUE INDEX\"i\" ON orders(a, id)",
        "CREATE TRIGGER i AFTER INSERT ON orders BEGIN SELECT NEW.a; END",
        "CREATE TRIGGER IF NOT EXISTS i UPDATE OF a ON main.orders BEGIN SELECT NEW.a; END",
        "ALTER TABLE orders ADD COLUMN i", "ALTER TABLE temp.orders RENAME a TO i",
        "CREATE VIEW i AS SELECT * FROM orders",
    ])
    func `SQLite runs a rewritten schema change in schema main`(sql: String) throws {
        let local = try makeHiddenTable()
        try local.execute(try StatementRewriter(tables: ["ORDERS"]).rewrite(sql).sql)
        let count = "SELECT count(*) FROM sqlite_schema WHERE sql GLOB '*[ \"]i[ \",)]*'"
        #expect(try local.integer(count) == 1)
        #expect(try local.integer("SELECT count(*) FROM temp.sqlite_schema") == 1)
    }

    @Test func `a pragma about a hidden table answers for the local one`() throws {
        let local = try makeHiddenTable()
        let rewriter = StatementRewriter(tables: ["orders"])
        #expect(try local.rows("PRAGMA table_info(orders)").count == 1)
        #expect(try local.rows(try rewriter.rewrite("PRAGMA table_info(orders)").sql).count == 2)
        #expect(try local.rows(try rewriter.rewrite("PRAGMA index_list = 'orders'").sql).count == 1)
    }
}
