import SQLText
import Stretch
import StretchSQLite
import StretchTestSupport
import StretchText
import Testing

@Suite struct DependencyScanTests {
    @Test(arguments: [
        "SELECT * FROM orders", "SELECT * FROM main.ORDERS", "SELECT * FROM \"orders\" AS o",
        "SELECT 1 FROM a JOIN [orders] USING(id)", "SELECT orders.id FROM a, orders",
        "SELECT (SELECT count(*) FROM main.orders) FROM a", "SELECT * FROM 'orders'",
        "INSERT INTO orders VALUES(1)", "UPDATE `orders` SET a=1", "SELECT main.orders.id",
        "CREATE TRIGGER t AFTER INSERT ON orders BEGIN SELECT 1; END",
    ])
    func `a table's name is found`(sql: String) {
        #expect(DependencyScan.mentions("orders", in: sql))
    }

    @Test(arguments: [
        "", "SELECT * FROM orders2", "SELECT x.orders FROM x", "SELECT NEW.orders, OLD.\"orders\"",
        "INSERT INTO log VALUES('orders')", "SELECT 1 -- orders\n", "SELECT 1 /* orders */",
        "SELECT * FROM aux.orders", "SELECT a IS NOT DISTINCT FROM 'orders'", "SELECT :orders",
        "SELECT main.x.orders", "SELECT x'00', 1orders",
    ])
    func `what is not the table's name is not found`(sql: String) {
        #expect(!DependencyScan.mentions("orders", in: sql))
    }

    @Test(arguments: [
        (
            "SELECT * FROM main.orders, MAIN.items, main.other, x, aux.y",
            "SELECT * FROM temp.orders, temp.items, main.other, main.x, aux.y"
        ),
        (
            "SELECT main.Orders.id, x.a FROM\"main\".orders",
            "SELECT temp.Orders.id, x.a FROM temp.orders"
        ),
        ("SELECT 'main.orders', a.main.orders, main", "SELECT 'main.orders', a.main.orders, main"),
        ("main . orders", "temp . orders"), ("main.", "main."), ("", ""), ("WITH", "WITH"),
        ("SELECT a FROM x AS orders, orders b", "SELECT a FROM main.x AS orders, temp.orders b"),
        (
            "SELECT 1 FROM x JOIN y ON x.a = y.a, z USING (a, b) LEFT JOIN'w'",
            "SELECT 1 FROM main.x JOIN main.y ON x.a = y.a, main.z USING (a, b) LEFT JOIN main.'w'"
        ),
        (
            "SELECT 1 FROM (a, (b JOIN c)), (SELECT d, e FROM f), (VALUES (1)) g, h",
            "SELECT 1 FROM (main.a, (main.b JOIN main.c)), (SELECT d, e FROM main.f), "
                + "(VALUES (1)) g, main.h"
        ),
        (
            "SELECT f(x, y), (SELECT max(a) FROM x) FROM y WHERE a IN z AND b IN (z, 1) AND c IN "
                + "main.z AND d IN (SELECT e FROM z) GROUP BY a, b",
            "SELECT f(x, y), (SELECT max(a) FROM main.x) FROM main.y WHERE a IN main.z AND b IN "
                + "(z, 1) AND c IN main.z AND d IN (SELECT e FROM main.z) GROUP BY a, b"
        ),
        (
            "WITH x AS (SELECT * FROM y), y(a, b) AS NOT MATERIALIZED (SELECT * FROM z) "
                + "SELECT * FROM x, y, orders WHERE a IN x UNION SELECT * FROM x",
            "WITH x AS (SELECT * FROM y), y(a, b) AS NOT MATERIALIZED (SELECT * FROM main.z) "
                + "SELECT * FROM x, y, temp.orders WHERE a IN x UNION SELECT * FROM x"
        ),
        (
            "SELECT * FROM (WITH RECURSIVE x AS (SELECT 1) SELECT * FROM x) JOIN x",
            "SELECT * FROM (WITH RECURSIVE x AS (SELECT 1) SELECT * FROM x) JOIN main.x"
        ),
        (
            "WITH orders AS (SELECT * FROM main.orders) SELECT * FROM orders",
            "WITH orders AS (SELECT * FROM temp.orders) SELECT * FROM orders"
        ),
        (
            "SELECT a IS NOT DISTINCT FROM b, c FROM x WINDOW w AS (ORDER BY a), v AS (w)",
            "SELECT a IS NOT DISTINCT FROM b, c FROM main.x WINDOW w AS (ORDER BY a), v AS (w)"
        ),
        (
            "SELECT * FROM x window, y WHERE 1", "SELECT * FROM main.x window, main.y WHERE 1"
        ),
        (
            "SELECT * FROM json_each('[1]'), x INDEXED BY i, y NOT INDEXED ORDER BY 1, 2",
            "SELECT * FROM main.json_each('[1]'), main.x INDEXED BY i, main.y NOT INDEXED "
                + "ORDER BY 1, 2"
        ),
        (
            "CREATE TRIGGER g INSTEAD OF UPDATE OF a, b ON v WHEN NEW.a IN x BEGIN UPDATE OR "
                + "IGNORE y SET a = 1, b = 2 FROM z, orders; INSERT INTO y SELECT * FROM x ON "
                + "CONFLICT DO UPDATE SET a = 1, b = 2; DELETE FROM y WHERE a IN (SELECT b FROM "
                + "z); END",
            "CREATE TRIGGER g INSTEAD OF UPDATE OF a, b ON v WHEN NEW.a IN main.x BEGIN UPDATE OR "
                + "IGNORE y SET a = 1, b = 2 FROM main.z, temp.orders; INSERT INTO y SELECT * FROM "
                + "main.x ON CONFLICT DO UPDATE SET a = 1, b = 2; DELETE FROM y WHERE a IN "
                + "(SELECT b FROM main.z); END"
        ),
    ])
    func `the copy of a text for schema temp names the schema of each table`(
        sql: String, mirrored: String
    ) {
        #expect(DependencyScan.mirrored(sql, tables: ["orders", "Items"]) == mirrored)
    }

