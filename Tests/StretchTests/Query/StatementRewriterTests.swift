import SQLText
import StretchCore
import StretchText
import Testing

@Suite struct StatementRewriterTests {
    private let rewriter = StatementRewriter(
        tables: ["Orders", "we\"ird", "replace"], views: ["recent"],
        triggers: ["recent_insert", "stretch_key_insert_1"])

    private func rewrite(_ sql: String) throws -> RewrittenStatement { try rewriter.rewrite(sql) }

    @Test(arguments: [
        ("INSERT INTO orders VALUES(1)", "INSERT INTO main.orders VALUES(1)"),
        (
            "insert or replace into ORDERS(a) select 1",
            "insert or replace into main.ORDERS(a) select 1"
        ),
        ("REPLACE INTO orders VALUES(1)", "REPLACE INTO main.orders VALUES(1)"),
        ("INSERT INTO temp.orders VALUES(1)", "INSERT INTO main.orders VALUES(1)"),
        ("INSERT INTO \"temp\" . [Orders] VALUES(1)", "INSERT INTO main . [Orders] VALUES(1)"),
        ("INSERT INTO\"orders\" VALUES(1)", "INSERT INTO main.\"orders\" VALUES(1)"),
        ("INSERT INTO'orders' VALUES(1)", "INSERT INTO main.'orders' VALUES(1)"),
        ("INSERT INTO\"temp\".orders VALUES(1)", "INSERT INTO main.orders VALUES(1)"),
        ("INSERT INTO main.orders VALUES(1)", "INSERT INTO main.orders VALUES(1)"),
        (
            "INSERT/*x*/INTO--\norders DEFAULT VALUES",
            "INSERT/*x*/INTO--\nmain.orders DEFAULT VALUES"
        ),
        (
            "EXPLAIN QUERY PLAN INSERT INTO orders VALUES(1)",
            "EXPLAIN QUERY PLAN INSERT INTO main.orders VALUES(1)"
        ),
        ("explain insert into orders values(1)", "explain insert into main.orders values(1)"),
        (
            "; ;INSERT INTO orders VALUES(1); INSERT INTO orders VALUES(2)",
            "; ;INSERT INTO main.orders VALUES(1); INSERT INTO orders VALUES(2)"
        ),
        (
            "WITH RECURSIVE orders(a) AS (SELECT ')'), b AS NOT MATERIALIZED (SELECT (1)) "
                + "INSERT INTO orders SELECT * FROM orders",
            "WITH RECURSIVE orders(a) AS (SELECT ')'), b AS NOT MATERIALIZED (SELECT (1)) "
                + "INSERT INTO main.orders SELECT * FROM orders"
        ),
        (
            "INSERT INTO Orders AS o VALUES(1) ON CONFLICT DO UPDATE SET a=o.a+1 RETURNING a",
            "INSERT INTO main.Orders AS o VALUES(1) ON CONFLICT DO UPDATE SET a=o.a+1 RETURNING a"
        ),
    ])
    func `an INSERT goes to schema main`(sql: String, native: String) throws {
        let result = try rewrite(sql)
        #expect(result.sql == native)
        guard case .insert(let table) = result.kind else {
            Issue.record("not an insert: \(result.kind)")
            return
        }
        #expect(table.isEqualFoldingCase("orders"))
    }

