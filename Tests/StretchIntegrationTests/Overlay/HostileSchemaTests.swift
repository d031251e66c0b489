import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import StretchText
import Testing

@testable import StretchCore
@testable import StretchEngine

/// A file whose schema somebody else wrote: its text is data, and nothing else.
@Suite struct HostileSchemaTests {
    private static let script = MigratedTwin.numbers + "CREATE VIEW v AS SELECT * FROM t;"

    /// A migrated table with a view, and another database of the victim.
    private struct Sample {
        let twin: MigratedTwin
        var victimPath: String { twin.folder.path("victim.db") }

        init(_ script: String = HostileSchemaTests.script) throws {
            twin = try MigratedTwin(script)
            let victim = try Connection(path: victimPath, access: .create, routines: .linked)
            try victim.execute("CREATE TABLE s(pw); INSERT INTO s VALUES('hunter2')")
        }

        /// Puts a text in the place of an object's.
        func rewrite(_ name: String, _ sql: String) throws {
            let native = try Connection.native(to: twin.path)
            try native.execute("PRAGMA writable_schema = ON")
            try native.run(
                "UPDATE sqlite_schema SET sql = ? WHERE name = ?", .text(sql), .text(name))
            let version = try native.integer("PRAGMA schema_version") ?? 0
            try native.execute("PRAGMA schema_version = \(version + 1)")
        }

        func open() throws -> StretchDatabase {
            try StretchDatabase(path: twin.path, configuration: .everyRemote)
        }