    @Test func `what a trigger writes is found`() {
        let sql = """
            CREATE TRIGGER g INSTEAD OF DELETE ON v BEGIN
            INSERT OR IGNORE INTO a SELECT * FROM b; REPLACE INTO "C" VALUES(1);
            UPDATE OR FAIL d SET x = 1 FROM e; UPDATE f SET x = (SELECT 1 FROM g);
            DELETE FROM h WHERE i IN j; SELECT 1 FROM k; END
            """
        #expect(DependencyScan.targets(in: sql) == ["a", "c", "d", "f", "h"])
    }

    @Test(arguments: [
        ("CREATE VIEW v AS SELECT 1", "CREATE TEMP VIEW v AS SELECT 1"),
        (
            "create view if not exists main.\"v\"(a) AS SELECT main.t.x FROM t",
            "create TEMP view \"v\"(a) AS SELECT main.t.x FROM t"
        ),
        ("CREATE/**/VIEW/**/[v] AS SELECT 1", "CREATE/**/TEMP VIEW [v] AS SELECT 1"),
        ("CREATE VIEW 'V' AS SELECT ';';;", "CREATE TEMP VIEW 'V' AS SELECT ';';;"),
    ])
    func `a view becomes a TEMP view`(sql: String, temporary: String) {
        #expect(DependencyScan.temporaryView(sql, named: "v") == temporary)
    }

    @Test(arguments: [
        "", "CREATE", "SELECT 1", "CREATE TEMP VIEW v AS SELECT 1", "CREATE TABLE v(a)",
        "CREATE VIEW w AS SELECT 1", "CREATE VIEW x.v AS SELECT 1",
        "CREATE VIEW v AS SELECT 1; ATTACH 'x' AS x", "CREATE VIEW v AS SELECT 1;;SELECT 1",
        "CREATE VIEW v AS SELECT 1\0; SELECT 1", "CREATE VIEW v AS SELECT 'x",
    ])
    func `text that is not the view alone becomes nothing`(sql: String) {
        #expect(DependencyScan.temporaryView(sql, named: "v") == nil)
    }

    @Test(arguments: [
        (
            "CREATE TRIGGER x INSTEAD OF INSERT ON main.v BEGIN SELECT 1; END",
            "CREATE TEMP TRIGGER x INSTEAD OF INSERT ON v BEGIN SELECT 1; END"
        ),
        (
            "CREATE TRIGGER IF NOT EXISTS main.x INSTEAD OF UPDATE OF a, b ON v WHEN 1 "
                + "BEGIN SELECT CASE 1 WHEN 1 THEN main.t END; END;",
            "CREATE TEMP TRIGGER x INSTEAD OF UPDATE OF a, b ON v WHEN 1 "
                + "BEGIN SELECT CASE 1 WHEN 1 THEN main.t END; END;"
        ),
    ])
    func `a trigger becomes a TEMP trigger`(sql: String, temporary: String) {
        #expect(DependencyScan.temporaryTrigger(sql, named: "x", on: "v")?.text == temporary)
    }

