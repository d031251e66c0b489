import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchEngine

/// Questions that the manifest answers, and rows that stand for others.
@Suite struct CountTests {
    private static let script = """
        CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, n INT);
        CREATE TABLE words(w TEXT PRIMARY KEY, n INT) WITHOUT ROWID;
        CREATE TABLE plain(v, n INT);
        WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 400)
        INSERT INTO t SELECT i, 'v' || (i % 9), i FROM c;
        INSERT INTO words SELECT 'word ' || printf('%03d', id), n FROM t;
        INSERT INTO plain SELECT v, n FROM t;
        """
    private static let tables = [("t", "n <= 300"), ("words", "n <= 300"), ("plain", "n <= 300")]

    /// Counts, and expects so many cold rows to be fetched.
    private func count(
        _ sql: String, _ twin: MigratedTwin, fetching rowCount: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let before = (twin.database.fetchedRowCount, twin.database.roundTripCount)
        try twin.both(sql, sourceLocation: sourceLocation)
        #expect(
            twin.database.fetchedRowCount - before.0 == rowCount, "\(sql)",
            sourceLocation: sourceLocation)
        // Also what fetches nothing makes the remote prove that it is the file's.
        #expect(
            twin.database.roundTripCount > before.1, "\(sql)", sourceLocation: sourceLocation)
    }

    @Test(arguments: MigratedTwin.Remote.allCases)
    func `cold rows are counted by the manifest`(_ remote: MigratedTwin.Remote) throws {
        let twin = try MigratedTwin(Self.script, Self.tables, batchRowCount: 50, on: remote)
        for (table, _) in Self.tables {
            try count("SELECT count(*) FROM \(table)", twin, fetching: 0)
            try count("SELECT 1 FROM \(table)", twin, fetching: 0)
            // A hot row is enough.
            let trips = twin.database.roundTripCount
            try twin.both("SELECT EXISTS(SELECT 1 FROM \(table))")
            #expect(twin.database.roundTripCount == trips)
        }
        try count("SELECT count(*) FROM t a, plain b", twin, fetching: 0)
        try count("SELECT count(*) FROM t WHERE id > 100", twin, fetching: 0)
        try count("SELECT count(*) FROM t WHERE id BETWEEN 51 AND 350", twin, fetching: 0)
        try count("SELECT count(*) FROM t WHERE id <= 120", twin, fetching: 20)
        try count("SELECT count(*) FROM t WHERE id < 120.5 AND id > '100'", twin, fetching: 120)
        let trips = twin.database.roundTripCount
        try count("SELECT count(*) FROM t", twin, fetching: 0)
        #expect(twin.database.roundTripCount == trips + 1)
        try twin.both("SELECT count(*) FROM t WHERE n > 100")
        try twin.both("SELECT count(*), sum(id) FROM t WHERE id > 100")
        try twin.both("SELECT count(v) FROM t")

        try twin.both("DELETE FROM t WHERE id % 10 = 3")
        try twin.both("DELETE FROM words WHERE n % 10 = 3")
        for (table, _) in Self.tables {
            try count("SELECT count(*) FROM \(table)", twin, fetching: 0)
        }
        try count("SELECT count(*) FROM t WHERE id > 150", twin, fetching: 0)
        try twin.database.execute("BEGIN")
        try twin.plain.execute("BEGIN")
        try twin.both("DELETE FROM t WHERE id BETWEEN 90 AND 210")
        try count("SELECT count(*) FROM t", twin, fetching: 0)
        try twin.database.execute("ROLLBACK")
        try twin.plain.execute("ROLLBACK")
        try count("SELECT count(*) FROM t", twin, fetching: 0)
    }

    @Test(arguments: MigratedTwin.Remote.allCases)
    func `a hot row among the keys of a batch makes them be looked at`(
        _ remote: MigratedTwin.Remote
    ) throws {
        let twin = try MigratedTwin(Self.script, Self.tables, batchRowCount: 50, on: remote)
        // A program without Stretch takes keys that are cold.
        try twin.runNatively("INSERT INTO t VALUES(120, 'native', 999), (121, 'native', 999)")
        try twin.plain.execute("UPDATE t SET v = 'native', n = 999 WHERE id IN (120, 121)")
        try count("SELECT count(*) FROM t", twin, fetching: 50)
        try count("SELECT count(*) FROM t WHERE id > 150", twin, fetching: 0)
        try twin.both("UPDATE t SET n = n + 1000 WHERE id IN (10, 260)")
        try twin.both("DELETE FROM t WHERE id IN (11, 120, 399)")
        try count("SELECT count(*) FROM t", twin, fetching: 150)
        try twin.runNatively("INSERT INTO words VALUES('word 077', 999)")
        try twin.plain.execute("UPDATE words SET n = 999 WHERE w = 'word 077'")
        try count("SELECT count(*) FROM words", twin, fetching: 50)
        try twin.compareThroughMigrations()
    }

    @Test(arguments: MigratedTwin.Remote.allCases)
    func `the rowid of a row that was only counted is its own`(
        _ remote: MigratedTwin.Remote
    ) throws {
        let twin = try MigratedTwin(Self.script, Self.tables, batchRowCount: 50, on: remote)
        try twin.both("DELETE FROM t WHERE id % 7 = 1")
        for sql in [
            "SELECT rowid FROM t ORDER BY 1", "SELECT count(*), sum(rowid) FROM t",
            "SELECT id FROM t WHERE id > 77 ORDER BY +id",
            "SELECT DISTINCT v FROM t WHERE rowid % 2 ORDER BY 1",
            "SELECT DISTINCT v FROM t WHERE +rowid IN (5, 305) ORDER BY 1",
        ] { try twin.both(sql) }
        // The first rowid is asked for behind rows that were counted.
        var calls = 0
        try twin.database.connection.createFunction("later", argumentCount: 0) { _ in
            calls += 1
            return .integer(calls % 4_000 > 250 ? 1 : 0)
        }
        let rows = try twin.database.query(
            "SELECT count(*), count(DISTINCT CASE WHEN later() THEN rowid END) FROM t"
        ).rows
        let total = try twin.plain.integer("SELECT count(*) FROM t") ?? 0
        #expect(rows == [[.integer(total), .integer(total - 250)]])
        try twin.both("DELETE FROM t")
        try twin.both("DELETE FROM words")
        try twin.both("SELECT count(*) FROM t")
    }

    @Test func `an equal row comes once from PostgreSQL`() throws {
        let twin = try MigratedTwin(
            Self.script + "ALTER TABLE t ADD COLUMN x; UPDATE t SET x = n % 3;"
                + "ALTER TABLE t ADD COLUMN r REAL; UPDATE t SET r = n % 5;",
            [("t", "n <= 300")], batchRowCount: 50, on: .postgres)
        try count("SELECT DISTINCT v FROM t ORDER BY v", twin, fetching: 9)
        try count("SELECT DISTINCT v, n % 2 FROM t ORDER BY 1, 2", twin, fetching: 300)
        try count("SELECT DISTINCT v FROM t WHERE n < 5 ORDER BY v", twin, fetching: 4)
        try count("SELECT DISTINCT v, x FROM t ORDER BY 1, 2", twin, fetching: 9)
        try count("SELECT DISTINCT r FROM t ORDER BY 1", twin, fetching: 300)
        try count("SELECT count(DISTINCT v) FROM t", twin, fetching: 300)
        // A batch with hidden rows is looked at row by row.
        try twin.both("DELETE FROM t WHERE id IN (60, 61)")
        try count("SELECT DISTINCT v FROM t ORDER BY v", twin, fetching: 9 + 50)
        try twin.runNatively("INSERT INTO t VALUES(160, 'native', 999, 1.0, -0.0)")
        try twin.plain.execute(
            "UPDATE t SET v = 'native', n = 999, x = 1.0, r = -0.0 WHERE id = 160")
        try count("SELECT DISTINCT v FROM t ORDER BY v", twin, fetching: 9 + 100)
    }

    @Test(arguments: MigratedTwin.Remote.allCases)
    func `DISTINCT merges values as SQLite does`(_ remote: MigratedTwin.Remote) throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, a, b TEXT COLLATE NOCASE, c REAL, n INT);
            INSERT INTO t(a, b, c) VALUES
                (1, 'a', 0.0), (1.0, 'A', -0.0), ('1', 'a', 1), (x'31', 'b', 1), (NULL, NULL, NULL),
                (0.0, 'a ', 0.5), (-0.0, 'B', 0.5), (1, 'a', 0.0), (NULL, NULL, NULL);
            INSERT INTO t(a, b, c) SELECT a, b, c FROM t;
            INSERT INTO t(a, b, c) SELECT a, b, c FROM t;
            UPDATE t SET n = id;
            """, batchRowCount: 5, on: remote)
        for columns in ["a", "b", "c", "a, b", "b, c", "b, a, c"] {
            let classes = columns.split(separator: ", ").map { "typeof(\($0))" }
                .joined(separator: ", ")
            for sql in [
                "SELECT count(*) FROM (SELECT DISTINCT \(columns) FROM t)",
                "SELECT DISTINCT \(classes) FROM t ORDER BY \(classes)",
                "SELECT count(*) FROM (SELECT DISTINCT \(columns) FROM t WHERE typeof(a) = 'real')",
                "SELECT count(*) FROM (SELECT DISTINCT \(columns) FROM t WHERE b = 'a' OR b > 'b')",
            ] { try twin.both(sql) }
        }
    }
}
