import Foundation
import Stretch
import StretchCatalog
import StretchMigration
import StretchOverlay
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCore
@testable import StretchEngine

/// UNIQUE constraints beside the key hold among hot and cold rows, as on a plain table.
@Suite struct UniqueTierTests {
    private static let feed = """
        CREATE TABLE a(id INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE, n INT, y INT);
        INSERT INTO a(guid, n, y) VALUES ('g1', 1, 2024), ('g2', 1, 2025), ('g3', 1, 2024);
        """

    private func feedTwin() throws -> MigratedTwin {
        try MigratedTwin(Self.feed, [("a", "y < 2025")])
    }

    @Test(arguments: [
        "INSERT INTO a(guid, n, y) VALUES ('g1', 5, 2025) "
            + "ON CONFLICT(guid) DO UPDATE SET n = n + 1",
        "INSERT INTO a(guid, n, y) VALUES ('g1', 5, 2025) ON CONFLICT DO NOTHING",
        "INSERT OR IGNORE INTO a(guid, n, y) VALUES ('g1', 9, 2025)",
        "INSERT OR REPLACE INTO a(guid, n, y) VALUES ('g1', 9, 2025)",
        "INSERT INTO a(guid, n, y) VALUES ('g1', 9, 2025)",
        "INSERT OR FAIL INTO a(guid, n, y) VALUES ('g9', 9, 2025), ('g1', 9, 2025), ('g8', 1, 1)",
        "INSERT INTO a(guid, n, y) VALUES ('g9', 9, 2025), ('g1', 9, 2025), ('g3', 1, 1) "
            + "ON CONFLICT(guid) DO UPDATE SET n = excluded.n RETURNING id, guid, n",
        "INSERT OR IGNORE INTO a(guid, n, y) SELECT 'g' || (id + 1), n, y FROM a",
        "UPDATE a SET guid = 'g1' WHERE guid = 'g2'",
        "UPDATE OR IGNORE a SET guid = 'g1' WHERE guid = 'g2'",
        "UPDATE OR REPLACE a SET guid = 'g1' WHERE guid = 'g2'",
        "UPDATE OR REPLACE a SET guid = 'g1' WHERE guid = 'g3'",
        "UPDATE a SET guid = 'g3' WHERE guid = 'g1'", "UPDATE a SET guid = 'g1' WHERE guid = 'g1'",
        "UPDATE a SET guid = upper(guid)", "UPDATE a SET guid = NULL",
    ])
    func `a cold value is in the way of a hot one`(sql: String) throws {
        for opening in ["SELECT 1", "BEGIN"] {
            let twin = try feedTwin()
            try twin.both(opening)
            try twin.both(sql)
            try twin.compare("a", "\(sql) after \(opening)")
            #expect(twin.database.isInTransaction == twin.plain.isInTransaction)
            if twin.database.isInTransaction { try twin.both("COMMIT") }
            try twin.compareThroughMigrations("a")
        }
    }

    @Test(arguments: ["INSERT OR REPLACE", "INSERT OR IGNORE", "INSERT", "UPDATE OR REPLACE"])
    func `the default in the place of a NULL is looked up`(verb: String) throws {
        for (type, text, value) in [
            ("TEXT", "'x'", "'x'"), ("INT", "'-7'", "-7"), ("INT", "-7", "-7"),
        ] {
            let twin = try MigratedTwin(
                """
                CREATE TABLE t(
                    id INTEGER PRIMARY KEY, u \(type) NOT NULL DEFAULT \(text) UNIQUE, n);
                INSERT INTO t VALUES (1, \(value), 1), (2, 90, 90), (3, 95, 90);
                """, [("t", "n < 20")])
            try twin.both(
                verb == "UPDATE OR REPLACE"
                    ? "\(verb) t SET u = NULL WHERE id = 2"
                    : "\(verb) INTO t(id, u, n) VALUES (9, NULL, 90)")
            try twin.compareThroughMigrations()
        }
    }