    @Test(arguments: [
        "", "SELECT 1", "CREATE TRIGGER x", "CREATE TRIGGER x INSERT ON v BEGIN SELECT 1; END",
        "CREATE TRIGGER y INSTEAD OF INSERT ON v BEGIN SELECT 1; END",
        "CREATE TRIGGER x INSTEAD OF INSERT ON w BEGIN SELECT 1; END",
        "CREATE TRIGGER x INSTEAD OF INSERT ON v BEGIN SELECT 1; END; ATTACH 'x' AS x",
        "CREATE TRIGGER x INSTEAD OF INSERT ON v BEGIN SELECT 1; END; SELECT 1; END",
        "CREATE TRIGGER x INSTEAD OF INSERT ON v BEGIN SELECT 1; END\0; SELECT 1",
    ])
    func `text that is not the trigger alone becomes nothing`(sql: String) {
        #expect(DependencyScan.temporaryTrigger(sql, named: "x", on: "v") == nil)
    }

    @Test(arguments: [
        ("CREATE INDEX i ON t(a)", true),
        ("create unique index main.\"I\" on 'T'(a) where b;", true),
        ("CREATE INDEX i ON t(a); ATTACH 'x' AS x", false), ("CREATE INDEX i ON u(a)", false),
        ("CREATE INDEX j ON t(a)", false), ("CREATE TABLE i(a)", false), ("", false),
        ("CREATE INDEX i ON t(a)\0; SELECT 1", false), ("CREATE INDEX temp.i ON t(a)", false),
    ])
    func `an index is known by all of its text`(sql: String, isIndex: Bool) {
        #expect(DependencyScan.isIndex(sql, named: "i", on: "t") == isIndex)
    }

    @Test func `SQLite takes the mirrors of a view and its trigger`() throws {
        let local = try Connection(path: ":memory:", access: .create, routines: .linked)
        try local.execute(
            """
            CREATE TABLE orders(id INTEGER PRIMARY KEY, a);
            CREATE VIEW IF NOT EXISTS main.recent(a) AS SELECT a FROM main.orders;
            CREATE TRIGGER main.x INSTEAD OF INSERT ON recent WHEN NEW.a > 1
                BEGIN INSERT INTO orders(a) VALUES(NEW.a); END;
            CREATE TEMP TABLE orders(id INTEGER PRIMARY KEY, a);
            """)
        let view = try #require(
            try local.string("SELECT sql FROM main.sqlite_schema WHERE name = 'recent'"))
        let trigger = try #require(
            try local.string("SELECT sql FROM main.sqlite_schema WHERE name = 'x'"))
        let bareView = DependencyScan.mirrored(view, tables: ["orders"])
        let temporary = DependencyScan.temporaryView(bareView, named: "recent")
        try local.execute(one: try #require(temporary))
        let mirrored = DependencyScan.temporaryTrigger(trigger, named: "x", on: "recent")
        try local.execute(one: try #require(mirrored).text)
        try local.run("INSERT INTO recent(a) VALUES(1), (2)")
        #expect(try local.integer("SELECT count(*) FROM temp.orders") == 1)
        #expect(try local.integer("SELECT count(*) FROM main.orders") == 0)
        #expect(try local.integer("SELECT sum(a) FROM recent") == 2)
    }
}

