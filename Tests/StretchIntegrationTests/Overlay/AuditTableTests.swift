import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchEngine

/// Tables that the triggers of other tables write and read.
@Suite struct AuditTableTests {
    private static let script = """
        CREATE TABLE cust(id INTEGER PRIMARY KEY, n INT, s TEXT);
        CREATE TABLE hist(id INTEGER PRIMARY KEY, c INT, n INT);
        CREATE INDEX hc ON hist(c);
        CREATE TABLE log(x);
        INSERT INTO cust VALUES(1, 10, 'a'), (2, 20, 'b'), (3, 30, 'c');
        INSERT INTO hist VALUES(1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 1, 4), (5, 2, 5), (6, 3, 6);
        """

    private func twin(_ more: String = "") throws -> MigratedTwin {
        try MigratedTwin(Self.script + more, [("hist", "id < 5")])
    }

    private func compare(_ twin: MigratedTwin) throws {
        for table in ["cust", "hist", "log"] { try twin.compare(table) }
    }

    // MARK: Triggers that come later

    private static let right = [
        "INSERT INTO hist VALUES(NEW.id, NEW.id, 0) ON CONFLICT(id) DO UPDATE SET n = hist.n + 9;",
        "INSERT OR IGNORE INTO hist VALUES(NEW.id, 0, 0); INSERT INTO hist(c) VALUES(NEW.id);",
        "REPLACE INTO hist VALUES(NEW.id, 9, 9);",
        "UPDATE hist SET n = n + 500 WHERE c = NEW.id;",
        "DELETE FROM hist WHERE OLD.id = c AND n < 5;",
        "INSERT INTO log SELECT count(*) FROM hist AS h WHERE h.c = NEW.id;",
        "UPDATE log SET x = x + (SELECT total(n) FROM main.hist WHERE c IN (NEW.id, 3));",
    ]

    @Test(arguments: right, ["BEFORE", "AFTER"])
    func `a trigger that comes later finds cold rows as well`(body: String, time: String) throws {
        let trigger = "CREATE TRIGGER au \(time) UPDATE OF n ON cust BEGIN \(body) END"
        for isNative in [true, false] {
            let twin = try twin("INSERT INTO log VALUES(1);")
            try compare(twin)
            try twin.plain.execute(trigger)
            if isNative {
                try twin.runNatively(trigger)
            } else {
                try twin.database.execute(trigger)
            }
            try twin.both("UPDATE cust SET n = n + 1 WHERE id < 3")
            try compare(twin)
            #expect(try twin.database.status().tables.allSatisfy { $0.problem == nil })
            #expect(try twin.database.migrate().waiting.isEmpty)
            try twin.both("UPDATE cust SET n = n + 1")
            try compare(twin)
            try twin.compareThroughMigrations("hist")
        }
    }

    private static let wrong = [
        ("UPDATE hist SET n = n + 500;", "reads all of \"hist\""),
        ("UPDATE hist SET n = n + 500 WHERE n = NEW.id;", "without an index"),
        ("DELETE FROM hist WHERE c > NEW.id;", "reads all of \"hist\""),
        ("DELETE FROM hist WHERE id = (SELECT max(x) FROM log);", "reads all of \"hist\""),
        ("INSERT INTO hist SELECT max(id) + 1000, 1, 1 FROM hist;", "reads all of \"hist\""),
        ("INSERT INTO log SELECT count(*) FROM w;", "uses view \"w\""),
        ("INSERT INTO log SELECT n FROM (hist) WHERE c = NEW.id;", "cannot follow"),
        ("UPDATE hist SET n = 1 WHERE id = last_insert_rowid();", "reads all of \"hist\""),
    ]

