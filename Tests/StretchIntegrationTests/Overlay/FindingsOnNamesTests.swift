import Foundation
import StretchCatalog
import StretchMigration
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCore
@testable import StretchEngine

/// Findings 19–28: what a name means, and what a virtual table cannot be.
@Suite struct FindingsOnNamesTests {
    private static let shop = """
        CREATE TABLE customers(id INTEGER PRIMARY KEY, n INT);
        CREATE TABLE orders(id INTEGER PRIMARY KEY, customer INT, n INT);
        WITH c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 23)
        INSERT INTO customers SELECT n + 1, n FROM c;
        INSERT INTO orders SELECT id * 10, id, n FROM customers;
        """

    // Finding 19: refused, because a body in main sees hot rows only.
    @Test(arguments: [
        """
        CREATE TRIGGER gone AFTER DELETE ON customers BEGIN
            DELETE FROM orders WHERE customer = OLD.id; END;
        """,
        """
        CREATE TRIGGER counted AFTER INSERT ON customers BEGIN
            UPDATE customers SET n = (SELECT count(*) FROM orders) WHERE id = NEW.id; END;
        """,
    ])
    func `a table that another table's trigger uses is refused`(trigger: String) throws {
        let twin = try MigratedTwin(FindingsOnNamesTests.shop + trigger, [])
        expectError(.unsupported, "trigger") {
            try twin.database.tables["orders"].enable(filter: "n < 20")
        }
    }

    // Finding 19: foreign keys into and out of cold rows.
    @Test(arguments: ["", "ON DELETE RESTRICT", "ON DELETE CASCADE", "ON DELETE SET NULL"])
    func `foreign keys reach cold rows on both sides`(action: String) throws {
        let script = FindingsOnNamesTests.shop.replacingOccurrences(
            of: "customer INT", with: "customer INT REFERENCES customers \(action)")
        let twin = try MigratedTwin(script, [("orders", "n < 20"), ("customers", "n < 20")])
        try twin.database.migrate()
        try twin.both("PRAGMA foreign_keys = ON")
        for sql in [
            "DELETE FROM customers WHERE id = 3", "DELETE FROM customers WHERE id = 23",
            "INSERT INTO orders VALUES(1000, 5, 50)", "INSERT INTO orders VALUES(1001, 500, 50)",
            "UPDATE orders SET customer = 7 WHERE id = 230",
            "UPDATE orders SET customer = 700 WHERE id = 40",
            "UPDATE customers SET id = 900 WHERE id = 8",
            "DELETE FROM orders WHERE customer = 9", "DELETE FROM customers WHERE id = 9",
        ] {
            try twin.both(sql)
            try twin.compare("customers", "\(sql)")
            try twin.compare("orders", "\(sql)")
        }
        let orphans = try twin.database.verify().tables.reduce(0) { $0 + $1.orphanRowCount }
        #expect(orphans == 0)
        try twin.compareThroughMigrations("orders")
    }