@Suite struct TriggerTextTests {
    @Test func `a trigger is parsed into its parts`() throws {
        let trigger = try #require(
            TriggerText(
                parsing: """
                    CREATE TRIGGER "a b" AFTER UPDATE OF x, "y z" ON [orders] FOR EACH ROW
                    WHEN NEW.begin > (SELECT CASE begin WHEN 1 THEN 2 END FROM t) BEGIN
                    UPDATE t SET a = CASE WHEN 1 THEN 2 END; DELETE FROM t; END
                    """))
        #expect(trigger.name == "a b")
        #expect(trigger.table == "orders")
        #expect(trigger.event == .update(columns: ["x", "y z"]))
        #expect(trigger.timing == .after)
        #expect(
            trigger.condition == "NEW.begin > (SELECT CASE begin WHEN 1 THEN 2 END FROM t)")
        #expect(
            trigger.body == "\nUPDATE t SET a = CASE WHEN 1 THEN 2 END; DELETE FROM t; ")
    }

    @Test(arguments: [
        (
            "CREATE TRIGGER x INSERT ON t BEGIN SELECT 1; END", TriggerText.Event.insert,
            TriggerText.Timing.before
        ),
        (
            "create temp trigger if not exists x before delete on main.t begin select 1; end;",
            .delete,
            .before
        ),
        (
            "CREATE TRIGGER main.x INSTEAD OF UPDATE ON t BEGIN SELECT 1; END -- c",
            .update(columns: []),
            .insteadOf
        ),
    ])
    func `event and time are read, and a trigger that says no time fires before`(
        sql: String, event: TriggerText.Event, timing: TriggerText.Timing
    ) throws {
        let trigger = try #require(TriggerText(parsing: sql))
        #expect(trigger.name == "x")
        #expect(trigger.table == "t")
        #expect(trigger.event == event)
        #expect(trigger.timing == timing)
        #expect(trigger.condition == nil)
    }

    @Test(arguments: [
        "", "CREATE TABLE t(a)", "CREATE TRIGGER x", "CREATE TRIGGER x INSERT ON t",
        "CREATE TRIGGER x INSERT ON t BEGIN SELECT 1;", "CREATE TRIGGER x INSERT ON t WHEN BEGIN",
        "CREATE TRIGGER x INSTEAD INSERT ON t BEGIN SELECT 1; END",
    ])
    func `other text is no trigger`(sql: String) {
        #expect(TriggerText(parsing: sql) == nil)
    }

    private func writesOwnRow(
        _ body: String, key: [String] = ["id"], keyIsRowid: Bool = false, table: String = "orders"
    ) throws -> Bool {
        let sql = "CREATE TRIGGER x AFTER UPDATE ON \(table) BEGIN \(body) END"
        let trigger = try #require(TriggerText(parsing: sql))
        return TriggerBody(trigger, tables: [SQLName(table)]).statements.allSatisfy {
            $0.onlyWritesItsOwnRow(of: table, key: key, keyIsRowid: keyIsRowid)
        }
    }

    @Test(arguments: [
        "UPDATE orders SET updated_at = CURRENT_TIMESTAMP WHERE id = NEW.id;",
        "update OR IGNORE \"Orders\" set a=1, (b, c)=(1, id) where orders.\"ID\" == new.id;",
        "DELETE FROM orders WHERE OLD.id = id;", "INSERT INTO log VALUES('orders', NEW.orders);",
        "UPDATE orders SET a = orders.a + (SELECT count(*) FROM log) WHERE id = OLD.id; SELECT 1;",
        "UPDATE orders SET a=1 WHERE rowid = NEW._rowid_;",
    ])
    func `a body that writes its own row is known`(body: String) throws {
        #expect(try writesOwnRow(body))
    }

    @Test(arguments: [
        "UPDATE orders SET a=1;", "UPDATE orders SET a=1 WHERE id > NEW.id;", "DELETE FROM orders;",
        "UPDATE orders SET a=1 WHERE id = NEW.parent;",
        "UPDATE orders SET a=1 WHERE parent = NEW.id;",
        "UPDATE orders SET a=1 WHERE id = NEW.id OR 1;",
        "UPDATE orders SET a=1 WHERE NOT id = NEW.id;",
        "UPDATE orders SET a=1 WHERE x BETWEEN 1 AND id = NEW.id;",
        "UPDATE orders SET a=(SELECT max(a) FROM orders) WHERE id = NEW.id;",
        "UPDATE orders SET id = 5 WHERE id = NEW.id;",
        "UPDATE orders SET (a, id) = (1, 2) WHERE id = NEW.id;",
        "UPDATE orders SET rowid = 5 WHERE id = NEW.id;",
        "UPDATE orders SET a=1 FROM log WHERE id = NEW.id;",
        "SELECT * FROM orders WHERE id = NEW.id;",
        "INSERT INTO orders VALUES(1);", "UPDATE log SET a=(SELECT 1 FROM main.orders);",
        "DELETE FROM orders WHERE id = NEW.id AND id = OLD.id;",
        "UPDATE orders SET a=1 WHERE rowid = NEW.id;",
        "UPDATE orders SET a=1 WHERE id = NEW.id; "
            + "DELETE FROM log WHERE id IN (SELECT id FROM orders);",
        "DELETE FROM log WHERE x = orders.id;", "UPDATE orders SET a=1 WHERE NEW.id = OLD.id;",
        "UPDATE orders SET a=1 WHERE id = NEW.id = 1;",
    ])
    func `a body that may touch another row is not`(body: String) throws {
        #expect(try !writesOwnRow(body))
    }

    @Test func `a key of two columns needs both, and only a rowid key is the rowid`() throws {
        let both = "UPDATE orders SET x=1 WHERE b = NEW.b AND a = NEW.a;"
        let rowid = "UPDATE orders SET x=1 WHERE rowid = NEW.id;"
        #expect(try writesOwnRow(both, key: ["a", "b"]))
        #expect(try !writesOwnRow(both, key: ["a"]))
        #expect(try !writesOwnRow(both, key: ["a", "b", "c"]))
        #expect(try writesOwnRow(rowid, keyIsRowid: true))
        #expect(try !writesOwnRow(rowid, keyIsRowid: false))
        #expect(try !writesOwnRow("DELETE FROM new WHERE new.id = new.id;", table: "new"))
        #expect(try !writesOwnRow("DELETE FROM orders WHERE id = NEW.id;", key: []))
    }
}