    @Test(arguments: wrong, ["BEFORE", "AFTER"])
    func `a trigger that comes later and is not right stops what would fire it`(
        body: (text: String, reason: String), time: String
    ) throws {
        let trigger = "CREATE TRIGGER au \(time) UPDATE OF n ON cust BEGIN \(body.text) END"
        for isNative in [true, false] {
            let twin = try twin(
                "CREATE VIEW v AS SELECT * FROM hist; CREATE VIEW w AS SELECT * FROM v;")
            try compare(twin)
            try twin.plain.execute(trigger)
            if isNative {
                try twin.runNatively(trigger)
            } else {
                try twin.database.execute(trigger)
            }
            expectError(.unsupported, body.reason) {
                try twin.database.execute("UPDATE cust SET n = 0")
            }
            expectError(.unsupported, "trigger \"au\" on table \"cust\"") {
                try twin.database.execute("UPDATE cust SET n = 0 WHERE id = 1")
            }
            // Whatever does not fire it goes on.
            for sql in [
                "UPDATE cust SET s = 'x'", "INSERT INTO cust VALUES(4, 4, 'd')",
                "DELETE FROM cust WHERE id = 4", "UPDATE hist SET n = n + 1 WHERE id < 3",
            ] {
                try twin.both(sql)
            }
            try compare(twin)
            #expect(
                try twin.database.status().tables[0].problem?.contains("trigger \"au\"") ?? false)
            #expect(try twin.database.migrate().waiting.map(\.table) == ["hist"])
            try twin.both("DROP TRIGGER au")
            try twin.both("UPDATE cust SET n = 0")
            try compare(twin)
            #expect(try twin.database.migrate().waiting.isEmpty)
        }
    }

    @Test(arguments: wrong)
    func `a trigger that would see hot rows only is refused with its reason`(
        body: (text: String, reason: String)
    ) throws {
        let twin = try MigratedTwin(
            Self.script + """
                CREATE VIEW v AS SELECT * FROM hist; CREATE VIEW w AS SELECT * FROM v;
                CREATE TRIGGER au AFTER UPDATE ON cust BEGIN \(body.text) END;
                """, [])
        expectError(.unsupported, body.reason) {
            try twin.database.tables["hist"].enable(filter: "id < 5")
        }
    }

    @Test func `a trigger that comes within a transaction is seen at the next statement`() throws {
        let twin = try twin()
        try twin.both("BEGIN")
        try twin.both("UPDATE cust SET n = 1")
        try twin.both(
            "CREATE TRIGGER au AFTER UPDATE ON cust BEGIN DELETE FROM hist WHERE c = NEW.id; END")
        try twin.both("UPDATE cust SET n = 2 WHERE id = 1")
        try compare(twin)
        try twin.both("ROLLBACK")
        try twin.both("UPDATE cust SET n = 2")
        try compare(twin)
    }

    @Test func `a statement prepared before another program's trigger finds cold rows`() throws {
        let twin = try twin()
        let statement = try twin.database.prepare("UPDATE cust SET n = n + 1 WHERE id = 1")
        try statement.run()
        try twin.plain.execute("UPDATE cust SET n = n + 1 WHERE id = 1")
        let trigger = """
            CREATE TRIGGER au AFTER UPDATE ON cust BEGIN DELETE FROM hist WHERE c = NEW.id; END
            """
        try twin.plain.execute(trigger)
        try twin.runNatively(trigger)
        try statement.run()
        try twin.plain.execute("UPDATE cust SET n = n + 1 WHERE id = 1")
        try compare(twin)
    }

    @Test func `a prepared statement finds cold rows for a trigger of its own transaction`() throws
    {
        let twin = try twin()
        let statement = try twin.database.prepare("UPDATE cust SET n = n + 1 WHERE id < 3")
        func runBoth() throws {
            try statement.run()
            try twin.plain.execute("UPDATE cust SET n = n + 1 WHERE id < 3")
            try compare(twin)
        }
        try runBoth()
        for body in ["DELETE FROM hist WHERE c = NEW.id AND n < 3;", "SELECT count(*) FROM hist;"] {
            try twin.both("BEGIN")
            try twin.both("INSERT INTO log VALUES(1)")
            try twin.both("CREATE TRIGGER au AFTER UPDATE ON cust BEGIN \(body) END")
            if body.contains("count") {
                #expect(throws: SQLiteError.self) { try statement.run() }
                try twin.both("DROP TRIGGER au")
            }
            try runBoth()
            try twin.both("ROLLBACK")
            try runBoth()
        }
    }

    // MARK: Limits

    @Test func `more cold rows than a trigger may use are an error that changes nothing`() throws {
        let twin = try twin(
            """
            WITH c(n) AS (SELECT 100 UNION ALL SELECT n + 1 FROM c WHERE n < 1100)
            INSERT INTO hist SELECT -n, 7, n FROM c;
            CREATE TRIGGER au AFTER UPDATE ON cust
            BEGIN INSERT INTO log VALUES(1); DELETE FROM hist WHERE c = NEW.n; END;
            """)
        expectError(.unsupported, "trigger \"au\" uses more than 1000 cold rows of \"hist\"") {
            try twin.database.execute("UPDATE cust SET n = id + 4")
        }
        try compare(twin)
        try twin.both("DELETE FROM hist WHERE n = 100")
        try twin.both("UPDATE cust SET n = id + 4")
        try compare(twin)
    }

    @Test(arguments: [
        ("INT", "INT", true), ("INT", "TEXT", true), ("TEXT", "TEXT", true),
        ("TEXT COLLATE NOCASE", "TEXT", true), ("TEXT", "TEXT COLLATE NOCASE", true),
        ("", "", true), ("TEXT", "", true), ("REAL", "INT", true), ("NUMERIC", "", true),
        ("TEXT", "INT", false), ("", "INT", false), ("", "TEXT", false),
    ])
    func `columns of other types are compared as SQLite compares them`(
        column: String, image: String, isAccepted: Bool
    ) throws {
        let values = "(1), ('1'), ('01'), (1.5), ('a'), ('A'), ('0x10'), (x'31'), (NULL), ('1e0')"
        for condition in ["c = NEW.k", "NEW.k = c", "c IN (NEW.k, 'A')"] {
            let script = """
                CREATE TABLE cust(id INTEGER PRIMARY KEY, k \(image));
                CREATE TABLE hist(id INTEGER PRIMARY KEY, c \(column), n INT DEFAULT 0);
                CREATE INDEX hc ON hist(c);
                INSERT INTO hist(c) VALUES \(values), (16);
                INSERT INTO cust(k) VALUES \(values);
                CREATE TRIGGER au AFTER UPDATE ON cust
                BEGIN UPDATE hist SET n = n + NEW.id * NEW.id WHERE \(condition); END;
                """
            let isList = condition.contains("IN")
            guard isAccepted || isList else {
                expectError(.unsupported, "reads all of") {
                    _ = try MigratedTwin(script, [("hist", "id < 11")])
                }
                continue
            }
            let twin = try MigratedTwin(script, [("hist", "id < 11")])
            for id in 1...10 {
                try twin.both("UPDATE cust SET k = k WHERE id = \(id)")
                try twin.compare("hist", "\(condition), row \(id)")
            }
        }
    }

    @Test(arguments: [
        "c INT, d TEXT, n INT, PRIMARY KEY(c, d)) WITHOUT ROWID", "c INT, d TEXT, n INT)",
        "d TEXT PRIMARY KEY, c INT, n INT)",
    ])
    func `tables of every kind of key are found, also beside INSERT triggers`(
        definition: String
    ) throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE cust(id INTEGER PRIMARY KEY, n INT);
            CREATE TABLE hist(\(definition);
            CREATE INDEX hc ON hist(c);
            CREATE TABLE log(x);
            CREATE TRIGGER hi AFTER INSERT ON hist BEGIN INSERT INTO log VALUES(NEW.n); END;
            CREATE TRIGGER au AFTER UPDATE ON cust BEGIN
                UPDATE hist SET n = n + 100 WHERE c = NEW.id AND d <> 'k1';
                INSERT OR IGNORE INTO hist(c, d, n) VALUES(NEW.id, 'k' || NEW.id, 0);
                INSERT INTO log SELECT 'sum ' || total(n) FROM hist WHERE c = OLD.id;
            END;
            CREATE TRIGGER ad BEFORE DELETE ON cust BEGIN DELETE FROM hist WHERE c = OLD.id; END;
            INSERT INTO cust VALUES(1, 1), (2, 2), (3, 3), (4, 4);
            INSERT INTO hist(c, d, n) VALUES(1, 'k1', 1), (1, 'k2', 2), (2, 'k3', 3), (3, 'k4', 4),
                (3, 'k5', 5), (4, 'k6', 6);
            """, [("hist", "n < 5")])
        for sql in [
            "UPDATE cust SET n = 0 WHERE id < 3", "DELETE FROM cust WHERE id IN (1, 3)",
            "UPDATE cust SET n = 1",
        ] {
            try twin.both(sql)
            for table in ["cust", "hist", "log"] { try twin.compare(table, "\(sql)") }
        }
        try twin.compareThroughMigrations("hist")
    }

    @Test func `enabling a table names the triggers that need Stretch`() throws {
        let twin = try MigratedTwin(
            Self.script + """
                CREATE TRIGGER au AFTER UPDATE ON cust BEGIN DELETE FROM hist WHERE c = NEW.id; END;
                CREATE TRIGGER ai AFTER INSERT ON cust BEGIN INSERT INTO hist(c) VALUES(1); END;
                """, [])
        let advice = try twin.database.tables["hist"].enable(filter: "id < 5").advice
        #expect(advice.contains { $0.contains("Trigger \"au\" on \"cust\" uses rows of \"hist\"") })
        #expect(!advice.contains { $0.contains("\"ai\"") })
    }

    @Test func `triggers that do not fire neither refuse nor make rows hot`() throws {
        let twin = try twin(
            """
            CREATE TRIGGER au AFTER UPDATE ON cust WHEN NEW.n > 100
                BEGIN DELETE FROM hist WHERE c = NEW.id; END;
            """)
        try twin.both("UPDATE cust SET n = n + 1")
        #expect(try twin.hotRowCount("hist") == 2)
        try twin.runNatively(
            "CREATE TRIGGER ai AFTER INSERT ON cust WHEN NEW.n > 100 BEGIN DELETE FROM hist; END")
        try twin.both("INSERT INTO cust VALUES(8, 1, '')")
        expectError(.unsupported, "trigger \"ai\"") {
            try twin.database.execute("INSERT INTO cust VALUES(9, 101, '')")
        }
        try compare(twin)
    }

    // MARK: The table's own triggers

    @Test(arguments: [true, false])
    func `triggers that fire one another are right unless an UPDATE starts them`(
        isCustomerStretched: Bool
    ) throws {
        let twin = try MigratedTwin(
            Self.script + """
                CREATE TRIGGER latest AFTER INSERT ON hist
                BEGIN UPDATE hist SET n = -1 WHERE c = NEW.c AND id <> NEW.id; END;
                CREATE TRIGGER gone AFTER DELETE ON hist
                BEGIN UPDATE hist SET c = OLD.c WHERE c = OLD.id; END;
                CREATE TRIGGER counted AFTER UPDATE ON hist
                BEGIN UPDATE cust SET n = n + 1 WHERE id = NEW.c; END;
                """, [("hist", "id < 5")] + (isCustomerStretched ? [("cust", "id < 3")] : []))
        for sql in [
            "INSERT INTO hist(c, n) VALUES(1, 7), (2, 8)", "DELETE FROM hist WHERE id IN (1, 2, 3)",
            "UPDATE hist SET n = n + 1 WHERE id < 5", "DELETE FROM hist WHERE c = 2",
        ] {
            try twin.both(sql)
            try compare(twin)
        }
        try twin.runNatively(
            "CREATE TRIGGER back AFTER UPDATE ON cust BEGIN DELETE FROM hist WHERE c = NEW.id; END")
        expectError(.unsupported, "while an UPDATE of \"hist\" runs") {
            try twin.database.execute("UPDATE cust SET n = 5")
        }
        try compare(twin)
    }

    @Test(arguments: ["BEFORE", "AFTER"], ["id < 4", "id > 0", "id > 3", "id < 0"])
    func `rows that a deletion's own trigger deletes do not count`(
        time: String, filter: String
    ) throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, p INT, n INT);
            CREATE INDEX tp ON t(p);
            CREATE TABLE log(x);
            CREATE TRIGGER td \(time) DELETE ON t BEGIN
                INSERT INTO log SELECT OLD.id || ' of ' || count(*) FROM t WHERE p = OLD.p;
                DELETE FROM t WHERE p = OLD.id; UPDATE t SET n = n + 1 WHERE p = OLD.p;
            END;
            INSERT INTO t VALUES(1, NULL, 0), (2, 1, 0), (3, 1, 0), (4, 2, 0), (5, 2, 0), (6, 4, 0);
            """, [("t", filter)])
        for sql in [
            "DELETE FROM t WHERE id IN (1, 2)", "DELETE FROM t WHERE n > 0", "DELETE FROM t",
        ] {
            try twin.both(sql)
            try twin.compare("t", "\(sql)")
            try twin.compare("log", "\(sql)")
        }
    }

    @Test(arguments: [0, 1])
    func `counts that triggers keep beside cascades are right`(foreignKeys: Int) throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE orders(id INTEGER PRIMARY KEY, next INT, n INT DEFAULT 0);
            CREATE TABLE items(id INTEGER PRIMARY KEY, o INT REFERENCES orders ON DELETE CASCADE);
            CREATE INDEX io ON items(o);
            CREATE TRIGGER added AFTER INSERT ON items
            BEGIN UPDATE orders SET n = n + 1 WHERE id = NEW.o; END;
            CREATE TRIGGER removed AFTER DELETE ON items BEGIN
                UPDATE orders SET n = n - 1 WHERE id = OLD.o; DELETE FROM orders WHERE id = OLD.id;
            END;
            INSERT INTO orders(id) VALUES(1), (2), (3), (4), (5), (6), (7);
            INSERT INTO items VALUES(1, 7), (2, 1), (3, 2), (14, 4), (15, 5), (5, 5);
            """, [("items", "id < 10"), ("orders", "id < 5")])
        try twin.both("PRAGMA foreign_keys = \(foreignKeys)")
        for sql in [
            "INSERT INTO items VALUES(20, 4), (21, 6)", "DELETE FROM items WHERE id IN (14, 20)",
            "DELETE FROM orders WHERE id IN (1, 2, 3)", "DELETE FROM orders",
        ] {
            try twin.both(sql)
            try twin.compare("orders", "\(sql)")
            try twin.compare("items", "\(sql)")
        }
    }

    @Test func `the clause of a trigger's statement is its own also for a cold row`() throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE once(k UNIQUE);
            CREATE TABLE t(id INTEGER PRIMARY KEY, k, n INT);
            CREATE TRIGGER tu AFTER UPDATE ON t BEGIN INSERT OR IGNORE INTO once VALUES(NEW.k); END;
            INSERT INTO t VALUES(1, 'a', 1), (2, 'a', 2), (3, 'a', 3);
            """, [("t", "id < 3")])
        try twin.both("UPDATE t SET n = n + 1")
        try twin.compare("t")
        try twin.compare("once")
    }

    // MARK: Hostile and strange texts

    @Test func `names in any quotes, comments, and names of TEMP objects mean main's`() throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE "c""u'st"("i""d" INTEGER PRIMARY KEY, [select] INT);
            CREATE TABLE "hi st"("i d" INTEGER PRIMARY KEY, "WHERE" INT, n INT);
            CREATE INDEX hw ON "hi st"("WHERE");
            CREATE TABLE log(x);
            INSERT INTO "c""u'st" VALUES(1, 1), (2, 2);
            INSERT INTO "hi st" VALUES(1, 1, 1), (2, 2, 2), (3, 1, 3);
            CREATE TRIGGER "a""u'x" /* ; END */ AFTER UPDATE OF [select] ON "c""u'st" -- BEGIN
            WHEN NEW . "select" <> 'hi st' BEGIN
                UPDATE "hi st" SET n = n + 1 /* WHERE */ WHERE "hi st".`WHERE` = nEw."i""d";
                INSERT INTO log SELECT 'hi st; END' || count(*) FROM [hi st]
                    WHERE "WHERE" = OLD."i""d";
            END;
            """, [("hi st", "n < 3")])
        let update = "UPDATE main.\"c\"\"u'st\" SET [select] = 5"
        for name in ["log", "\"c\"\"u'st\"", "cust", "NEW", "stretch_mirror_0"] {
            try twin.database.execute("CREATE TEMP TABLE \(name)(x, n)")
        }
        try twin.both(update)
        for table in ["main.log", "\"hi st\"", "main.\"c\"\"u'st\""] { try twin.compare(table) }
        #expect(try twin.database.query("SELECT count(*) FROM temp.log").rows == [[0]])
    }

    @Test func `a mirror calls no function that the file's trigger names`() throws {
        let twin = try twin()
        try twin.runNatively(
            """
            CREATE TRIGGER au AFTER UPDATE ON cust WHEN stretch_refuse('owned', 'owned') BEGIN
            DELETE FROM hist WHERE c = NEW.id AND stretch_refuse('owned', 'owned'); END;
            """)
        #expect(throws: StretchError.self) { try twin.database.execute("UPDATE cust SET n = 0") }
        let texts = try twin.database.query("SELECT sql FROM sqlite_temp_schema").rows
        #expect(!"\(texts)".contains("owned"))
        try compare(twin)
    }

    @Test func `an INSTEAD OF trigger of any view finds cold rows`() throws {
        let twin = try twin(
            """
            CREATE VIEW names AS SELECT id, s FROM cust;
            CREATE VIEW whole AS SELECT * FROM hist;
            CREATE TRIGGER nu INSTEAD OF UPDATE ON names BEGIN
                UPDATE hist SET n = n + 1 WHERE c = OLD.id;
                UPDATE cust SET s = NEW.s WHERE id = OLD.id;
            END;
            CREATE TRIGGER wd INSTEAD OF DELETE ON whole
                BEGIN DELETE FROM hist WHERE c = OLD.c; END;
            CREATE TRIGGER ci AFTER INSERT ON cust BEGIN
                UPDATE names SET s = 'new' WHERE id = NEW.n; END;
            """)
        for sql in [
            "UPDATE names SET s = 'z' WHERE id < 3", "INSERT INTO cust VALUES(7, 3, 'g')",
            "DELETE FROM whole WHERE id = 3",
        ] {
            try twin.both(sql)
            try compare(twin)
        }
        try twin.runNatively(
            "CREATE TRIGGER nd INSTEAD OF DELETE ON names BEGIN DELETE FROM hist WHERE n > 0; END")
        expectError(.unsupported, "trigger \"nd\" on table \"names\"") {
            try twin.database.execute("DELETE FROM names")
        }
        try compare(twin)
    }

    // MARK: Applications

    @Test(arguments: MigratedTwin.Remote.allCases)
    func `a chat server's check, a browser's counts, a calendar's cache and an audit log`(
        remote: MigratedTwin.Remote
    ) throws {
        let twin = try MigratedTwin(
            Self.applications,
            [
                ("events", "stream_ordering < 6"), ("moz_places", "id < 6"),
                ("OccurrenceCache", "day < 6"), ("audit", "id < 6"), ("orders", "id < 6"),
            ], on: remote)
        for sql in [
            "INSERT INTO partial_state_events VALUES('!a', '$3')",
            "INSERT INTO partial_state_events VALUES('!wrong', '$4')",
            "INSERT INTO moz_historyvisits VALUES(20, 3, 500), (21, 3, 400), (22, 9, 100)",
            "DELETE FROM moz_historyvisits WHERE place_id IN (2, 3)",
            "UPDATE CalendarItem SET summary = 'x' WHERE ROWID = 2",
            "DELETE FROM CalendarItem WHERE ROWID IN (3, 8)",
            // One statement would visit the hot row first, and number the log's rows otherwise.
            "UPDATE orders SET total = total + 1 WHERE id = 2",
            "UPDATE orders SET total = total + 1 WHERE id = 9",
            "INSERT INTO orders VALUES(3, 5) ON CONFLICT(id) DO UPDATE SET total = 0",
            "DELETE FROM orders WHERE id = 4",
        ] {
            try twin.both(sql)
            for table in ["partial_state_events", "moz_places", "OccurrenceCache", "orders"] {
                try twin.compare(table, "\(sql)")
            }
            try twin.compare("audit", "\(sql)")
            try twin.database.migrate()
        }
        for table in ["events", "moz_places", "OccurrenceCache", "audit"] {
            try twin.compareThroughMigrations(table)
        }
    }

    private static let applications = """
        CREATE TABLE events(stream_ordering INTEGER PRIMARY KEY, event_id TEXT NOT NULL,
            room_id TEXT NOT NULL, UNIQUE(event_id));
        CREATE TABLE partial_state_events(room_id TEXT NOT NULL, event_id TEXT NOT NULL UNIQUE);
        CREATE TRIGGER partial_state_events_bad_room_id BEFORE INSERT ON partial_state_events
        FOR EACH ROW BEGIN
            SELECT RAISE(ABORT, 'Incorrect room_id in partial_state_events')
            WHERE EXISTS (SELECT 1 FROM events WHERE events.event_id = NEW.event_id
                AND events.room_id != NEW.room_id);
        END;
        CREATE TABLE moz_places(id INTEGER PRIMARY KEY, url LONGVARCHAR, visit_count INT DEFAULT 0,
            last_visit_date INT);
        CREATE TABLE moz_historyvisits(id INTEGER PRIMARY KEY, place_id INT, visit_date INT);
        CREATE TRIGGER moz_historyvisits_afterinsert AFTER INSERT ON moz_historyvisits
        FOR EACH ROW BEGIN
            UPDATE moz_places SET visit_count = visit_count + 1,
                last_visit_date = MAX(IFNULL(last_visit_date, 0), NEW.visit_date)
            WHERE id = NEW.place_id;
        END;
        CREATE TRIGGER moz_historyvisits_afterdelete AFTER DELETE ON moz_historyvisits
        FOR EACH ROW BEGIN
            UPDATE moz_places SET visit_count = visit_count - 1, last_visit_date = (SELECT
                visit_date FROM moz_historyvisits WHERE place_id = OLD.place_id
                ORDER BY visit_date DESC LIMIT 1)
            WHERE id = OLD.place_id;
        END;
        CREATE TABLE CalendarItem(ROWID INTEGER PRIMARY KEY AUTOINCREMENT, summary TEXT);
        CREATE TABLE OccurrenceCache(day REAL, event_id INTEGER, store_id INTEGER);
        CREATE INDEX OccurrenceCacheEvent ON OccurrenceCache(event_id);
        CREATE TRIGGER delete_occurrences AFTER DELETE ON CalendarItem
        BEGIN DELETE FROM OccurrenceCache WHERE event_id = OLD.ROWID; END;
        CREATE TRIGGER move_occurrences AFTER UPDATE OF summary ON CalendarItem
        BEGIN UPDATE OccurrenceCache SET day = day + 100 WHERE event_id = NEW.ROWID; END;
        CREATE TABLE orders(id INTEGER PRIMARY KEY, total INT);
        CREATE TABLE audit(id INTEGER PRIMARY KEY AUTOINCREMENT, tbl TEXT, before TEXT, after TEXT);
        CREATE TRIGGER orders_update AFTER UPDATE ON orders BEGIN
            INSERT INTO audit(tbl, before, after) VALUES('orders',
                json_object('id', OLD.id, 'total', OLD.total),
                json_object('id', NEW.id, 'total', NEW.total));
        END;
        CREATE TRIGGER orders_delete AFTER DELETE ON orders BEGIN
            INSERT INTO audit(tbl, before) VALUES('orders', json_object('id', OLD.id));
        END;
        WITH c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 9)
        INSERT INTO events SELECT n, '$' || n, '!a' FROM c;
        INSERT INTO moz_places SELECT stream_ordering, 'https://' || stream_ordering, 1, 1
            FROM events;
        INSERT INTO moz_historyvisits SELECT id, id, id FROM moz_places;
        INSERT INTO CalendarItem SELECT id, 'item' FROM moz_places;
        INSERT INTO OccurrenceCache SELECT id, id, 1 FROM moz_places;
        INSERT INTO orders SELECT id, id FROM moz_places;
        INSERT INTO audit(tbl) SELECT 'orders' FROM orders;
        """
}
