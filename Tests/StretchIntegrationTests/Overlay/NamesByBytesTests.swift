import StretchMigration
import StretchSQLite
import StretchText
import Testing

@testable import StretchCore
@testable import StretchEngine

/// Names are what SQLite takes them for: bytes, with the letters of ASCII folded.
@Suite struct NamesByBytesTests {
    private static let rows = """
        WITH c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 23)
        SELECT n + 1, 'v' || n, n FROM c;
        """

    private static func table(_ name: String) -> String {
        """
        CREATE TABLE \(name.quotedName)(id INTEGER PRIMARY KEY, v TEXT, n INT);
        INSERT INTO \(name.quotedName) \(rows)
        """
    }

    @Test(arguments: [
        ("a\u{323}\u{307}", "a\u{307}\u{323}"), ("a\u{307}\u{323}", "a\u{323}\u{307}"),
        ("Ä", "ä"), ("\u{212B}", "\u{C5}"), ("\u{212A}", "K"), ("é", "e\u{301}"),
    ])
    func `two names that SQLite tells apart are two tables`(
        stretched: String, plain: String
    ) throws {
        let twin = try MigratedTwin(
            Self.table(stretched) + Self.table(plain), [(stretched, "n < 20")])
        let (cold, other) = (stretched.quotedName, plain.quotedName)
        for sql in [
            "SELECT * FROM \(cold) ORDER BY id", "SELECT * FROM \(other) WHERE n < 5",
            "UPDATE \(other) SET v = 'x' WHERE n = 3 RETURNING *",
            "DELETE FROM \(other) WHERE n = 4 RETURNING id", "INSERT INTO \(other)(n) VALUES(50)",
            "UPDATE \(cold) SET v = 'x' WHERE n = 5", "DELETE FROM \(cold) WHERE n = 6",
            "SELECT a.v, b.v FROM \(cold) AS a JOIN \(other) AS b USING(id)",
            "SELECT name FROM pragma_table_info(\(plain.quotedLiteral))",
            "SELECT name FROM pragma_table_info(\(stretched.quotedLiteral))",
        ] {
            try twin.both(sql)
        }
        #expect(throws: StretchError.self) {
            try twin.database.execute("UPDATE \(cold) SET v = 'x' RETURNING *")
        }
        #expect(try twin.hotRowCount(cold) == 5)
        for sql in [
            "ALTER TABLE \(other) ADD COLUMN w", "ALTER TABLE \(other) RENAME TO renamed",
            "ALTER TABLE renamed RENAME TO \(other)", "CREATE INDEX i ON \(other)(w)",
            "CREATE TRIGGER x AFTER INSERT ON \(other) BEGIN SELECT 1; END",
            "DROP TABLE \(other)",
        ] {
            try twin.database.execute(sql)
            try twin.plain.execute(one: sql)
        }
        try twin.compare(cold)
        try twin.database.migrate()
        #expect(try twin.database.verify().isSound)
    }

    @Test func `two columns that SQLite tells apart are two columns`() throws {
        let names = ["a\u{323}\u{307}", "a\u{307}\u{323}", "Ä", "ä", "\u{212B}", "\u{C5}"]
        let list = names.map(\.quotedName).joined(separator: ", ")
        let values = names.indices.map { "n * \($0)" }.joined(separator: ", ")
        let twin = try MigratedTwin(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, n INT, \(list));
            WITH c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 23)
            INSERT INTO t SELECT n + 1, n, \(values) FROM c;
            """)
        for name in names.map(\.quotedName) {
            try twin.both("SELECT \(name) FROM t WHERE \(name) > 7 ORDER BY \(name), n")
            try twin.both("UPDATE t SET \(name) = 1000 WHERE \(name) = 12")
        }
        try twin.compareThroughMigrations()
    }

    @Test func `a table whose name hides a quote is no part of another statement`() throws {
        let name = "t\u{600}'x"
        let twin = try MigratedTwin(Self.table(name), [(name, "n < 20")])
        for asked in [name, "q"] {
            try twin.both(
                """
                SELECT p.name FROM (SELECT \(asked.quotedLiteral) AS n), pragma_table_info(n) AS p
                """)
        }
        try twin.compare(name.quotedName)
    }

    /// Scalars that join with what stands before or behind them, or are one with another.
    private static let specials: [Unicode.Scalar] = {
        let ranges: [ClosedRange<UInt32>] = [
            0x09...0x0A, 0x0D...0x0D, 0x20...0x20, 0x7F...0x7F, 0x300...0x36F, 0x37E...0x37E,
            0x483...0x489, 0x600...0x605, 0x610...0x61A, 0x6DD...0x6DD, 0x70F...0x70F,
            0x890...0x891, 0x8E2...0x8E2, 0xD4E...0xD4E, 0x1100...0x1100, 0x1161...0x1161,
            0x11A8...0x11A8, 0x1FEF...0x1FEF, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x2064,
            0x20D0...0x20F0, 0x212A...0x212B, 0xAC00...0xAC00, 0xFE00...0xFE0F, 0xFEFF...0xFEFF,
            0x110BD...0x110BD, 0x110CD...0x110CD, 0x111C2...0x111C3, 0x1193F...0x1193F,
            0x1F1E6...0x1F1E9, 0x1F3FB...0x1F3FF, 0x1F468...0x1F469, 0xE0020...0xE0024,
            0xE0100...0xE0110,
        ]
        return ranges.joined().compactMap(Unicode.Scalar.init)
    }()

    @Test func `no scalar beside a quote changes what a name means`() throws {
        #expect(Self.specials.count > 250)
        let names = stride(from: 0, to: Self.specials.count, by: 40).map { start in
            Self.specials[start...].prefix(40)
                .map { "\($0)'\($0)\"\($0)`\($0)]\($0);\($0)--" }.joined()
        }
        let twin = try MigratedTwin(
            names.map(Self.schema).joined(), names.map { ("t" + $0, "n < 20") },
            batchRowCount: 20)
        for name in names {
            let (table, column) = (("t" + name).quotedName, ("c" + name).quotedName)
            let (view, index) = (("v" + name).quotedName, ("j" + name).quotedName)
            for sql in [
                "SELECT \(column) FROM \(table) WHERE \(column) = 'v3'",
                "SELECT \(table).\(column) FROM \(table) ORDER BY \(column) DESC LIMIT 3",
                "INSERT INTO \(table)(\(column)) VALUES('hot') RETURNING *",
                "INSERT INTO \(table)(id, \(column)) VALUES(7, 'again') ON CONFLICT DO UPDATE "
                    + "SET \(column) = excluded.\(column)",
                "UPDATE \(table) SET \(column) = 'new' WHERE n = 5",
                "DELETE FROM \(table) WHERE \(column) = 'v6'",
                "INSERT INTO \(view)(\(column), n) VALUES('through', 60)",
                "SELECT * FROM \(view) ORDER BY id", "CREATE INDEX \(index) ON \(table)(n)",
                "SELECT name FROM pragma_table_info(\(("t" + name).quotedLiteral))",
                "SELECT count(*) FROM pragma_index_list(\(("t" + name).quotedLiteral))",
                "DROP TRIGGER \(("x" + name).quotedName)", "DROP VIEW \(view)",
            ] {
                try twin.both(sql)
            }
            try twin.compare(table)
        }
        try twin.database.migrate()
        #expect(try twin.database.verify().isSound)
        for name in names {
            try twin.compare(("t" + name).quotedName)
            try twin.database.tables["t" + name].bringBack()
            try twin.compare(("t" + name).quotedName)
        }
    }

    /// A table, an index, a view and its trigger.
    private static func schema(_ name: String) -> String {
        let (table, column) = (("t" + name).quotedName, ("c" + name).quotedName)
        let view = ("v" + name).quotedName
        return """
            CREATE TABLE \(table)(id INTEGER PRIMARY KEY, \(column) TEXT DEFAULT 'd', n INT);
            INSERT INTO \(table) \(rows)
            CREATE INDEX \(("i" + name).quotedName) ON \(table)(\(column));
            CREATE VIEW \(view) AS SELECT id, \(column), n FROM main.\(table);
            CREATE TRIGGER \(("x" + name).quotedName) INSTEAD OF INSERT ON \(view) BEGIN
                INSERT INTO \(table)(\(column), n) VALUES(NEW.\(column), NEW.n); END;
            """
    }
}
