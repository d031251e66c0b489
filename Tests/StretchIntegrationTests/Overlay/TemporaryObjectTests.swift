import StretchSQLite
import Testing

@testable import StretchCore
@testable import StretchEngine

/// Objects that the application has in schema temp, beside those of the overlay.
@Suite struct TemporaryObjectTests {
    private static let script =
        MigratedTwin.numbers + """
            CREATE TABLE names(n INTEGER PRIMARY KEY, name TEXT);
            INSERT INTO names SELECT n, 'name ' || n FROM t;
            CREATE TABLE few(n INTEGER PRIMARY KEY);
            INSERT INTO few SELECT n FROM t WHERE n % 3 = 0;
            CREATE TABLE log(a, b);
            CREATE VIEW named AS SELECT t.id, t.v, x.name FROM t JOIN names AS x USING (n);
            CREATE VIEW listed AS SELECT id, n FROM main.t WHERE n IN few
                AND n < (SELECT count(*) FROM names, (SELECT 1 FROM log UNION SELECT 2));
            CREATE VIEW common AS WITH c(n) AS (SELECT n FROM few WHERE n > 3), names AS (
                SELECT n AS m FROM c) SELECT id, m FROM t JOIN names ON m = n;
            CREATE VIEW nested AS SELECT named.id, named.name FROM named, log
                JOIN json_each('[1, 2]') ON value = 1;
            CREATE TRIGGER named_insert INSTEAD OF INSERT ON named
                WHEN (SELECT count(*) FROM names) > 0 BEGIN
                INSERT INTO t(id, v, n) SELECT NEW.id, NEW.v, n FROM names WHERE name = NEW.name;
                END;
            CREATE TRIGGER named_update INSTEAD OF UPDATE ON named BEGIN
                UPDATE t SET v = NEW.v WHERE id = OLD.id;
                INSERT INTO log VALUES(OLD.id, NEW.v); END;
            INSERT INTO log VALUES(1, 2);
            """

    private func compare(_ twin: MigratedTwin) throws {
        for view in ["named", "listed", "common", "nested"] { try twin.compare(view) }
        try twin.compare("t")
        try twin.both("SELECT * FROM main.log ORDER BY 1, 2")
    }

    @Test func `a view of the file means its tables whatever schema temp has`() throws {
        let twin = try MigratedTwin(Self.script)
        try compare(twin)
        for name in ["names", "few", "log", "c", "x", "json_each"] {
            try twin.both("CREATE TEMP TABLE \(name)(n, name, a, value)")
            try twin.both("INSERT INTO temp.\(name) VALUES(1, 'temporary', 1, 1)")
            try compare(twin)
        }
        try twin.both("INSERT INTO named(id, v, name) VALUES(100, 'new', 'name 7')")
        try twin.both("DROP TABLE temp.log")
        try twin.both("UPDATE named SET v = 'changed' WHERE id IN (2, 23, 100)")
        try compare(twin)
        // A change of the schema makes the overlay again.
        try twin.both("CREATE TABLE more(a)")
        try compare(twin)
        try twin.compareThroughMigrations()
    }

    @Test func `a trigger whose table is hidden by a temporary one is refused`() throws {
        let twin = try MigratedTwin(Self.script)
        try twin.database.execute("CREATE TEMP TABLE log(a, b)")
        expectError(.schemaMismatch, "\"log\" hides the table that it writes") {
            try twin.database.execute("UPDATE named SET v = 'x' WHERE id = 2")
        }
        try twin.database.execute("INSERT INTO named(id, v, name) VALUES(100, 'new', 'name 7')")
        try twin.database.execute("BEGIN; DROP TABLE temp.log; UPDATE named SET v = 'x'; ROLLBACK")
        expectError(.schemaMismatch, "hides") {
            try twin.database.execute("UPDATE named SET v = 'x' WHERE id = 2")
        }
        try twin.database.execute("DROP TABLE temp.log")
        try twin.database.execute("UPDATE named SET v = 'x' WHERE id = 2")
        #expect(try twin.database.query("SELECT * FROM log WHERE b = 'x'").rows == [[2, "x"]])
    }

    @Test func `what the application has in temp stays when the schema changes`() throws {
        let twin = try MigratedTwin(
            Self.script + """
                CREATE TRIGGER stretch_key_update_1 AFTER UPDATE ON log BEGIN SELECT 1; END;
                CREATE TRIGGER stretch_key_insert_1 INSTEAD OF DELETE ON named BEGIN
                    DELETE FROM t WHERE id = OLD.id; END;
                """)
        for sql in [
            "CREATE TEMP TABLE seen(a)",
            "CREATE TEMP VIEW stretch_mine AS SELECT count(*) AS n FROM named",
            "CREATE TEMP VIEW marked AS SELECT 1 /* stretch */",
            "CREATE TEMP TRIGGER stretch_log AFTER INSERT ON log BEGIN "
                + "INSERT INTO seen VALUES(1); END",
            "CREATE TEMP TRIGGER own INSTEAD OF DELETE ON listed BEGIN "
                + "INSERT INTO seen VALUES(OLD.id); DELETE FROM t WHERE id = OLD.id; END",
            "CREATE TEMP TRIGGER temp.other INSTEAD OF INSERT ON main.common BEGIN "
                + "INSERT INTO seen VALUES(NEW.id); END",
        ] {
            try twin.both(sql)
        }
        let names = """
            SELECT name FROM temp.sqlite_schema
            WHERE name IN ('stretch_mine', 'marked', 'stretch_log', 'own', 'other') ORDER BY name
            """
        for change in [
            "SELECT 1", "CREATE TABLE more(a)", "ALTER TABLE t ADD COLUMN w DEFAULT 5",
            "ALTER TABLE names RENAME TO named_numbers", "CREATE INDEX i ON t(n)", "VACUUM",
            "BEGIN", "CREATE TABLE again(a)", "ROLLBACK", "CREATE TABLE again(a)",
        ] {
            try twin.both(change)
            try twin.both(names)
            try twin.both("SELECT * FROM stretch_mine, marked")
            try twin.both("INSERT INTO log VALUES(3, 4)")
            try twin.both("DELETE FROM listed WHERE id = (SELECT max(id) FROM listed)")
            try twin.both("DELETE FROM named WHERE id = (SELECT max(id) FROM named)")
            try twin.both("INSERT INTO main.common VALUES(77, 1)")
            try twin.both("SELECT * FROM seen ORDER BY 1")
            try twin.compare("t")
        }
        try twin.both("DROP TRIGGER own")
        try twin.both("DROP TRIGGER stretch_log")
        try twin.both("DROP VIEW listed")
        try twin.both(names)
        try twin.compareThroughMigrations()
    }

    @Test func `a trigger of the application goes with its view, as in a plain file`() throws {
        let twin = try MigratedTwin(Self.script)
        try twin.both(
            "CREATE TEMP TRIGGER own INSTEAD OF DELETE ON named BEGIN SELECT 1; END")
        try twin.both("DROP VIEW nested")
        try twin.both("SELECT count(*) FROM temp.sqlite_schema WHERE name = 'own'")
        try twin.both("DROP VIEW named")
        try twin.both("SELECT count(*) FROM temp.sqlite_schema WHERE name = 'own'")
    }
}
