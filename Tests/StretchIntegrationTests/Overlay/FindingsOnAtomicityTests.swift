import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCore
@testable import StretchEngine

/// Findings 15–18 and 29: locks, atomicity, triggers, and conflicts.
@Suite struct FindingsOnAtomicityTests {
    // Finding 15; `ConcurrencyTests` does the same in two processes.
    @Test func `an UPDATE waits for another writer's lock, and then goes on`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        let other = try StretchDatabase(path: twin.path, configuration: .everyRemote)
        for turn in 1...20 {
            let writer = turn % 2 == 0 ? twin.database : other
            try writer.execute("UPDATE t SET n = n + 1 WHERE id = 5")
            try twin.plain.execute("UPDATE t SET n = n + 1 WHERE id = 5")
        }
        try twin.compareThroughMigrations()
    }

    @Test func `a statement goes on after all else of its database is gone`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        let count = try #require(try twin.plain.integer("SELECT count(*) FROM t"))
        func prepare() throws -> Statement {
            let statement = try StretchDatabase(path: twin.path, configuration: .everyRemote)
                .prepare(
                    "SELECT n FROM t")
            #expect(try statement.step())
            return statement
        }
        let statement = try prepare()
        var seen: Int64 = 1
        while try statement.step() { seen += 1 }
        #expect(seen == count)
    }

    // Finding 16. OR FAIL keeps the rows before the failing one; which those are is nobody's
    // promise.
    @Test(arguments: ["", "OR IGNORE", "OR ROLLBACK", "OR REPLACE", "OR ABORT"])
    func `a statement that fails halfway leaves what it leaves on a plain table`(
        mode: String
    ) throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT CHECK (v <> 'bad'), n INT NOT NULL);
            WITH c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 23)
            INSERT INTO t SELECT n + 1, 'v' || n, n FROM c;
            """)
        for isTransaction in [false, true] {
            let twins = isTransaction ? ["BEGIN", "SAVEPOINT s"] : []
            for sql in [
                "UPDATE \(mode) t SET v = CASE n WHEN 17 THEN 'bad' ELSE v || '.' END WHERE n > 8",
                "UPDATE \(mode) t SET n = nullif(n, 12)",
                "UPDATE \(mode) t SET n = nullif(n, 22) + 0",
                "INSERT \(mode) INTO t(v, n) SELECT v || 'i', nullif(n, 14) FROM t WHERE n > 10 "
                    + "AND n < 20 ORDER BY id",
            ] {
                for statement in twins { try twin.both(statement) }
                try twin.both(sql)
                try twin.compare("t", "\(sql), transaction: \(isTransaction)")
                guard isTransaction else { continue }
                #expect(twin.database.connection.isInTransaction == twin.plain.isInTransaction)
                guard twin.plain.isInTransaction else { continue }
                try twin.both("INSERT INTO t(v, n) VALUES('after', 50)")
                try twin.both("ROLLBACK TO s")
                try twin.compare()
                try twin.both("COMMIT")
                try twin.compare()
            }
        }
        try twin.compareThroughMigrations()
    }

    // Finding 16: a key that is taken in the middle of the statement.
    @Test(arguments: ["", "OR FAIL", "OR IGNORE", "OR REPLACE"])
    func `keys that collide across the tiers collide as on a plain table`(mode: String) throws {
        for sql in [
            "UPDATE \(mode) t SET id = id + 1 WHERE id = 5",
            "UPDATE \(mode) t SET id = 23 WHERE id = 3",
            "UPDATE \(mode) t SET id = 3 WHERE id = 23",
            "UPDATE \(mode) t SET id = id + 100 WHERE id IN (2, 22, 24)",
            "INSERT \(mode) INTO t VALUES(4, 'x', 30), (40, 'y', 30)",
            "INSERT \(mode) INTO t VALUES(41, 'x', 30), (22, 'y', 30), (42, 'z', 30)",
        ] {
            let twin = try MigratedTwin(MigratedTwin.numbers)
            try twin.both("BEGIN")
            try twin.both(sql)
            try twin.compare("t", "\(sql)")
            try twin.both("COMMIT")
            try twin.compareThroughMigrations()
        }
    }

    // Finding 17.
    @Test func `a recall fires no trigger and keeps last_insert_rowid()`() throws {
        let twin = try MigratedTwin(
            MigratedTwin.numbers + """
                CREATE TABLE log(what);
                CREATE TRIGGER t_insert AFTER INSERT ON t BEGIN
                    INSERT INTO log VALUES('+' || NEW.id); END;
                CREATE TRIGGER t_update AFTER UPDATE OF v ON t BEGIN
                    INSERT INTO log VALUES(OLD.v || '>' || NEW.v); END;
                CREATE TRIGGER t_delete BEFORE DELETE ON t BEGIN
                    INSERT INTO log VALUES('-' || OLD.id); END;
                """)
        try twin.compare("log")
        for sql in [
            "INSERT INTO t VALUES(777, 'x', 90)",
            "UPDATE t SET v = 'changed' WHERE id IN (2, 23)",
            "UPDATE t SET n = 21 WHERE id = 4",
            "DELETE FROM t WHERE id IN (6, 24)",
            "INSERT INTO t VALUES(23, 'up', 1) ON CONFLICT(id) DO UPDATE SET v = excluded.v",
            "INSERT OR IGNORE INTO t VALUES(5, 'ignored', 1)",
            "INSERT OR REPLACE INTO t VALUES(22, 'replaced', 1)",
        ] {
            try twin.both(sql)
            try twin.compare("log", "\(sql)")
            #expect(
                try twin.database.query("SELECT last_insert_rowid()").rows
                    == twin.plain.rows("SELECT last_insert_rowid()"), "\(sql)")
        }
        try twin.compareThroughMigrations()
        try twin.compare("log")
    }

    // Finding 17, limit: triggers are switched off for the recall, and SQLite then lets the running
    // INSERT open no more tables; it fails whole.
    @Test(arguments: [
        "INSERT INTO t VALUES(3, 'up', 1) ON CONFLICT(id) DO UPDATE SET v = excluded.v",
        "INSERT OR REPLACE INTO t VALUES(7, 'replaced', 1)",
    ])
    func `an INSERT on a cold key beside triggers that write is as on a plain table`(
        sql: String
    ) throws {
        let twin = try MigratedTwin(
            MigratedTwin.numbers + """
                CREATE TABLE log(what);
                CREATE TRIGGER t_insert AFTER INSERT ON t BEGIN
                    INSERT INTO log VALUES('+' || NEW.id); END;
                CREATE TRIGGER t_update AFTER UPDATE OF v ON t BEGIN
                    INSERT INTO log VALUES(OLD.v || '>' || NEW.v); END;
                """)
        for isTransaction in [false, true] {
            if isTransaction { try twin.both("BEGIN") }
            try twin.both(sql)
            try twin.compare()
            try twin.compare("log")
            try twin.both(sql)
            if isTransaction { try twin.both("COMMIT") }
            try twin.compare()
            try twin.compare("log")
            try twin.database.migrate()
        }
        try twin.compareThroughMigrations()
    }

    @Test func `many cold keys beside triggers that write are as on a plain table`() throws {
        let twin = try MigratedTwin(
            MigratedTwin.numbers + """
                CREATE TABLE log(id INTEGER PRIMARY KEY, what);
                CREATE TABLE child(id INTEGER PRIMARY KEY, t INT REFERENCES t(id));
                CREATE TRIGGER t_insert BEFORE INSERT ON t BEGIN
                    SELECT RAISE(ABORT, 'no') WHERE NEW.v = 'bad';
                    INSERT INTO log(what) VALUES('+' || NEW.id); END;
                CREATE TRIGGER t_update AFTER UPDATE ON t BEGIN
                    INSERT INTO log(what) VALUES(OLD.v || '>' || NEW.v); END;
                CREATE TRIGGER child_insert AFTER INSERT ON child BEGIN
                    INSERT INTO log(what) VALUES('c' || NEW.id); END;
                """)
        try twin.both("PRAGMA foreign_keys = ON")
        let upsert = " ON CONFLICT(id) DO UPDATE SET v = excluded.v, n = 50 + t.n"
        for sql in [
            "INSERT INTO t VALUES(40, 'h', 60)",
            "INSERT INTO t VALUES(3, 'a', 1), (24, 'b', 1), (9, 'c', 1)\(upsert) RETURNING id, v",
            "INSERT OR REPLACE INTO t SELECT id, v || '!', n FROM t WHERE id < 8",
            "INSERT INTO t VALUES(30, 'new', 60), (10, 'x', 60)",
            "INSERT OR IGNORE INTO t VALUES(31, 'new', 60), (10, 'x', 60), (11, 'y', 60)",
            "INSERT OR FAIL INTO t VALUES(32, 'new', 60), (12, 'x', 60), (33, 'y', 60)",
            "INSERT INTO t VALUES(13, 'z', 1), (14, 'bad', 1)\(upsert)",
            "INSERT INTO child VALUES(1, 15), (2, 16)", "INSERT INTO child VALUES(3, 99)",
        ] {
            try twin.both(sql)
            try twin.compare("t", "\(sql)")
            try twin.compare("log", "\(sql)")
            try twin.both("SELECT last_insert_rowid()")
        }
        try twin.both("BEGIN")
        try twin.both("DELETE FROM t WHERE id = 1")
        try twin.both("INSERT OR REPLACE INTO t VALUES(17, 'r', 90), (18, 's', 90)")
        try twin.both("INSERT INTO t VALUES(19, ?, 1)\(upsert)", "bound")
        try twin.compare()
        try twin.both("ROLLBACK")
        try twin.compare()
        try twin.compare("log")
        try twin.compareThroughMigrations()
    }

    @Test func `a statement whose remote is gone leaves nothing behind`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: twin.folder.path("cold.db\(suffix)"))
        }
        let database = try StretchDatabase(path: twin.path, configuration: .everyRemote)
        try database.execute("BEGIN")
        let sql = "INSERT OR REPLACE INTO t VALUES(100, 'new', 60), (3, 'x', 60)"
        expectError(.remoteUnavailable, "cold.db") { try database.execute(sql) }
        try database.execute("COMMIT")
        #expect(try database.query("SELECT count(*) FROM main.t WHERE id = 100").rows == [[0]])
    }

    // Finding 17: what cannot be done without the user's triggers is refused while others read.
    @Test func `a recall beside an open query is right or refused`() throws {
        let twin = try MigratedTwin(
            MigratedTwin.numbers + """
                CREATE TABLE log(what);
                CREATE TRIGGER t_insert AFTER INSERT ON t BEGIN
                    INSERT INTO log VALUES('+' || NEW.id); END;
                """)
        let reader = try twin.database.prepare("SELECT id FROM t ORDER BY id")
        _ = try reader.step()
        do throws(StretchError) {
            try twin.database.execute("UPDATE t SET v = 'x' WHERE id = 4")
            try? twin.plain.execute("UPDATE t SET v = 'x' WHERE id = 4")
        } catch {
            #expect(error.message.contains("finish or reset it first"), "\(error)")
        }
        var count = 1
        while try reader.step() { count += 1 }
        #expect(count == 24)
        try twin.compare()
        try twin.compare("log")
    }

    // Finding 18.
    @Test func `UPSERT, RETURNING and REPLACE are native, also on cold keys`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        for sql in [
            "INSERT INTO t VALUES(1, 'x', 9) ON CONFLICT(id) DO UPDATE SET n = t.n + excluded.n",
            "INSERT INTO t VALUES(2, 'x', 9) ON CONFLICT DO NOTHING",
            "INSERT INTO t VALUES(3, 'x', 9) ON CONFLICT(id) DO UPDATE SET v = 'u' RETURNING id, v",
            "INSERT INTO t(v, n) VALUES('a', 1), ('b', 2) RETURNING id, v",
            "INSERT OR REPLACE INTO t VALUES(4, 'x', 9) RETURNING *",
            "REPLACE INTO t(id, v) VALUES(5, 'y')",
            "INSERT OR IGNORE INTO t VALUES(6, 'x', 9), (60, 'x', 9)",
            "INSERT INTO t VALUES(7, 'x', 9)",
            "INSERT OR FAIL INTO t VALUES(61, 'x', 9), (8, 'x', 9), (62, 'x', 9)",
            """
            WITH s(i) AS (VALUES(9), (70)) INSERT INTO t(id, v) SELECT i, 's' FROM s WHERE true
                ON CONFLICT(id) DO UPDATE SET v = v || excluded.v RETURNING id
            """,
        ] {
            try twin.both(sql)
            try twin.compare("t", "\(sql)")
        }
        try twin.compareThroughMigrations()
    }

    // Finding 18, limit: SQLite has no RETURNING for UPDATE and DELETE of a virtual table.
    @Test(arguments: ["UPDATE t SET n = 1 RETURNING id", "DELETE FROM t RETURNING id"])
    func `UPDATE and DELETE with RETURNING are refused with the way out`(sql: String) throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        expectError(.unsupported, "RETURNING") { try twin.database.execute(sql) }
        try twin.compare()
    }

    // Finding 18: where the rewrite cannot run, a missing value is refused, never NULL.
    @Test func `an INSERT past the rewrite is right or refused`() throws {
        let twin = try MigratedTwin(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT DEFAULT 'd', n INT);"
                + "INSERT INTO t VALUES(1, 'a', 1), (2, 'b', 30);")
        // The overlay's connection itself stands for a host that the rewrite does not reach.
        try twin.database.execute("SELECT 1 FROM t")
        let raw = twin.database.connection
        try raw.execute("INSERT INTO t(id, v, n) VALUES(5, 'c', 3)")
        try twin.plain.execute("INSERT INTO t(id, v, n) VALUES(5, 'c', 3)")
        #expect(throws: SQLiteError.self) { try raw.execute("INSERT INTO t(id, n) VALUES(6, 3)") }
        #expect(throws: SQLiteError.self) {
            try raw.execute("INSERT INTO t VALUES(1, 'x', 3) ON CONFLICT(id) DO NOTHING")
        }
        #expect(throws: SQLiteError.self) { try raw.execute("INSERT INTO t VALUES(1, 'x', 3)") }
        try twin.compareThroughMigrations()
    }

    // Finding 29.
    @Test func `conflicts have the codes and effects that they have on a plain table`() throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY ON CONFLICT IGNORE, v TEXT UNIQUE,
                n INT NOT NULL);
            WITH c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 23)
            INSERT INTO t SELECT n + 1, 'v' || n, n FROM c;
            """)
        for mode in ["", "OR ABORT", "OR FAIL", "OR IGNORE"] {
            for sql in [
                "UPDATE \(mode) t SET n = NULL WHERE id = 3",
                "UPDATE \(mode) t SET n = NULL WHERE id = 22",
                "UPDATE \(mode) t SET v = 'v22' WHERE id = 24",
                "UPDATE \(mode) t SET v = 'v22' WHERE id = 3",
                "INSERT \(mode) INTO t VALUES(2, 'new', 1)",
                "INSERT \(mode) INTO t VALUES(22, 'new', 1)",
                "INSERT \(mode) INTO t VALUES(99, 'v22', 1)",
                "INSERT \(mode) INTO t VALUES(99, 'x', NULL)",
            ] {
                try twin.both(sql)
                try twin.compare("t", "\(sql)")
            }
        }
    }
}
