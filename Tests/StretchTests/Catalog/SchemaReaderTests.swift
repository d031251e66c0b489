import Stretch
import StretchEndpoint
import StretchSQLite
import StretchTestSupport
import StretchText
import Testing

@testable import StretchCatalog

/// What the reader of the application's schema says of tables, indexes, keys and triggers.
@Suite struct SchemaReaderTests {
    private static func reader(_ script: String) throws -> SchemaReader {
        let connection = try Connection(path: ":memory:", access: .create, routines: .linked)
        try connection.execute(script)
        return SchemaReader(connection)
    }

    private static func table(_ script: String, _ name: String = "t") throws -> TableSchema {
        try #require(try reader(script).table(name))
    }

    // MARK: Columns

    @Test(arguments: [
        ("INTEGER", Affinity.integer), ("int", .integer), ("CHARINT", .integer),
        ("FLOATING POINT", .integer), ("VARCHAR(9)", .text), ("clob", .text), ("TEXT", .text),
        ("BLOB", .blob), ("", .blob), ("DOUBLE PRECISION", .real), ("FLOAT", .real),
        ("REAL", .real), ("DECIMAL(9,2)", .numeric), ("BOOLEAN", .numeric), ("ANY", .numeric),
        ("BLOBREAL", .blob),
    ])
    func `the affinity of a type is SQLite's`(type: String, affinity: Affinity) throws {
        #expect(Affinity(declaredType: type) == affinity)
        // SQLite says itself how it compares and stores.
        let connection = try Connection(path: ":memory:", access: .create, routines: .linked)
        try connection.execute("CREATE TABLE t(a \(type)); INSERT INTO t VALUES ('1.0')")
        let stored: Value =
            switch affinity {
            case .integer, .numeric: 1
            case .real: 1.0
            case .text, .blob: "1.0"
            }
        #expect(try connection.rows("SELECT a FROM t") == [[stored]])
        try connection.execute("DELETE FROM t; INSERT INTO t VALUES (1)")
        #expect(
            try connection.string("SELECT typeof(a) FROM t")
                == (affinity == .text ? "text" : affinity == .real ? "real" : "integer"))
    }

    @Test func `ANY keeps values as they are in a STRICT table`() throws {
        let table = try Self.table("CREATE TABLE t(a ANY, b INT) STRICT")
        #expect(table.isStrict && table.columns.map(\.affinity) == [.blob, .integer])
    }

    @Test func `columns have their constraints and collations`() throws {
        let table = try Self.table(
            """
            CREATE TABLE T(a TEXT COLLATE nocase NOT NULL DEFAULT 'x', b AS (a || 1),
                c GENERATED ALWAYS AS (a) STORED, d DEFAULT (1 + 1))
            """)
        #expect(table.name == "T")
        #expect(table.columns.map(\.name) == ["a", "b", "c", "d"])
        #expect(table.columns.map(\.isNotNull) == [true, false, false, false])
        #expect(table.columns.map(\.isGenerated) == [false, true, true, false])
        #expect(table.columns.map(\.defaultText) == ["'x'", nil, nil, "1 + 1"])
        #expect(table.columns.map(\.collation) == [.nocase, .binary, .binary, .binary])
        #expect(table.column(named: "B") == 1 && table.column(named: "e") == nil)
    }

    // MARK: Keys

    @Test(
        arguments: [
            ("CREATE TABLE t(a, id INTEGER PRIMARY KEY)", KeyKind.rowid, [1], "rowid", false),
            ("CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT)", .rowid, [0], "rowid", true),
            ("CREATE TABLE t(id INTEGER PRIMARY KEY DESC)", .declared, [0], "rowid", false),
            ("CREATE TABLE t(id INT PRIMARY KEY)", .declared, [0], "rowid", false),
            ("CREATE TABLE t(a, b, c, PRIMARY KEY (c, a))", .declared, [2, 0], "rowid", false),
            ("CREATE TABLE t(a, b, PRIMARY KEY (b)) WITHOUT ROWID", .withoutRowid, [1], nil, false),
            ("CREATE TABLE t(a, rowid)", .none, [], "_rowid_", false),
            ("CREATE TABLE t(oid INTEGER PRIMARY KEY, ROWID)", .rowid, [0], "_rowid_", false),
            ("CREATE TABLE t(oid, ROWID, _rowid_)", .none, [], nil, false),
        ] as [(String, KeyKind, [Int], String?, Bool)])
    func `the key and the name of the rowid are found`(
        script: String, kind: KeyKind, key: [Int], rowidName: String?, isAutoincrement: Bool
    ) throws {
        let table = try Self.table(script)
        #expect(table.keyKind == kind && table.key == key)
        #expect(table.rowidName == rowidName && table.isAutoincrement == isAutoincrement)
        #expect(table.keyTerms.map(\.column) == key)
    }

    @Test func `a key is compared as its own index compares it`() throws {
        let table = try Self.table(
            """
            CREATE TABLE t("a ""b" TEXT COLLATE NOCASE, c TEXT, d TEXT COLLATE RTRIM,
                PRIMARY KEY (c DESC, "a ""b" COLLATE BINARY, d))
            """)
        #expect(table.keyTerms.map(\.isDescending) == [true, false, false])
        #expect(table.keyTerms.map(\.collation) == [.binary, .binary, .rtrim])
        #expect(table.keyTerms.map(\.needsCollation) == [false, true, false])
        #expect(
            table.keyCondition("h", firstParameter: 4)
                == "h.\"c\" = ?4 AND h.\"a \"\"b\" COLLATE \"BINARY\" = ?5 AND h.\"d\" = ?6")
        // A rowid has no collation, whatever its column says.
        let rowid = try Self.table("CREATE TABLE t(id INTEGER PRIMARY KEY COLLATE NOCASE)")
        #expect(rowid.keyCondition("x", firstParameter: 1) == "x.\"id\" = ?1")
    }

    // MARK: Indexes and statistics

    @Test func `indexes have their terms, and a table its statistics`() throws {
        let table = try Self.table(
            """
            CREATE TABLE t(id TEXT PRIMARY KEY, a TEXT, b UNIQUE);
            CREATE INDEX mixed ON t(a COLLATE NOCASE DESC, lower(a)) WHERE b > 0;
            INSERT INTO t VALUES ('x', 1, 2), ('y', 1, 3); ANALYZE;
            DELETE FROM sqlite_stat1;
            INSERT INTO sqlite_stat1 VALUES ('t', 'mixed', '70 7 2 unordered'),
                ('t', NULL, '90'), ('t', 'sqlite_autoindex_t_2', '60 1');
            ANALYZE sqlite_schema;
            """)
        #expect(
            table.indexes.map(\.name).sorted() == [
                "mixed", "sqlite_autoindex_t_1",
                "sqlite_autoindex_t_2",
            ])
        let mixed = try #require(table.indexes.first { $0.name == "mixed" })
        #expect(!mixed.isUnique && mixed.isPartial && !mixed.isPrimaryKey)
        #expect(
            mixed.terms == [
                IndexTermSchema(column: 1, collationName: "NOCASE", isDescending: true),
                IndexTermSchema(column: nil, collationName: "BINARY", isDescending: false),
            ])
        #expect(mixed.rowsPerPrefix == [7, 2])
        #expect(table.estimatedRowCount == 90)
        #expect(table.indexes.filter(\.isPrimaryKey).map(\.name) == ["sqlite_autoindex_t_1"])
        #expect(table.indexes.filter(\.isUnique).count == 2)
    }

    @Test(
        arguments: [
            ("'-5 -1'", 0, [0]), ("'9223372036854775807 9223372036854775807'", 1 << 48, [1 << 48]),
            ("'many 3'", nil, [3]), ("''", nil, []), ("NULL", nil, []), ("x'31'", nil, []),
            ("'99999999999999999999 4'", nil, [4]), ("17", nil, []),
        ] as [(String, Int64?, [Int64])])
    func `statistics that anybody wrote have a bound`(
        stat: String, rowCount: Int64?, rowsPerPrefix: [Int64]
    ) throws {
        let table = try Self.table(
            """
            CREATE TABLE t(a); CREATE INDEX t_a ON t(a); ANALYZE;
            INSERT INTO sqlite_stat1 VALUES ('t', 't_a', \(stat));
            """)
        #expect(table.estimatedRowCount == rowCount)
        #expect(table.indexes.map(\.rowsPerPrefix) == [rowsPerPrefix])
    }

    // MARK: Foreign keys

    private static let family = """
        CREATE TABLE parent(a, b, PRIMARY KEY (b, a));
        CREATE TABLE child(x, y, z REFERENCES "Other"(w) ON UPDATE SET NULL,
            FOREIGN KEY (x, y) REFERENCES PARENT ON DELETE CASCADE);
        CREATE TABLE self(id INTEGER PRIMARY KEY, up REFERENCES self);
        """

    @Test func `foreign keys name their columns on both sides`() throws {
        let reader = try Self.reader(Self.family)
        let child = try #require(try reader.table("child"))
        #expect(
            Set(child.parents) == [
                ForeignKeySchema(
                    child: "child", parent: "PARENT", childColumns: ["x", "y"],
                    parentColumns: ["b", "a"], onDelete: "CASCADE", onUpdate: "NO ACTION"),
                ForeignKeySchema(
                    child: "child", parent: "Other", childColumns: ["z"], parentColumns: ["w"],
                    onDelete: "NO ACTION", onUpdate: "SET NULL"),
            ])
        #expect(try reader.table("parent")?.children.map(\.child) == ["child"])
        let own = try #require(try reader.table("self"))
        #expect(own.parents == own.children && own.parents.map(\.parentColumns) == [["id"]])
        #expect(try reader.foreignKeys().map(\.child) == ["child", "child", "self"])
    }

    // MARK: Entries and kinds of tables

    @Test func `what is no ordinary table has an entry and no definition`() throws {
        let reader = try Self.reader(
            """
            CREATE TABLE t(a); CREATE VIEW v AS SELECT * FROM t;
            CREATE VIRTUAL TABLE f USING fts5(a, content = 'T');
            CREATE TEMP TABLE scratch(a);
            """)
        #expect(try reader.entry("V")?.type == "view" && reader.table("v") == nil)
        #expect(try reader.entry("f")?.type == "virtual" && reader.table("f") == nil)
        #expect(try reader.entry("f_data")?.type == "shadow" && reader.table("f_data") == nil)
        #expect(try reader.entry("scratch") == nil && reader.table("scratch") == nil)
        #expect(try reader.fullTextTable(over: "t") == "f")
        #expect(try reader.fullTextTable(over: "v") == nil)
    }

    @Test func `a reader keeps what it read, and the schema's version tells a known one`() throws {
        let connection = try Connection(path: ":memory:", access: .create, routines: .linked)
        try connection.execute("CREATE TABLE t(a)")
        let (reader, known) = (SchemaReader(connection), KnownSchema(connection))
        #expect(try reader.table("T")?.columns.count == 1)
        #expect(try known.table("t")?.columns.count == 1 && known.table("u") == nil)
        try connection.execute("ALTER TABLE t ADD COLUMN b; CREATE TABLE u(a)")
        #expect(try reader.table("t")?.columns.count == 1 && reader.table("u") == nil)
        #expect(try known.table("t")?.columns.count == 2 && known.table("u") != nil)
        #expect(!connection.isInTransaction)
    }

    // MARK: Mentions

    @Test func `triggers and views are found by what they name, also through other views`() throws {
        let index = try Self.reader(
            """
            CREATE TABLE t(a); CREATE TABLE u(a); CREATE TABLE log(a);
            CREATE VIEW direct AS SELECT * FROM T;
            CREATE VIEW second AS SELECT * FROM direct, u;
            CREATE VIEW apart AS SELECT * FROM log;
            CREATE TRIGGER own AFTER INSERT ON t WHEN NEW.a > 0 BEGIN DELETE FROM log; END;
            CREATE TRIGGER other AFTER DELETE ON u BEGIN UPDATE log SET a = (SELECT 1 FROM t); END;
            CREATE TRIGGER instead INSTEAD OF DELETE ON direct BEGIN DELETE FROM t; END;
            """
        ).mentions()
        func names(_ names: [SQLName]) -> [String] { names.map(\.text) }
        #expect(names(index.views(over: [SQLName("t")])) == ["direct", "second"])
        #expect(names(index.views(over: [SQLName("direct")])) == ["second"])
        #expect(names(index.views(over: [SQLName("u"), SQLName("log")])) == ["second", "apart"])
        #expect(Set(names(index.names(in: SQLName("second")))).isSuperset(of: ["direct", "u"]))
        #expect(index.names(in: SQLName("nowhere")) == [])
        #expect(index.triggers(on: SQLName("T")).map(\.trigger.name) == ["own"])
        func triggers(_ name: String) -> [String] {
            index.triggers(mentioning: [SQLName(name)]).map(\.name)
        }
        #expect(triggers("t") == ["instead", "other"])
        #expect(triggers("log") == ["other", "own"])
        #expect(triggers("u") == [])
    }
}
