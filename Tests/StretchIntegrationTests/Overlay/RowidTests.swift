import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCore
@testable import StretchEngine

/// A rowid that no column of a table holds stays the rowid of its row, wherever the row is.
@Suite struct RowidTests {
    /// Definitions of a table with the columns `id`, `v` and `n`.
    private static let definitions = [
        "t(id TEXT PRIMARY KEY, v TEXT, n INT)",
        "t(id TEXT, v TEXT, n INT, PRIMARY KEY(n, id))",
        "t(id TEXT, v TEXT, n INT)",
        "t(id TEXT UNIQUE, v TEXT, n INT)",
        "t(id TEXT, v TEXT, oid INT, n INT)",
    ]

    /// A table of 40 rows whose rowids have gaps and another order than the ids.
    private static func script(_ definition: String) -> String {
        """
        CREATE TABLE \(definition);
        WITH c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c WHERE i < 39)
        INSERT INTO t(rowid, id, v, n)
        SELECT i * 3 + 1, 'k' || (i * 17 % 40), 'v' || i, i FROM c;
        """
    }

    private static func twin(
        _ definition: String, more: String = "", on remote: MigratedTwin.Remote = .embedded
    ) throws -> MigratedTwin {
        try MigratedTwin(script(definition) + more, [("t", "n < 30")], on: remote)
    }

    private static let query = "SELECT rowid, * FROM t ORDER BY rowid"