        /// Expects that the victim's database and folder are as they were.
        func expectNoHarm(sourceLocation: SourceLocation = #_sourceLocation) throws {
            let victim = try Connection(path: victimPath, access: .readOnly, routines: .linked)
            #expect(
                try victim.rows("SELECT * FROM s") == [["hunter2"]], sourceLocation: sourceLocation)
            let names = try FileManager.default.contentsOfDirectory(atPath: twin.folder.path)
            #expect(!names.contains("written.db"), sourceLocation: sourceLocation)
            let native = try Connection.native(to: twin.path)
            #expect(
                try native.integer(
                    "SELECT count(*) FROM sqlite_schema WHERE name = 'loot' COLLATE NOCASE")
                    == 0,
                sourceLocation: sourceLocation)
        }
    }

    /// What an attacker would add to a text, with the victim's and another path.
    private static let payloads = [
        "ATTACH '%victim' AS x; UPDATE x.s SET pw = 'owned'; --",
        "RELEASE stretch_attach; VACUUM INTO '%written'; SAVEPOINT stretch_attach; --",
        "ATTACH '%victim' AS x; CREATE TABLE main.loot AS SELECT * FROM x.s; --",
        "SELECT fts3_tokenizer('e', x'4242424242424242'); "
            + "CREATE VIRTUAL TABLE temp.u USING fts3(a, tokenize=e); --",
        "SELECT 1; END", "DELETE FROM main.t; --", "\0; DELETE FROM main.t; --",
    ]

    private static func filled(_ payload: String, _ sample: Sample) -> String {
        payload.replacingOccurrences(of: "%victim", with: sample.victimPath)
            .replacingOccurrences(of: "%written", with: sample.twin.folder.path("written.db"))
    }

    @Test(arguments: payloads)
    func `a view's text is one view, and another statement behind it never runs`(
        payload: String
    ) throws {
        let sample = try Sample()
        try sample.rewrite("v", "CREATE VIEW v AS SELECT * FROM t; " + Self.filled(payload, sample))
        let database = try sample.open()
        #expect(try database.query("SELECT count(*) FROM t").rows == [[24]])
        expectError(.schemaMismatch, "view \"v\"") { _ = try database.query("SELECT n FROM v") }
        expectError(.schemaMismatch, "view \"v\"") {
            _ = try database.query("SELECT count(*) FROM v")
        }
        try sample.expectNoHarm()
    }

    @Test(arguments: payloads)
    func `a trigger's text is one trigger, and another statement behind it never runs`(
        payload: String
    ) throws {
        let sample = try Sample(
            Self.script + """
                CREATE TRIGGER x INSTEAD OF INSERT ON v BEGIN INSERT INTO t(n) VALUES(NEW.n); END;
                """)
        try sample.rewrite(
            "x",
            "CREATE TRIGGER x INSTEAD OF INSERT ON v BEGIN SELECT 1; END; "
                + Self.filled(payload, sample))
        let database = try sample.open()
        #expect(try database.query("SELECT count(*) FROM v").rows == [[24]])
        expectError(.schemaMismatch, "trigger \"x\"") {
            try database.execute("INSERT INTO v(n) VALUES(1)")
        }
        try sample.expectNoHarm()
    }

    @Test(arguments: payloads)
    func `an index's text is one index, and another statement behind it never runs`(
        payload: String
    ) throws {
        let sample = try Sample(Self.script + "CREATE INDEX i ON t(n);")
        try sample.rewrite("i", "CREATE INDEX i ON t(n); " + Self.filled(payload, sample))
        let database = try sample.open()
        expectError(.unsupported, "index \"i\"") {
            var options = BackupOptions()
            options.isDeep = true
            try database.backUp(to: sample.twin.folder.path("deep.db"), options)
        }
        try sample.expectNoHarm()
    }

    @Test func `a collation's name is never SQL`() throws {
        let sample = try Sample(
            """
            CREATE TABLE p(a TEXT);
            CREATE TABLE t(id INTEGER PRIMARY KEY, n INT, a REFERENCES p(a));
            """)
        let name = "x'); END; CREATE TABLE main.loot AS SELECT 1; --"
        try sample.rewrite("p", "CREATE TABLE p(a TEXT COLLATE \(name.quotedName))")
        #expect(try sample.open().query("SELECT count(*) FROM t").rows == [[0]])
        try sample.expectNoHarm()
    }

    @Test(arguments: [
        "CREATE VIEW v(n) AS SELECT stretch_recall(1, 1, id) FROM t",
        """
        CREATE VIEW v(n) AS SELECT stretch_recall(CAST(substr(sql, instr(sql, '_recall(') + 8, 19)
        AS INTEGER), 1, 5) FROM sqlite_temp_master, t WHERE type = 'trigger'
        """,
        "CREATE VIEW v(n) AS SELECT [stretch_recall_matching](1, 1, 99, 1, 'BINARY') FROM t",
        "CREATE VIEW v(n) AS SELECT fts3_tokenizer('simple') FROM t",
        "CREATE VIEW v(n) AS SELECT load_extension('x') FROM t",
    ])
    func `a view calls nothing that a file must not reach`(sql: String) throws {
        let sample = try Sample()
        try sample.rewrite("v", sql)
        let database = try sample.open()
        try database.execute("PRAGMA foreign_keys = ON")
        #expect(throws: StretchError.self) { _ = try database.query("SELECT n FROM v") }
        #expect(throws: StretchError.self) { _ = try database.query("SELECT n FROM main.v") }
        #expect(try database.query("SELECT count(*) FROM t").rows == [[24]])
        #expect(try sample.twin.hotRowCount() == 4)
    }

    @Test func `a trigger of a view calls nothing that a file must not reach`() throws {
        let sample = try Sample(
            Self.script + """
                CREATE TRIGGER x INSTEAD OF UPDATE OF n ON v BEGIN SELECT abs(NEW.n); END;
                """)
        try sample.rewrite(
            "x",
            "CREATE TRIGGER x INSTEAD OF UPDATE OF n ON v "
                + "BEGIN SELECT fts3_tokenizer('simple'); END"
        )
        expectError(.schemaMismatch, "trigger \"x\"") {
            try sample.open().execute("UPDATE v SET n = 1")
        }
    }

    @Test(arguments: [
        "SELECT stretch_recall(1, 5)", "SELECT stretch_recall(1, 1, 5)",
        "SELECT stretch_recall_matching(1, 99, 1, 'BINARY')",
        "SELECT stretch_recall_matching(1, 1, 99, 1, 'BINARY')", "SELECT stretch_recall()",
        "SELECT stretch_recall('x', NULL, x'00')", "SELECT stretch_recall_matching()",
        "SELECT stretch_recall(9223372036854775807, -9223372036854775808, 1e300)",
    ])
    func `a query that calls the overlay's functions fails, and writes nothing`(
        sql: String
    ) throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        try twin.database.execute("PRAGMA foreign_keys = ON")
        expectError(.unsupported, "by its triggers only") { _ = try twin.database.query(sql) }
        #expect(try twin.hotRowCount() == 4)
    }

    @Test(arguments: ["main.o", "temp.o", "o"])
    func `statements make no table of the module`(name: String) throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        for arguments in ["", "(1)", "(1, staged)", "(99)"] {
            #expect(throws: StretchError.self) {
                try twin.database.execute("CREATE VIRTUAL TABLE \(name) USING stretch\(arguments)")
            }
        }
        let count = "SELECT count(*) FROM sqlite_schema WHERE name = 'o'"
        #expect(try twin.database.query(count).rows == [[0]])
    }

    @Test func `a table of the module that a file holds has no rows, and can be dropped`() throws {
        let twin = try MigratedTwin(Self.script)
        try twin.runNatively(
            """
            PRAGMA writable_schema = ON;
            INSERT INTO sqlite_schema
            VALUES('table', 'o', 'o', 0, 'CREATE VIRTUAL TABLE o USING stretch(1)');
            """)
        let database = try StretchDatabase(path: twin.path, configuration: .everyRemote)
        for sql in ["SELECT * FROM o", "INSERT INTO o VALUES(1)", "DELETE FROM o"] {
            expectError(.unsupported, "table \"o\"") { _ = try database.query(sql) }
        }
        #expect(try database.query("SELECT count(*) FROM v").rows == [[24]])
        try database.migrate()
        try database.tables["t"].bringBack()
        try database.execute("DROP TABLE o")
        #expect(
            try database.query("SELECT count(*) FROM sqlite_schema WHERE name = 'o'").rows == [[0]])
    }

    @Test(arguments: [
        "PRAGMA writable_schema = ON; DELETE FROM sqlite_schema WHERE name = 'v'",
        "SELECT fts3_tokenizer('e', x'4242424242424242')", "UPDATE f_content SET c0a = 'x'",
    ])
    func `a statement cannot change what SQLite itself relies on`(sql: String) throws {
        let twin = try MigratedTwin(Self.script + "CREATE VIRTUAL TABLE f USING fts3(a);")
        #expect(throws: StretchError.self) { try twin.database.execute(sql) }
        #expect(try twin.database.query("SELECT fts3_tokenizer('simple')").rows == [[.null]])
        #expect(try twin.database.query("SELECT count(*) FROM v").rows == [[24]])
    }

    @Test func `objects of a schema that is not trusted work with what SQLite brings`() throws {
        let twin = try MigratedTwin(
            Self.script + """
                CREATE VIRTUAL TABLE f USING fts5(a);
                CREATE VIEW found AS SELECT t.n FROM t JOIN f ON f.rowid = t.id, json_each('[1]');
                CREATE TRIGGER x INSTEAD OF INSERT ON v
                BEGIN INSERT INTO t(n) VALUES(NEW.n); INSERT INTO f VALUES(upper(NEW.n)); END;
                CREATE TRIGGER y INSTEAD OF UPDATE ON v
                BEGIN UPDATE t SET n = NEW.n WHERE id = OLD.id; END;
                CREATE TRIGGER z INSTEAD OF DELETE ON v BEGIN DELETE FROM t WHERE id = OLD.id; END;
                """)
        twin.plain.set(.trustedSchema, true)
        for sql in [
            "INSERT INTO v(n) VALUES(90)", "UPDATE v SET n = 91 WHERE id = 3",
            "DELETE FROM v WHERE id = 4", "SELECT * FROM found", "SELECT * FROM f",
        ] {
            try twin.both(sql)
            try twin.compare()
        }
    }

    @Test(arguments: [
        """
        ALTER TABLE rows_1 RENAME TO r;
        CREATE VIEW rows_1 AS SELECT * FROM r WHERE id > 3;
        """,
        """
        CREATE TRIGGER x AFTER INSERT ON stretch_history
        BEGIN DELETE FROM rows_1 WHERE id = 1; END;
        """,
    ])
    func `a remote file's views and triggers are nothing`(script: String) throws {
        let twin = try MigratedTwin(MigratedTwin.numbers, batchRowCount: 20)
        try Connection.native(to: twin.folder.path("cold.db")).execute(script)
        let database = try StretchDatabase(path: twin.path, configuration: .everyRemote)
        if script.includes("CREATE VIEW") {
            #expect(throws: StretchError.self) { _ = try database.query("SELECT n FROM t") }
        } else {
            try database.execute("INSERT INTO t(n) VALUES(1)")
            try database.migrate()
            #expect(try database.query("SELECT count(n) FROM t").rows == [[25]])
            #expect(try database.verify().isSound)
        }
    }

    @Test func `a foreign key that SQLite calls a mismatch closes no file`() throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE p(a INT, b INT);
            CREATE TABLE q(id INTEGER PRIMARY KEY);
            CREATE TABLE t(id INTEGER PRIMARY KEY, n INT, a REFERENCES p, b,
                FOREIGN KEY (a, b) REFERENCES q);
            WITH c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 23)
            INSERT INTO t(id, n) SELECT n + 1, n FROM c;
            """, [])
        try twin.database.tables["t"].enable(filter: "n < 20")
        #expect(try twin.database.query("SELECT count(*) FROM t").rows == [[24]])
    }

    @Test(arguments: ["t", "\u{301}t", "t\u{600}", "\u{600}'t"])
    func `the content of a full-text table is not stretched, whatever it is called`(
        name: String
    ) throws {
        let sample = try AdministrationSample(
            """
            CREATE TABLE \(name.quotedName)(id INTEGER PRIMARY KEY, a TEXT);
            CREATE VIRTUAL TABLE f USING fts5(a, content=\(name.quotedLiteral), content_rowid='id');
            """)
        expectError(.unsupported, "full-text") {
            try sample.database.tables[name].enable(filter: "id < 5")
        }
    }
}