    @Test(arguments: [UniqueScope.local, .all])
    func `the scope of a table decides`(scope: UniqueScope) throws {
        let twin = try feedTwin()
        let cold = "INSERT INTO a(guid, n, y) VALUES ('g1', 5, 2025)"
        try twin.database.tables["a"].setUniqueScope(.local)
        let other = try StretchDatabase(path: twin.path, configuration: .everyRemote)
        try other.execute(cold)
        #expect(try twin.database.verify().tables[0].duplicateRowCount == 1)
        guard scope == .all else { return }
        let report = try twin.database.tables["a"].setUniqueScope(.all)
        #expect(report.duplicates.map(\.constraint) == ["UNIQUE (guid)"])
        #expect(report.duplicates.map(\.rowCount) == [1])
        #expect(report.duplicates.map(\.examples) == [[["g1"]]])
        #expect(report.unenforcedConstraints == [])
        for database in [twin.database, other] {
            // Of the two rows, SQLite finds the hot one.
            #expect(throws: StretchError.self) { try database.execute(cold) }
            #expect(throws: StretchError.self) {
                try database.execute("INSERT INTO a(guid, n, y) VALUES ('g3', 5, 2025)")
            }
        }
        #expect(try twin.database.query("SELECT count(*) FROM a WHERE guid = 'g1'").rows == [[2]])
    }

    @Test func `a table of an earlier version keeps its scope until it is switched`() throws {
        let twin = try feedTwin()
        try twin.runNatively("DROP TABLE stretch_unique")
        let insertion = "INSERT INTO a(guid, n, y) VALUES ('g1', 5, 2025)"
        try twin.database.execute(insertion)
        #expect(try twin.database.query("SELECT count(*) FROM a WHERE guid = 'g1'").rows == [[2]])
        try twin.database.tables["a"].setUniqueScope(.all)
        #expect(throws: StretchError.self) {
            try twin.database.execute("UPDATE a SET guid = 'g3' WHERE guid = 'g2'")
        }
    }

    // MARK: Round trips

    @Test func `values outside the zones and unchanged values cost no round trip`() throws {
        let twin = try feedTwin()
        let database = twin.database
        _ = try database.query("SELECT count(*), max(guid) FROM a")
        func cost(_ sql: String) throws -> Int {
            let before = database.overlay.roundTripCount
            try database.execute(sql)
            return database.overlay.roundTripCount - before
        }
        #expect(try cost("INSERT INTO a(guid, n, y) VALUES ('h1', 1, 2025), (NULL, 1, 2025)") == 0)
        #expect(try cost("UPDATE a SET guid = 'h2', n = 4 WHERE id = 2") == 0)
        #expect(try cost("UPDATE a SET n = n + 1, guid = guid WHERE id = 2") == 0)
        let known = try cost("UPDATE a SET n = n + 1 WHERE id = 1")
        // The key is looked up as it always was; the constraint adds nothing.
        try database.tables["a"].setUniqueScope(.local)
        #expect(try cost("UPDATE a SET n = n + 1 WHERE id = 3") == known)
    }

    // MARK: Without the remote

    @Test func `a remote that is away refuses what it alone can tell`() throws {
        let twin = try feedTwin()
        try FileManager.default.moveItem(
            atPath: twin.folder.path("cold.db"), toPath: twin.folder.path("away.db"))
        let database = try StretchDatabase(path: twin.path, configuration: .everyRemote)
        let before = try database.query("SELECT * FROM main.a").rows
        let error = #expect(throws: StretchError.self) {
            try database.execute("INSERT INTO a(guid, n, y) VALUES ('zz', 1, 2), ('g1', 5, 2025)")
        }
        let words = "cannot tell whether a cold row has the same values"
        #expect(error?.message.contains(words) == true)
        #expect(error?.message.contains("UNIQUE (guid) of table \"a\"") == true)
        #expect(try database.query("SELECT * FROM main.a").rows == before)
        try database.execute("INSERT INTO a(guid, n, y) VALUES ('zz', 1, 2025)")
    }
}
