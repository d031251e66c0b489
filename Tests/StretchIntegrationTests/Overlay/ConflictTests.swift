import Stretch
import StretchTestSupport
import Testing

@testable import StretchEngine

/// Conflict clauses beside triggers and cold rows.
@Suite struct ConflictTests {
    /// Two keys that are cold, one that is hot, and a trigger that only checks.
    private func twin() throws -> MigratedTwin {
        let twin = try MigratedTwin(
            """
            CREATE TABLE p(id INTEGER PRIMARY KEY);
            CREATE TABLE t(a INTEGER PRIMARY KEY, p INT REFERENCES p, s TEXT);
            CREATE TRIGGER ti BEFORE INSERT ON t WHEN NEW.s = 'bad'
                BEGIN SELECT RAISE(ABORT, 'bad'); END;
            CREATE TRIGGER pi BEFORE INSERT ON p WHEN NEW.id < 0
                BEGIN SELECT RAISE(ABORT, 'negative'); END;
            INSERT INTO p VALUES(1), (2), (3), (4), (9);
            INSERT INTO t VALUES(1, 1, 'x'), (2, 2, 'y'), (3, 9, 'z'), (4, 9, 'u'), (9, 9, 'v');
            """, [("t", "a IN (1, 2)"), ("p", "id < 5")])
        try twin.both("PRAGMA foreign_keys = 1")
        return twin
    }

    @Test(
        arguments: ["", "OR IGNORE", "OR FAIL", "OR ROLLBACK", "OR REPLACE"],
        ["SELECT 1", "BEGIN"])
    func `a key that is cold is in the way of an UPDATE`(mode: String, opening: String) throws {
        for sql in [
            "UPDATE \(mode) t SET a = 2 WHERE a = 1", "UPDATE \(mode) t SET a = 2 WHERE a = 3",
            "UPDATE \(mode) t SET a = 3 WHERE a = 1", "UPDATE \(mode) t SET p = 3 WHERE a > 2",
            "INSERT \(mode) INTO t VALUES(1, 1, 'new')",
            "INSERT \(mode) INTO t VALUES(2, 4, 'new')",
            "INSERT \(mode) INTO t VALUES(1, 7, 'new')",
        ] {
            let twin = try twin()
            try twin.both(opening)
            try twin.both(sql)
            for table in ["t", "p"] { try twin.compare(table, "\(sql) after \(opening)") }
            #expect(twin.database.isInTransaction == twin.plain.isInTransaction)
        }
    }

    @Test(arguments: ["a < 0", "a < 3", "a > 0"])
    func `keys that shift over one another end as on a plain table`(filter: String) throws {
        for definition in ["a INTEGER PRIMARY KEY, s)", "a INT PRIMARY KEY, s) WITHOUT ROWID"] {
            for change in ["a = a + 2 WHERE a <= 4", "a = 5 - a", "a = a - 1 WHERE s <> 2"] {
                let twin = try MigratedTwin(
                    """
                    CREATE TABLE t(\(definition);
                    INSERT INTO t VALUES(1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, 6);
                    """, [("t", filter)])
                try twin.both("UPDATE OR REPLACE t SET \(change)")
                try twin.compare("t", "\(change)")
                try twin.compareThroughMigrations()
            }
        }
    }

    @Test(arguments: ["BEFORE", "AFTER"], ["a < 0", "a IN (1, 2)", "a > 0"])
    func `rows that a trigger leaves alone do not count`(time: String, filter: String) throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE t(a INTEGER PRIMARY KEY, s TEXT);
            CREATE TRIGGER d \(time) DELETE ON t WHEN OLD.a % 2 BEGIN SELECT RAISE(IGNORE); END;
            CREATE TRIGGER u \(time) UPDATE ON t WHEN OLD.a % 2 BEGIN SELECT RAISE(IGNORE); END;
            INSERT INTO t VALUES(1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (5, 'e');
            """, [("t", filter)])
        for sql in [
            "UPDATE t SET s = s || '!' WHERE a < 5", "UPDATE t SET s = s || '?' WHERE a = 3",
            "UPDATE OR IGNORE t SET s = 'x'", "DELETE FROM t WHERE a < 3", "DELETE FROM t",
        ] {
            try twin.both(sql)
            try twin.compare("t", "\(sql)")
        }
        try twin.compareThroughMigrations()
    }
}
