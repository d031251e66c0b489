import Stretch
import StretchCore
import StretchEngine
import StretchTestSupport
import Testing

@Suite struct EnableTableTests {
    @Test func `enabling tells what the table loses and how many rows are eligible`() throws {
        let sample = try AdministrationSample(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, a, b UNIQUE, UNIQUE (a, b));
            CREATE TABLE child(t INTEGER REFERENCES t);
            INSERT INTO t VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3), (4, 4, 4);
            """)
        let report = try sample.database.tables["T"].enable(filter: "a >= 2")
        #expect(report.name == "t")
        #expect(report.localRows == 4)
        // The highest key stays, so that SQLite does not give it out again.
        #expect(report.eligibleRows == 2)
        #expect(report.unenforcedConstraints == [])
        #expect(report.advice.contains { $0.contains("AUTOINCREMENT") })
        #expect(report.advice.contains { $0.contains("CREATE INDEX … ON \"child\"(\"t\")") })
        #expect(try sample.status("t").migrationState == .outbound)
        expectError(.wrongState, "enabled already") {
            try sample.database.tables["t"].enable(filter: "a > 2")
        }
    }

    @Test func `an indexed child and AUTOINCREMENT need no advice`() throws {
        let sample = try AdministrationSample(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a);
            CREATE TABLE child(t INTEGER REFERENCES t);
            CREATE INDEX child_t ON child(t);
            """)
        #expect(try sample.database.tables["t"].enable(filter: "a >= 2").advice == [])
    }

    @Test(arguments: [
        ("missing", StretchError.Code.invalidArgument, "there is no table \"missing\""),
        ("v", .unsupported, "is a view"),
        ("search", .unsupported, "is a virtual table"),
        ("search_data", .unsupported, "is a shadow table"),
        ("sqlite_sequence", .unsupported, "belongs to SQLite itself"),
        ("stretch_batch", .unsupported, "belongs to Stretch itself"),
        ("names", .unsupported, "has columns named rowid, _rowid_ and oid"),
        ("content", .unsupported, "is the content of the full-text table \"search\""),
    ])
    func `what is no ordinary table is refused`(
        name: String, code: StretchError.Code, words: String
    ) throws {
        let sample = try AdministrationSample(
            """
            CREATE TABLE content(id INTEGER PRIMARY KEY AUTOINCREMENT, text);
            CREATE VIRTUAL TABLE search USING fts5(text, content = 'content', content_rowid = id);
            CREATE VIEW v AS SELECT * FROM content;
            CREATE TABLE names(rowid TEXT, _rowid_ TEXT, oid TEXT);
            """)
        expectError(code, words) { try sample.database.tables[name].enable(filter: "1 = 1") }
        #expect(try sample.database.status().tables == [])
    }

    @Test func `a table with too many columns is refused`() throws {
        let columns = (0...1_900).map { "c\($0)" }.joined(separator: ", ")
        let sample = try AdministrationSample("CREATE TABLE t(\(columns))")
        expectError(.unsupported, "1901 columns") {
            try sample.database.tables["t"].enable(filter: "c1 > 0")
        }
    }

    @Test func `a temporary table is refused`() throws {
        let sample = try AdministrationSample("CREATE TABLE t(a)")
        try sample.database.connection.execute("CREATE TEMP TABLE scratch(a)")
        expectError(.unsupported, "is temporary") {
            try sample.database.tables["scratch"].enable(filter: "a > 0")
        }
    }

    @Test(arguments: [
        "CREATE TRIGGER x AFTER INSERT ON other BEGIN DELETE FROM t WHERE id > NEW.a; END",
        "CREATE TRIGGER x AFTER INSERT ON other BEGIN SELECT max(id) FROM v; END",
        "CREATE TRIGGER x AFTER INSERT ON t BEGIN UPDATE t SET a = (SELECT count(*) FROM t); END",
        "CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM enabled WHERE a = NEW.a; END",
        """
        CREATE TRIGGER x AFTER INSERT ON t WHEN (SELECT count(*) FROM t) > 5
        BEGIN UPDATE t SET a = 1 WHERE id = NEW.id; END
        """,
        "CREATE TRIGGER x INSTEAD OF INSERT ON apart BEGIN DELETE FROM t WHERE a = NEW.a; END",
    ])
    func `a trigger that would see hot rows only is refused`(trigger: String) throws {
        let sample = try AdministrationSample(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, a);
            CREATE TABLE other(a);
            CREATE TABLE enabled(a);
            CREATE VIEW v AS SELECT * FROM t;
            CREATE VIEW apart AS SELECT * FROM other;
            """)
        try sample.database.tables["enabled"].enable(filter: "a > 0")
        try sample.runNatively(trigger)
        expectError(.unsupported, "trigger \"x\"") {
            try sample.database.tables["t"].enable(filter: "a > 0")
        }
    }

    @Test(arguments: [
        "CREATE TRIGGER x AFTER UPDATE ON t BEGIN UPDATE t SET a = 1 WHERE id = NEW.id; END",
        "CREATE TRIGGER x AFTER INSERT ON t BEGIN INSERT INTO log VALUES(NEW.id); END",
        "CREATE TRIGGER x AFTER INSERT ON other BEGIN DELETE FROM t WHERE id = NEW.a; END",
        "CREATE TRIGGER x AFTER INSERT ON other BEGIN INSERT INTO t(a) VALUES(NEW.a); END",
        "CREATE TRIGGER x INSTEAD OF INSERT ON v BEGIN INSERT INTO t(a) VALUES(NEW.a); END",
    ])
    func `a trigger that needs no unknown row is allowed`(trigger: String) throws {
        let sample = try AdministrationSample(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, a);
            CREATE TABLE log(a);
            CREATE TABLE other(a);
            CREATE VIEW v AS SELECT * FROM t;
            \(trigger);
            """)
        try sample.database.tables["t"].enable(filter: "a > 0")
        #expect(try sample.status("t").problem == nil)
    }

    @Test func `a trigger that comes later is a problem, and stops the table`() throws {
        let sample = try AdministrationSample(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, a); CREATE TABLE other(a)")
        try sample.database.tables["t"].enable(filter: "a > 0")
        try sample.runNatively(
            "CREATE TRIGGER x AFTER INSERT ON other BEGIN DELETE FROM t; END")
        #expect(try sample.status("t").problem?.contains("trigger \"x\"") ?? false)
        let waiting = try sample.database.migrate().waiting
        #expect(waiting.map(\.table) == ["t"])
        #expect(waiting.first?.reason.message.contains("trigger \"x\"") ?? false)
    }

    @Test(arguments: [
        ("missing > 1", "missing"), ("a > (SELECT 1)", "SELECT"), ("a > random()", "random"),
        ("abs(a, 1) > 0", "abs"), ("", ""), ("a >", ""),
    ])
    func `a filter is a condition over one row`(filter: String, words: String) throws {
        let sample = try AdministrationSample("CREATE TABLE t(a)")
        expectError(.invalidArgument, words) {
            try sample.database.tables["t"].enable(filter: filter)
        }
    }

    @Test func `children follow a stretch-enabled parent, and never in a circle`() throws {
        let sample = try AdministrationSample(
            """
            CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT, old, b REFERENCES b);
            CREATE TABLE b(id INTEGER PRIMARY KEY AUTOINCREMENT, a REFERENCES a);
            CREATE TABLE c(x);
            INSERT INTO a VALUES (1, 1, NULL), (2, 0, NULL);
            INSERT INTO b VALUES (1, 1), (2, 2), (3, NULL);
            """)
        expectError(.wrongState, "\"a\" is not stretch-enabled") {
            try sample.database.tables["b"].enable(filter: "", follows: "a")
        }
        try sample.database.tables["a"].enable(filter: "old = 1")
        expectError(.invalidArgument, "no foreign key to \"c\"") {
            try sample.database.tables["b"].enable(filter: "", follows: "c")
        }
        let report = try sample.database.tables["b"].enable(filter: "", follows: "A")
        #expect(report.follows == "a")
        #expect(report.eligibleRows == 1)
        expectError(.wrongState, "\"b\" follows") {
            try sample.database.tables["a"].disable(.abandon)
        }
    }

    @Test func `a key's collation is one that every SQLite has`() throws {
        let sample = try AdministrationSample(
            """
            CREATE TABLE t(a TEXT COLLATE NOCASE PRIMARY KEY, b);
            CREATE TABLE u(a TEXT, b);
            """)
        try sample.database.tables["t"].enable(filter: "b > 0")
        try sample.runNatively(
            """
            PRAGMA writable_schema = ON;
            UPDATE sqlite_schema SET sql = 'CREATE TABLE u(a TEXT COLLATE german PRIMARY KEY, b)
            WITHOUT ROWID' WHERE name = 'u';
            """)
        let database = try StretchDatabase(path: sample.path, configuration: .everyRemote)
        #expect(throws: StretchError.self) {
            try database.tables["u"].enable(filter: "b > 0")
        }
    }
}