    // Finding 20.
    @Test(arguments: [
        "PRAGMA temp_store = memory", "DROP TABLE t", "DROP TABLE IF EXISTS temp.t",
        "ALTER TABLE t RENAME TO u",
    ])
    func `what would make the overlay vanish is refused`(sql: String) throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        #expect(throws: StretchError.self) { try twin.database.execute(sql) }
        try twin.compare()
        #expect(try twin.hotRowCount() == 4)
    }

    // Finding 20: also where the rewrite does not see the statement.
    @Test(arguments: ["DROP TABLE t", "ALTER TABLE temp.t RENAME TO u"])
    func `the overlay refuses to be dropped or renamed`(sql: String) throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        try twin.compare()
        #expect(throws: SQLiteError.self) { try twin.database.connection.execute(sql) }
        try twin.compare()
        #expect(try twin.hotRowCount() == 4)
    }

    // Finding 21.
    @Test func `views over the table read and write hot and cold rows`() throws {
        let twin = try MigratedTwin(
            MigratedTwin.numbers + """
                CREATE VIEW low AS SELECT id, v FROM t WHERE n < 10;
                CREATE VIEW lower AS SELECT * FROM low WHERE id < 5;
                CREATE TRIGGER low_insert INSTEAD OF INSERT ON low BEGIN
                    INSERT INTO t(v, n) VALUES(NEW.v, 0); END;
                CREATE TRIGGER low_delete INSTEAD OF DELETE ON low BEGIN
                    DELETE FROM t WHERE id = OLD.id; END;
                """)
        try twin.both("SELECT * FROM lower ORDER BY id")
        try twin.both("DELETE FROM lower WHERE id = 2")
        _ = try? twin.both("DELETE FROM low WHERE id = 3")
        _ = try? twin.both("INSERT INTO low(v) VALUES('through')")
        try twin.compare()
        try twin.both("DROP VIEW lower")
        try twin.both("CREATE VIEW lower AS SELECT id FROM t WHERE n < 3")
        try twin.both("SELECT * FROM lower ORDER BY id")
        try twin.both("CREATE VIEW later AS SELECT count(*) FROM t")
        try twin.both("SELECT * FROM later")
        try twin.runNatively("CREATE VIEW others AS SELECT sum(n) FROM t")
        try twin.plain.execute("CREATE VIEW others AS SELECT sum(n) FROM t")
        try twin.both("SELECT * FROM others")
    }

    // Finding 22.
    @Test func `definitions and pragmas mean the table itself`() throws {
        let twin = try MigratedTwin(
            "CREATE TABLE p(id INTEGER PRIMARY KEY);" + """
                CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT NOT NULL DEFAULT 'x', n INT,
                    p INT REFERENCES p(id));
                INSERT INTO t(id, n) VALUES(1, 1), (2, 2), (3, 30);
                """)
        for sql in [
            "CREATE INDEX IF NOT EXISTS t_v ON t(v)", "CREATE INDEX IF NOT EXISTS t_v ON t(v)",
            "CREATE UNIQUE INDEX t_u ON t(v, id)", "PRAGMA table_info(t)", "PRAGMA table_xinfo(t)",
            "PRAGMA index_list(t)", "PRAGMA foreign_key_list(t)",
            "ALTER TABLE t ADD COLUMN extra TEXT DEFAULT 'e'", "SELECT * FROM t ORDER BY id",
            "UPDATE t SET extra = 'set' WHERE id = 1", "ALTER TABLE t RENAME COLUMN extra TO more",
            "SELECT more FROM t ORDER BY id", "ALTER TABLE t DROP COLUMN v", "DROP INDEX t_v",
            "BEGIN", "ALTER TABLE t RENAME COLUMN more TO less", "SELECT less FROM t ORDER BY id",
            "ROLLBACK", "SELECT more FROM t ORDER BY id", "DROP INDEX t_u",
            "CREATE INDEX t_n ON t(n)", "ALTER TABLE t DROP COLUMN v",
            "SELECT * FROM t ORDER BY id",
            "ALTER TABLE t ADD COLUMN v INT", "SELECT * FROM t ORDER BY id",
        ] {
            try twin.both(sql)
        }
        try twin.compareThroughMigrations()
    }

    @Test func `statistics, indexes, triggers and pragma functions are the table's`() throws {
        let twin = try MigratedTwin(
            MigratedTwin.numbers + """
                CREATE INDEX t_n ON t(n); CREATE TABLE log(x); CREATE TABLE u(a PRIMARY KEY);
                CREATE TRIGGER t_insert AFTER INSERT ON t BEGIN INSERT INTO log VALUES(NEW.id); END;
                CREATE VIEW w AS SELECT id, v FROM t;
                CREATE TRIGGER w_delete INSTEAD OF DELETE ON w BEGIN SELECT 1; END;
                """)
        try twin.both("ANALYZE t")
        let statistics = "SELECT idx FROM sqlite_stat1 WHERE tbl = 't'"
        #expect(try twin.database.query(statistics).rows == [["t_n"]])
        try twin.both("REINDEX t")
        let columns = "SELECT p.* FROM "
        for sql in [
            columns + "pragma_table_info('t') AS p", columns + "pragma_table_xinfo(\"T\") AS p",
            columns + "pragma_index_list('t') AS p", columns + "pragma_table_info('u') AS p",
            "SELECT m.name, p.name, p.pk FROM sqlite_schema AS m, pragma_table_info(m.name) AS p "
                + "WHERE m.name IN ('t', 'u', 'log')",
        ] {
            try twin.both(sql)
        }
        try twin.both("SELECT p.name FROM pragma_table_info(?) AS p WHERE p.pk = ?", "t", 1)
        try twin.both("DELETE FROM w")
        try twin.both("DROP TRIGGER w_delete")
        try twin.both("DELETE FROM w")
        try twin.both("DROP TRIGGER t_insert")
        try twin.both("INSERT INTO t(v, n) VALUES('x', 90)")
        try twin.both("SELECT * FROM log")
        expectError(.wrongState, "overlay") {
            try twin.database.execute("DROP TRIGGER temp.stretch_key_insert_1")
        }
        try twin.compareThroughMigrations()
    }

    // Finding 23.
    @Test func `an INSERT from the table into itself ends`() throws {
        let twin = try MigratedTwin(
            MigratedTwin.numbers + "CREATE VIEW everything AS SELECT v, n FROM t;")
        for source in ["t", "main.t", "everything"] {
            let sql = "INSERT INTO t(v, n) SELECT v, n FROM \(source)"
            if source == "main.t" {
                // The hot rows alone, on the stretched side: only the end matters here.
                let count = try twin.hotRowCount()
                try twin.database.execute(sql)
                #expect(try twin.hotRowCount() == count * 2)
                return
            }
            try twin.both(sql)
            #expect(
                try twin.database.query("SELECT count(*) FROM t").rows
                    == twin.plain.rows("SELECT count(*) FROM t"))
            try twin.database.execute("DELETE FROM t WHERE id > 24")
            try twin.plain.execute("DELETE FROM t WHERE id > 24")
            try twin.compare()
        }
    }

    // Finding 24, limit: a virtual table evaluates SET before the first row is written.
    @Test func `an UPDATE that reads its own changes reads the rows before it`() throws {
        let twin = try MigratedTwin(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, n INT);"
                + "INSERT INTO t VALUES(1, 1), (2, 1), (3, 1), (4, 1), (5, 90);")
        let sql = "UPDATE t SET n = 1 + (SELECT coalesce(sum(n), 0) FROM t AS o WHERE o.id < t.id)"
        try twin.database.execute(sql)
        #expect(
            try twin.database.query("SELECT n FROM t ORDER BY id").rows
                == [[1], [2], [3], [4], [5]])
        try twin.plain.execute(sql)
        #expect(
            try twin.plain.rows("SELECT n FROM t ORDER BY id") == [[1], [2], [4], [8], [16]])
    }

    // Finding 25.
    @Test func `generated columns are read, and neither given nor set`() throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, n INT, d AS (n * 2) STORED, e AS (n + d));
            WITH c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 23)
            INSERT INTO t(n) SELECT n FROM c;
            """)
        for sql in [
            "SELECT * FROM t ORDER BY id", "SELECT e FROM t WHERE d = 10 OR e = 66 ORDER BY id",
            "INSERT INTO t VALUES(100, 5)", "INSERT INTO t(n) VALUES(6)",
            "INSERT INTO t(n, d) VALUES(6, 7)", "UPDATE t SET n = n + 100 WHERE id IN (2, 22)",
            "UPDATE t SET d = 1 WHERE id = 2", "DELETE FROM t WHERE e = 9",
        ] {
            if case .error = try twin.both(sql) { continue }
            try twin.compare("t", "\(sql)")
        }
        try twin.compareThroughMigrations()
    }

    // Finding 26.
    @Test func `a composite key without rowid is written`() throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE t(a TEXT COLLATE NOCASE, b INT, n INT, PRIMARY KEY(a, b)) WITHOUT ROWID;
            WITH c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 23)
            INSERT INTO t SELECT 'K' || (n / 3), n, n FROM c;
            CREATE TABLE other(x); INSERT INTO other(rowid) VALUES(777);
            """)
        for sql in [
            "INSERT INTO other(rowid) VALUES(778)", "INSERT INTO t VALUES('k1', 3, 50)",
            "INSERT INTO t VALUES('k1', 3, 50) ON CONFLICT(a, b) DO UPDATE SET n = 55",
            "UPDATE t SET n = 60 WHERE a = 'k2'", "UPDATE t SET b = 22 WHERE b = 2",
            "UPDATE t SET b = b + 100 WHERE a = 'K7'", "DELETE FROM t WHERE a IN ('k0', 'k7')",
            "INSERT INTO t VALUES('neu', 1, 1)",
        ] {
            try twin.both(sql)
            try twin.compare("t", "\(sql)")
        }
        let last = try twin.database.query("SELECT last_insert_rowid()").rows
        #expect(last == [[778]])
        try twin.compareThroughMigrations()
    }

    // Finding 27, limit: enabling names the constraint, and nothing wedges.
    @Test func `a value that is unique on each side only wedges nothing`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers, [])
        try twin.database.execute("CREATE UNIQUE INDEX t_v ON t(v)")
        let report = try twin.database.tables["t"].enable(
            filter: "n < 20", uniqueScope: .local)
        #expect(report.unenforcedConstraints == ["UNIQUE (v)"])
        try twin.database.migrate()
        try twin.database.execute("INSERT INTO t(v, n) VALUES('v2', 50), ('v3', 50)")
        let select = "SELECT count(*) FROM t WHERE v IN ('v2', 'v3')"
        #expect(try twin.database.query(select).rows == [[4]])
        // The cold row itself can go; it cannot become hot beside the other one.
        try twin.database.execute("DELETE FROM t WHERE id = 3")
        expectConstraint { try twin.database.execute("UPDATE t SET n = 40 WHERE id = 4") }
        #expect(try twin.database.query(select).rows == [[3]])
        expectError(.wrongState, "4") { try twin.database.tables["t"].bringBack() }
        #expect(try twin.database.query(select).rows == [[3]])
        #expect(try twin.database.query("SELECT count(*) FROM t").rows == [[25]])
        try twin.database.execute("UPDATE t SET v = 'free' WHERE n = 50 AND v = 'v3'")
        try twin.database.tables["t"].bringBack()
        #expect(try twin.hotRowCount() == 25)
    }

    private func expectConstraint(_ body: () throws -> Void) {
        let error = #expect(throws: StretchError.self) { try body() }
        #expect(
            (error?.cause as? SQLiteError)?.isConstraint ?? false, "\(String(describing: error))")
    }

    // Finding 28.
    @Test func `the content of a full-text table is refused`() throws {
        let twin = try MigratedTwin(
            MigratedTwin.numbers
                + "CREATE VIRTUAL TABLE f USING fts5(v, content='t', content_rowid='id');",
            [])
        expectError(.unsupported, "full-text") {
            try twin.database.tables["t"].enable(filter: "n < 20")
        }
    }
}