    @Test func `a table's name may hold quotes or be a keyword`() throws {
        let quoted = try rewrite("INSERT INTO \"we\"\"ird\" VALUES(1)")
        #expect(quoted.sql == "INSERT INTO main.\"we\"\"ird\" VALUES(1)")
        #expect(quoted.kind == .insert(table: "we\"ird"))
        #expect(
            try rewrite("replace into replace values(1)").sql
                == "replace into main.replace values(1)")
    }

    @Test(arguments: [
        "SELECT * FROM orders", "VALUES(1)", "select 1 from orders", "BEGIN",
        "UPDATE orders SET a=1",
        "DELETE FROM orders", "INSERT INTO other SELECT * FROM orders",
        "INSERT INTO aux.orders VALUES(1)", "INSERT INTO", "INSERT orders",
        "WITH a AS INSERT INTO orders",
        "WITH replace AS (SELECT 1) SELECT * FROM replace", "EXPLAIN", "", ";",
        "-- INSERT INTO orders",
        "UPDATE main.orders SET a=1 RETURNING a", "DELETE FROM other RETURNING a",
        "UPDATE orders SET a=(SELECT \"RETURNING\") WHERE 'RETURNING'",
        "DELETE FROM orders; RETURNING", "DELETE FROM orders WHERE (RETURNING)",
        "DELETE FROM aux.orders RETURNING a", "UPDATE aux.orders SET a=1 RETURNING a",
        "CREATE TABLE orders(a)",
        "CREATE TEMP TRIGGER x AFTER INSERT ON main.orders BEGIN SELECT 1; END",
        "CREATE INDEX i ON other(a)", "CREATE INDEX temp.i ON orders(a)", "DROP INDEX i",
        "CREATE TEMP VIEW v AS SELECT 1", "CREATE TRIGGER x AFTER INSERT ON temp.orders BEGIN END",
        "CREATE TRIGGER aux.x AFTER INSERT ON orders BEGIN SELECT 1; END", "DROP TABLE other",
        "ALTER TABLE other ADD a", "ALTER TABLE aux.orders ADD a", "DROP TABLE aux.orders",
        "VACUUM", "ATTACH 'x' AS orders", "\u{FEFF}SELECT 1", "SAVEPOINT orders",
    ])
    func `other text is unchanged`(sql: String) throws {
        let result = try rewrite(sql)
        #expect(result.sql == sql)
        #expect(result.kind == .unchanged || result.kind == .change(table: "orders"))
    }

    @Test(arguments: [
        ("UPDATE orders SET a=1", true), ("DELETE FROM orders WHERE a=1", true),
        ("WITH x AS (SELECT 1) UPDATE OR FAIL temp.orders SET a=1", true),
        ("UPDATE main.orders SET a=1", false), ("UPDATE other SET a=(SELECT 1 FROM orders)", false),
        ("DELETE FROM other", false), ("SELECT * FROM orders", false),
    ])
    func `a change of the overlay is known as one`(sql: String, isChange: Bool) throws {
        #expect(try rewrite(sql).kind == (isChange ? .change(table: "orders") : .unchanged))
    }

    @Test(arguments: [
        (
            "CREATE INDEX i ON orders(a)", "CREATE INDEX main.i ON orders(a)",
            SchemaChange.createIndex
        ),
        (
            "CREATE UNIQUE INDEX IF NOT EXISTS \"i\" ON Orders(a)",
            "CREATE UNIQUE INDEX IF NOT EXISTS main.\"i\" ON Orders(a)", .createIndex
        ),
        ("CREATE INDEX main.i ON orders(a)", "CREATE INDEX main.i ON orders(a)", .createIndex),
        (
            "CREATE TRIGGER x AFTER INSERT ON orders BEGIN SELECT 1; END",
            "CREATE TRIGGER main.x AFTER INSERT ON orders BEGIN SELECT 1; END", .createTrigger
        ),
        (
            "CREATE TRIGGER IF NOT EXISTS x UPDATE OF a, b ON \"orders\" BEGIN SELECT 1; END",
            "CREATE TRIGGER IF NOT EXISTS main.x UPDATE OF a, b ON \"orders\" BEGIN SELECT 1; END",
            .createTrigger
        ),
        (
            "CREATE TRIGGER x DELETE ON main.orders BEGIN SELECT 1; END",
            "CREATE TRIGGER x DELETE ON main.orders BEGIN SELECT 1; END", .createTrigger
        ),
        (
            "ALTER TABLE orders ADD COLUMN paid INTEGER DEFAULT 0",
            "ALTER TABLE main.orders ADD COLUMN paid INTEGER DEFAULT 0", .addColumn(name: "paid")
        ),
        (
            "ALTER TABLE main.orders ADD 'paid'", "ALTER TABLE main.orders ADD 'paid'",
            .addColumn(name: "paid")
        ),
        (
            "ALTER TABLE temp.orders ADD column", "ALTER TABLE main.orders ADD column",
            .addColumn(name: "column")
        ),
        (
            "ALTER TABLE orders RENAME COLUMN \"a b\" TO c",
            "ALTER TABLE main.orders RENAME COLUMN \"a b\" TO c",
            .renameColumn(from: "a b", to: "c")
        ),
        (
            "ALTER TABLE orders RENAME a TO [b]", "ALTER TABLE main.orders RENAME a TO [b]",
            .renameColumn(from: "a", to: "b")
        ),
        (
            "ALTER TABLE orders DROP COLUMN a", "ALTER TABLE main.orders DROP COLUMN a",
            .dropColumn(name: "a")
        ),
        ("ALTER TABLE orders DROP a", "ALTER TABLE main.orders DROP a", .dropColumn(name: "a")),
        (
            "ALTER TABLE orders ADD CONSTRAINT c CHECK(a)",
            "ALTER TABLE main.orders ADD CONSTRAINT c CHECK(a)",
            .other
        ),
        ("ALTER TABLE orders", "ALTER TABLE main.orders", .other),
    ])
    func `a schema change goes to schema main`(
        sql: String, native: String, change: SchemaChange
    ) throws {
        let result = try rewrite(sql)
        #expect(result.sql == native)
        guard case .schemaChange(let table, change) = result.kind else {
            Issue.record("another kind: \(result.kind)")
            return
        }
        #expect(table.isEqualFoldingCase("orders"))
    }

    @Test func `views are reported, and dropped in schema main when they are mirrored`() throws {
        #expect(try rewrite("CREATE VIEW IF NOT EXISTS v AS SELECT 1").kind == .createView)
        #expect(
            try rewrite("DROP VIEW IF EXISTS recent")
                == RewrittenStatement(sql: "DROP VIEW IF EXISTS main.recent", kind: .dropView))
        #expect(
            try rewrite("DROP VIEW v") == RewrittenStatement(sql: "DROP VIEW v", kind: .dropView))
        #expect(
            try rewrite("CREATE TRIGGER x INSTEAD OF INSERT ON recent BEGIN SELECT 1; END").sql
                == "CREATE TRIGGER main.x INSTEAD OF INSERT ON recent BEGIN SELECT 1; END")
    }

    @Test(arguments: [
        ("PRAGMA table_info(orders)", "PRAGMA main.table_info(orders)"),
        ("PRAGMA table_xinfo('Orders')", "PRAGMA main.table_xinfo('Orders')"),
        ("pragma Index_List = orders", "pragma main.Index_List = orders"),
        ("PRAGMA foreign_key_list=\"orders\"", "PRAGMA main.foreign_key_list=\"orders\""),
        ("PRAGMA foreign_key_check(orders)", "PRAGMA main.foreign_key_check(orders)"),
        ("PRAGMA temp.table_info(orders)", "PRAGMA temp.table_info(orders)"),
        ("PRAGMA table_info(other)", "PRAGMA table_info(other)"),
        ("PRAGMA journal_mode=wal", "PRAGMA journal_mode=wal"),
        ("PRAGMA temp_store", "PRAGMA temp_store"),
        ("PRAGMA user_version", "PRAGMA user_version"),
    ])
    func `a pragma about a table asks schema main`(sql: String, native: String) throws {
        #expect(try rewrite(sql) == RewrittenStatement(sql: native, kind: .pragma))
    }

    @Test(arguments: [
        (
            "UPDATE orders SET a=1 RETURNING a", StretchError.Code.unsupported,
            "SELECT the rows first"
        ),
        ("UPDATE OR IGNORE temp.orders SET a=(1) WHERE 1 returning *", .unsupported, "SELECT"),
        (
            "WITH x AS (SELECT 1) DELETE FROM \"orders\" WHERE a IN (1) RETURNING a", .unsupported,
            "SELECT"
        ),
        (
            "ALTER TABLE orders RENAME TO o2", .unsupported,
            "disable Stretch for table \"orders\" and bring its rows back"
        ),
        (
            "DROP TABLE orders", .wrongState,
            "disable Stretch for table \"orders\" and bring its rows back"
        ),
        (
            "DROP TABLE IF EXISTS main.orders", .wrongState,
            "disable Stretch for table \"orders\" and bring its rows back"
        ),
        ("DROP TRIGGER temp.stretch_key_insert_1", .wrongState, "schema main"),
        ("PRAGMA temp_store=2", .unsupported, "before Stretch attaches"),
        ("PRAGMA main.temp_store(memory)", .unsupported, "before"),
        ("EXPLAIN PRAGMA \"temp_store\" = memory", .unsupported, "before"),
        ("PRAGMA temp_store_directory = '/tmp'", .unsupported, "before"),
    ])
    func `what cannot be done right is refused with the way out`(
        sql: String, code: StretchError.Code, hint: String
    ) {
        let error = #expect(throws: StretchError.self) { try rewrite(sql) }
        #expect(error?.code == code)
        #expect(error?.hint?.contains(hint) == true)
    }

    @Test(arguments: [
        ("ANALYZE orders", "ANALYZE main.orders"),
        ("ANALYZE temp.orders", "ANALYZE main.orders"), ("analyze", "analyze"),
        ("REINDEX \"Orders\"", "REINDEX main.\"Orders\""), ("REINDEX nocase", "REINDEX nocase"),
        ("DROP TRIGGER IF EXISTS recent_insert", "DROP TRIGGER IF EXISTS main.recent_insert"),
        ("DROP TRIGGER stretch_key_insert_1", "DROP TRIGGER main.stretch_key_insert_1"),
        ("DROP TRIGGER other", "DROP TRIGGER other"),
        ("DROP TRIGGER stretch_other", "DROP TRIGGER stretch_other"),
        (
            "SELECT * FROM pragma_table_info('Orders'), Pragma_Index_List(\"orders\")",
            "SELECT * FROM pragma_table_info('Orders', 'main'), "
                + "Pragma_Index_List(\"orders\", 'main')"
        ),
        (
            "WITH x AS (SELECT ?, ?7, ?) SELECT * FROM pragma_table_xinfo(lower(?))",
            "WITH x AS (SELECT ?, ?7, ?) SELECT * FROM pragma_table_xinfo(lower(?9), "
                + "CASE WHEN (lower ( ?9 )) COLLATE NOCASE IN ('orders') THEN 'main' END)"
        ),
        (
            "SELECT 'pragma_table_info(''orders'')' FROM pragma_table_info('orders', 'temp')",
            "SELECT 'pragma_table_info(''orders'')' FROM pragma_table_info('orders', 'temp')"
        ),
        ("SELECT * FROM pragma_table_info('other')", "SELECT * FROM pragma_table_info('other')"),
        ("SELECT pragma_table_info(", "SELECT pragma_table_info("),
        // SQLite refuses such a number afterwards.
        (
            "SELECT ?9223372036854775807, :a, pragma_table_info(",
            "SELECT ?9223372036854775807, :a, pragma_table_info("
        ),
    ])
    func `what does nothing to a virtual table goes to schema main`(
        sql: String, native: String
    ) throws {
        let rewriter = StatementRewriter(
            tables: ["orders"], views: ["recent"],
            triggers: ["recent_insert", "stretch_key_insert_1"])
        #expect(try rewriter.rewrite(sql).sql == native)
    }

    @Test func `without stretch-enabled tables nothing is refused`() throws {
        let empty = StatementRewriter(tables: [])
        for sql in ["PRAGMA temp_store=2", "DROP TABLE orders", "DELETE FROM orders RETURNING a"] {
            #expect(try empty.rewrite(sql).sql == sql)
        }
    }

    @Test(arguments: [
        ("select 1", "SELECT"), ("  /* a */ Insert into t", "INSERT"), (";;begin", "BEGIN"),
        ("explain query plan delete from t", "DELETE"), ("EXPLAIN SELECT", "SELECT"),
        ("with a as (select 1), b(c) as materialized (select ')') update t", "UPDATE"),
        ("", nil), ("-- x", nil), ("(1)", nil), ("with a as select", nil), ("ſelect", "ſELECT"),
    ])
    func `the first keyword is found past comments, EXPLAIN and WITH`(sql: String, verb: String?) {
        #expect(StatementRewriter.firstKeyword(of: sql) == verb)
    }
}
