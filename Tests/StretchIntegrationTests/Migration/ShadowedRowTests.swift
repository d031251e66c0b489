import StretchCatalog
import StretchMigration
import StretchTestSupport
import Testing

@testable import StretchEngine

/// Hot rows that a program without Stretch gave the keys of cold ones.
@Suite struct ShadowedRowTests {
    struct Kind: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let columns: String
        /// SQL of the key of row `n`, and of an equal key that may be written otherwise.
        let value: String
        let other: String
    }

    static let kinds = [
        Kind(
            testDescription: "rowid", columns: "(k INTEGER PRIMARY KEY, n INT, v TEXT)",
            value: "n", other: "n"),
        Kind(
            testDescription: "declared NOCASE",
            columns: "(k TEXT COLLATE NOCASE PRIMARY KEY, n INT, v TEXT)", value: "'key ' || n",
            other: "'KEY ' || n"),
        Kind(
            testDescription: "NOCASE with NUL",
            columns: "(k TEXT COLLATE NOCASE PRIMARY KEY, n INT, v TEXT)",
            value: "n || char(0) || 'a'", other: "n || char(0) || 'b'"),
        Kind(
            testDescription: "without rowid",
            columns: "(k REAL PRIMARY KEY, n INT, v TEXT) WITHOUT ROWID", value: "n + 0.5",
            other: "n + 0.5"),
        Kind(
            testDescription: "RTRIM descending",
            columns: "(k TEXT COLLATE RTRIM, n INT, v TEXT, PRIMARY KEY(k DESC, v COLLATE NOCASE))",
            value: "'k' || n", other: "'k' || n || '  '"),
    ]

    @Test(arguments: kinds)
    func `a migrator run hides what hot rows shadow`(kind: Kind) throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE t\(kind.columns);
            WITH c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 29)
            INSERT INTO t SELECT \(kind.value), n, 'v' FROM c;
            """)
        #expect(try twin.database.status().tables[0].shadowedRows == 0)
        let rows = "WITH c(n) AS (VALUES (3), (4), (17)) SELECT \(kind.other), n + 50, 'V' FROM c"
        try twin.runNatively("INSERT INTO t \(rows)")
        try twin.plain.execute("INSERT OR REPLACE INTO t \(rows)")
        try twin.compare()
        #expect(try twin.database.status().tables[0].shadowedRows == 3)
        try twin.database.migrate()
        #expect(try twin.database.status().tables[0].shadowedRows == 0)
        #expect(try twin.database.verify().tables[0].shadowedRowCount == 0)
        // Before, the cold version would come back.
        try twin.runNatively("DELETE FROM t WHERE n = 54")
        try twin.plain.execute("DELETE FROM t WHERE n = 54")
        try twin.compare()
        let events = try twin.database.status().events.filter { $0.kind == .shadowedRows }
        #expect(events.map(\.table) == ["t"])
        try twin.compareThroughMigrations()
    }

    @Test func `a key compares by its own collation, and not by its column's`() throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE t(k TEXT COLLATE NOCASE, n INT, PRIMARY KEY(k COLLATE BINARY));
            INSERT INTO t VALUES('A', 1), ('b', 2), ('a', 30), ('B', 40);
            """)
        try twin.both("UPDATE t SET k = 'A' WHERE n = 30")
        try twin.both("INSERT INTO t VALUES('b', 50)")
        try twin.both("INSERT INTO t VALUES('c', 50), ('C', 60)")
        try twin.both("UPDATE t SET k = 'D' WHERE n = 2")
        try twin.compareThroughMigrations()
    }

    @Test func `status does not guess`() throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, n INT); CREATE TABLE u(n INT);
            WITH c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 2999)
            INSERT INTO t SELECT n, n % 2 * 100 FROM c;
            INSERT INTO u VALUES(1), (2), (90);
            """, [("u", "n < 20"), ("t", "n < 20")])
        let tables = try twin.database.status().tables
        #expect(tables.map(\.shadowedRows) == [0, nil])
    }
}