    /// Expects that both have the same rows under the same rowids.
    private static func compare(
        _ twin: MigratedTwin, after sql: String, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let (found, expected) = (try twin.database.query(query).rows, try twin.plain.rows(query))
        let differences = Set(found).symmetricDifference(expected)
        #expect(
            found == expected, "\(sql): \(differences.map { "\($0)" }.sorted())",
            sourceLocation: sourceLocation)
    }

    @Test(arguments: definitions, MigratedTwin.Remote.allCases)
    func `a cold row shows its rowid, and is found by it`(
        definition: String, remote: MigratedTwin.Remote
    ) throws {
        let twin = try Self.twin(
            definition,
            more: "CREATE TABLE link(r INTEGER PRIMARY KEY); INSERT INTO link SELECT rowid FROM t;",
            on: remote)
        #expect(try twin.hotRowCount() == 10)
        for sql in [
            Self.query, "SELECT _rowid_, id FROM t WHERE rowid = 4",
            "SELECT id FROM t WHERE rowid = 5", "SELECT id FROM t WHERE rowid = '4'",
            "SELECT id FROM t WHERE rowid = 4.5", "SELECT id FROM t WHERE rowid IS NULL",
            "SELECT count(*) FROM t WHERE rowid IN (1, 4, 5, 100, 118)",
            "SELECT id FROM t WHERE rowid BETWEEN 80 AND 100 ORDER BY rowid DESC",
            "SELECT id FROM t WHERE rowid > 60 ORDER BY rowid",
            "SELECT id FROM t WHERE rowid <= 60 AND n > 3 ORDER BY rowid",
            "SELECT id FROM t ORDER BY rowid DESC LIMIT 3",
            "SELECT id FROM t ORDER BY rowid LIMIT 3",
            "SELECT min(rowid), max(rowid), sum(rowid), count(rowid) FROM t",
            "SELECT count(*), sum(n) FROM t JOIN link ON link.r = t.rowid",
            "SELECT t.id FROM link JOIN t ON t.rowid = link.r WHERE link.r < 20 ORDER BY 1",
            "SELECT id FROM t WHERE rowid = 4 OR n = 35 OR v = 'v1' ORDER BY id",
            "SELECT id FROM t WHERE rowid = (SELECT min(r) FROM link WHERE r > 50)",
            "SELECT id FROM t WHERE EXISTS (SELECT 1 FROM link WHERE r = t.rowid AND r % 2) "
                + "ORDER BY 1",
            "SELECT DISTINCT rowid % 2 FROM t ORDER BY 1",
        ] {
            try twin.both(sql)
        }
        try twin.database.tables["t"].bringBack()
        try twin.both(Self.query)
        #expect(
            try Connection.native(to: twin.path).rows(Self.query) == twin.plain.rows(Self.query))
    }

    @Test(arguments: definitions)
    func `changes keep, set and free rowids as on a plain table`(definition: String) throws {
        for sql in [
            "UPDATE t SET v = 'x'", "UPDATE t SET v = 'x' WHERE n = 3",
            "UPDATE t SET v = 'x' WHERE rowid = 10", "UPDATE t SET v = v || rowid WHERE n < 5",
            "UPDATE t SET id = id || 'z' WHERE n < 3", "UPDATE t SET rowid = 500 WHERE n = 3",
            "UPDATE t SET rowid = rowid + 1000", "UPDATE t SET rowid = 13 WHERE n = 35",
            "UPDATE OR REPLACE t SET rowid = 13 WHERE n = 35",
            "UPDATE OR IGNORE t SET rowid = 100 WHERE n = 2",
            "DELETE FROM t WHERE rowid = 10", "DELETE FROM t WHERE rowid < 30 OR n = 38",
            "DELETE FROM t WHERE rowid IN (SELECT rowid FROM t WHERE n % 2)", "DELETE FROM t",
            "INSERT INTO t(id, v, n) VALUES ('new', 'x', 100)",
            "INSERT INTO t(rowid, id, v, n) VALUES (10, 'new', 'x', 100)",
            "INSERT OR IGNORE INTO t(rowid, id, v, n) VALUES (10, 'new', 'x', 100)",
            "INSERT OR REPLACE INTO t(rowid, id, v, n) VALUES (10, 'new', 'x', 100)",
            "INSERT INTO t(rowid, id, v, n) VALUES (-1, 'new', 'x', 100)",
            "INSERT INTO t(rowid, id, v, n) VALUES (10, 'new', 'x', 1) "
                + "ON CONFLICT DO UPDATE SET v = 'y'",
        ] {
            let twin = try Self.twin(definition)
            try twin.both(sql)
            try Self.compare(twin, after: sql)
            // The next rowid is greater than all others.
            try twin.both("DELETE FROM t WHERE n >= 30 AND n < 200")
            try twin.both("INSERT INTO t(id, v, n) VALUES ('next', 'x', 200)")
            try Self.compare(twin, after: "a new row after \(sql)")
            try twin.database.migrate(batchRowCount: 5)
            try Self.compare(twin, after: "migration after \(sql)")
        }
    }

    @Test(arguments: definitions, ["fts5(v)", "fts5(v, content='')"])
    func `a full-text index by rowid finds cold rows, and forgets deleted ones`(
        definition: String, index: String
    ) throws {
        let isContentless = index.contains("content")
        let forget =
            isContentless
            ? "INSERT INTO f(f, rowid, v) VALUES ('delete', old.rowid, old.v);"
            : "DELETE FROM f WHERE rowid = old.rowid;"
        let twin = try Self.twin(
            definition,
            more: """
                CREATE VIRTUAL TABLE f USING \(index);
                INSERT INTO f(rowid, v) SELECT rowid, 'word ' || v FROM t;
                CREATE TRIGGER gone AFTER DELETE ON t BEGIN
                \(forget.replacing("old.v", with: "'word ' || old.v")) END;
                """)
        let search = """
            SELECT t.id, t.n FROM f JOIN t ON t.rowid = f.rowid WHERE f MATCH 'word' ORDER BY 1
            """
        try twin.both(search)
        try twin.both("DELETE FROM t WHERE n IN (3, 4, 35)")
        try twin.both("SELECT rowid FROM f WHERE f MATCH 'word' ORDER BY rowid")
        try twin.both(search)
        try twin.both("UPDATE t SET v = 'other' WHERE n = 7")
        try twin.both(search)
    }

    @Test(arguments: definitions)
    func `a deep backup has the rowids of all rows`(definition: String) throws {
        let twin = try Self.twin(definition)
        let copy = twin.folder.path("deep.db")
        var options = BackupOptions()
        options.isDeep = true
        try twin.database.backUp(to: copy, options)
        #expect(try Connection.native(to: copy).rows(Self.query) == twin.plain.rows(Self.query))
    }

    @Test func `no row is hidden by a rowid that VACUUM gave to another one`() throws {
        let twin = try Self.twin("t(id TEXT, v TEXT, n INT)")
        try twin.runNatively("VACUUM")
        try twin.compare()
        for sql in [
            "SELECT id FROM t WHERE rowid > 0 AND n = 3 OR v = 'v30' OR id = 'k1' ORDER BY id",
            "UPDATE t SET v = v || rowid % 1 WHERE rowid > 0 AND n IN (21, 22)",
            "DELETE FROM t WHERE rowid > 0 AND n = 5",
            "INSERT INTO t(id, v, n) VALUES ('new', 'x', 1)",
        ] {
            try twin.both(sql)
            try twin.compare()
        }
        let rowids = try twin.database.query("SELECT rowid FROM t").rows
        #expect(Set(rowids).count == rowids.count)
        // Rows that get cold now have the rowids of others.
        try twin.database.tables["t"].alter(filter: "n < 38")
        try twin.database.migrate(batchRowCount: 3)
        try twin.compare()
        let later = try twin.database.query("SELECT rowid FROM t").rows
        #expect(Set(later).count == later.count)
        #expect(
            try twin.database.query(
                "SELECT count(*) FROM stretch_event WHERE kind = 'rowidTaken'"
            ).rows[0][0] != 0)
        try twin.compareThroughMigrations()
    }

    @Test func `a table without cold rows stores rowids once its key is no column`() throws {
        let twin = try MigratedTwin(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, n INT)", [("t", "n < 30")])
        let remake = """
            DROP TABLE t; CREATE TABLE t(id TEXT PRIMARY KEY, v TEXT, n INT);
            INSERT INTO t(rowid, id, n) VALUES (7, 'a', 1), (9, 'b', 2), (12, 'c', 40);
            """
        try twin.runNatively(remake)
        try twin.plain.execute(remake)
        try twin.database.migrate()
        #expect(try twin.hotRowCount() == 1)
        try twin.both(Self.query)
    }

    @Test(arguments: definitions, [1, 2, 3] as [UInt64])
    func `random statements see the rowids of a plain table`(
        definition: String, seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        let twin = try Self.twin(definition)
        var next = 1_000
        for step in 0..<150 {
            let a = Int.random(in: 1...130, using: &random)
            let b = Int.random(in: 0...45, using: &random)
            next += 1
            let sql: String?
            switch Int.random(in: 0..<16, using: &random) {
            case 0: sql = "INSERT INTO t(id, v, n) VALUES ('r\(next)', 'x', \(b))"
            case 1: sql = "INSERT INTO t(rowid, id, v, n) VALUES (\(a), 'r\(next)', 'x', \(b))"
            case 2:
                sql = """
                    INSERT OR IGNORE INTO t(rowid, id, v, n) VALUES (\(a), 'r\(next)', 'i', \(b))
                    """
            case 3:
                sql = """
                    INSERT OR REPLACE INTO t(rowid, id, v, n) VALUES (\(a), 'r\(next)', 'r', \(b))
                    """
            case 4: sql = "UPDATE t SET v = 'u\(step)' WHERE rowid = \(a)"
            case 5: sql = "UPDATE t SET v = 'u\(step)', n = \(b) WHERE n = \(b + 1)"
            case 6: sql = "UPDATE t SET rowid = \(next) WHERE rowid = \(a)"
            case 7: sql = "DELETE FROM t WHERE rowid = \(a)"
            case 8: sql = "DELETE FROM t WHERE n = \(b) AND rowid > \(a)"
            case 9: sql = "SELECT rowid, v FROM t WHERE rowid BETWEEN \(a) AND \(a + 20) ORDER BY 1"
            case 10: sql = "SELECT rowid FROM t WHERE rowid = \(a) OR n = \(b) ORDER BY 1"
            case 11: sql = "SELECT max(rowid), min(rowid) FROM t WHERE n < \(b)"
            case 12:
                try twin.database.migrate(batchRowCount: Int.random(in: 1...9, using: &random))
                sql = nil
            case 13:
                try twin.database.tables["t"].bringBack(where: "n < \(b / 3)")
                try twin.database.tables["t"].resume()
                sql = nil
            case 14: sql = "DELETE FROM t WHERE rowid = (SELECT max(rowid) FROM t)"
            default: sql = "SELECT u.rowid, t.v FROM t JOIN t AS u ON u.rowid = t.rowid ORDER BY 1"
            }
            if let sql { try twin.both(sql) }
            try Self.compare(twin, after: sql ?? "a migration")
        }
        #expect(try twin.database.verify().isSound)
    }
}

extension String {
    /// Returns the text with each occurrence of a part replaced.
    fileprivate func replacing(_ part: String, with other: String) -> String {
        split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
    }
}
