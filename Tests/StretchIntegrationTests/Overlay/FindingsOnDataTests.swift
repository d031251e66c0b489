import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCatalog
@testable import StretchCore
@testable import StretchEndpoint
@testable import StretchEngine
@testable import StretchMigration

/// Findings 1–14 of the experiments: wrong or lost data.
///
/// `Documentation/Findings.md` lists them.
@Suite struct FindingsOnDataTests {
    // Finding 1.
    @Test func `a deleted cold row stays deleted whatever moves later`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        try twin.both("DELETE FROM t WHERE id IN (1, 2, 9)")
        try twin.compare()
        try twin.both("UPDATE t SET n = n - 20 WHERE id > 22")
        try twin.both("DELETE FROM t WHERE id < 9")
        try twin.compareThroughMigrations()
    }

    // Finding 2.
    @Test func `a hot row with a cold key never makes a second one`() throws {
        for next in ["", "UPDATE t SET v = 'again' WHERE id = 3", "DELETE FROM t WHERE id = 3"] {
            let twin = try MigratedTwin(MigratedTwin.numbers)
            try twin.runNatively("INSERT INTO t VALUES(3, 'native', 1)")
            try twin.plain.execute("UPDATE t SET v = 'native', n = 1 WHERE id = 3")
            try twin.compare()
            #expect(try twin.database.verify().tables[0].shadowedRowCount == 1)
            if !next.isEmpty { try twin.both(next) }
            try twin.compare()
            try twin.compareThroughMigrations()
        }
    }

    // Finding 3: what Stretch itself inserts; AUTOINCREMENT protects native programs, too.
    @Test func `a generated key is above hot and cold keys`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers, [("t", "n < 23")])
        #expect(try twin.hotRowCount() == 1)
        try twin.both("DELETE FROM t WHERE id = 24")
        try twin.both("INSERT INTO t(v, n) VALUES('new', 99) RETURNING id")
        try twin.both("DELETE FROM t WHERE id > 20")
        try twin.both("INSERT INTO t(v, n) VALUES('newer', 99), ('newest', 99) RETURNING id")
        try twin.compareThroughMigrations()
    }

    // Finding 3, limit: a program without Stretch can draw a cold key; it is counted and advised.
    @Test func `a native row with a cold key is counted`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers, [("t", "n < 23")])
        try twin.runNatively("DELETE FROM t; INSERT INTO t(v, n) VALUES('native', 50)")
        #expect(try twin.database.query("SELECT v FROM t WHERE id = 1").rows == [["native"]])
        #expect(try twin.database.verify().tables[0].shadowedRowCount == 1)
        let auto = try MigratedTwin(
            MigratedTwin.numbers.replacingOccurrences(
                of: "PRIMARY KEY", with: "PRIMARY KEY AUTOINCREMENT"),
            [("t", "n < 23")])
        try auto.runNatively("DELETE FROM t; INSERT INTO t(v, n) VALUES('native', 50)")
        #expect(try auto.database.verify().tables[0].shadowedRowCount == 0)
    }

    // Finding 4.
    @Test func `VACUUM renumbers a keyless table and loses no row`() throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE t(v, n INT);
            WITH c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 23)
            INSERT INTO t SELECT n % 3, n FROM c; DELETE FROM t WHERE n % 4 = 0;
            """, [("t", "n < 12")])
        try twin.compare()
        try twin.runNatively("VACUUM")
        try twin.compare()
        try twin.both("UPDATE t SET v = 'x' WHERE n IN (1, 22)")
        try twin.both("DELETE FROM t WHERE n IN (2, 21)")
        try twin.compareThroughMigrations()
    }

    // SQLite 3.40 looks texts up in an automatic index by their length first, which RTRIM ignores;
    // it has none on virtual tables.
    @Test func `an automatic index of SQLite loses no row`() throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, x TEXT COLLATE RTRIM, y BLOB, n INT);
            WITH c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 99)
            INSERT INTO t SELECT n + 1, 'v' || n, 'v' || (n * 7 % 100) || '  ', n FROM c;
            """)
        try twin.plain.execute("PRAGMA automatic_index = OFF")
        for sql in [
            "SELECT count(*) FROM t AS a JOIN t AS b ON a.x = b.y",
            "SELECT count(*) FROM t AS a LEFT JOIN t AS b ON a.x = b.y AND b.n <> 8 "
                + "WHERE b.y IS NULL",
        ] {
            try twin.both(sql)
        }
        #expect(
            try twin.database.query("SELECT count(*) FROM t a, t b WHERE a.x = b.y")
                .rows == [[100]])
    }

    // Finding 5: NULL in keys, collations, an alias that is none, and names of the rowid.
    @Test(arguments: [
        """
        CREATE TABLE t(k TEXT PRIMARY KEY, n INT);
        INSERT INTO t VALUES(NULL, 1), (NULL, 1), ('a', 1), ('b', 2), (NULL, 99);
        """,
        """
        CREATE TABLE t(k TEXT COLLATE NOCASE PRIMARY KEY, n INT);
        INSERT INTO t VALUES('abc', 1), ('Abd', 1), ('x', 99);
        """,
        "CREATE TABLE t(k PRIMARY KEY, n INT); INSERT INTO t VALUES(1, 1), ('1', 1), (x'31', 2);",
        """
        CREATE TABLE t(k INTEGER PRIMARY KEY DESC, n INT);
        INSERT INTO t VALUES(5, 1), (7, 2), (NULL, 3), (9, 99);
        """,
        """
        CREATE TABLE t(rowid TEXT, k INTEGER PRIMARY KEY, oid INT, n INT);
        INSERT INTO t VALUES('a', 5, 3, 1), ('b', 6, 2, 1), ('c', 7, 1, 99);
        """,
    ])
    func `keys of every kind are told apart as SQLite does`(script: String) throws {
        let twin = try MigratedTwin(script)
        try twin.compare()
        for statement in [
            "INSERT OR REPLACE INTO t(k, n) VALUES('ABC', 50)",
            "INSERT OR REPLACE INTO t(k, n) VALUES(1.0, 51)",
            "INSERT OR REPLACE INTO t(k, n) VALUES(5, 52)",
            "INSERT INTO t(k, n) VALUES(5, 53)",
            "UPDATE t SET n = 54 WHERE k = 'a' OR k = 6",
            "DELETE FROM t WHERE k IS NULL AND n = 1",
        ] {
            try twin.both(statement)
            try twin.compare("t", "\(statement)")
        }
        try twin.compareThroughMigrations()
    }

    // Finding 5: columns that take all three names of the rowid.
    @Test func `a rowid without a name is refused`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers + "CREATE TABLE r(rowid, oid, _rowid_);")
        expectError(.unsupported, "rowid") {
            try twin.database.tables["r"].enable(filter: "oid > 1")
        }
    }

    // Finding 6.
    @Test func `an INSERT that names some columns gets the defaults of the others`() throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, n INT DEFAULT 5, status TEXT DEFAULT 'new',
                must TEXT NOT NULL DEFAULT 'x');
            INSERT INTO t(id, n) VALUES(1, 1), (2, 2), (9, 99);
            """)
        try twin.both("INSERT INTO t(id) VALUES(20)")
        try twin.both("INSERT INTO t(status) VALUES(NULL)")
        try twin.both("INSERT INTO t DEFAULT VALUES")
        try twin.compareThroughMigrations()
    }

    // Finding 7.
    @Test func `a column that another program renamed or dropped never answers its name`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        let statement = try twin.database.prepare("SELECT v FROM t")
        try twin.runNatively("ALTER TABLE t RENAME COLUMN v TO w")
        if let rows = try? statement.rows() { #expect(!rows.contains(["v"])) }
        for query in ["SELECT v FROM t", "SELECT id FROM t WHERE v = 'v'"] {
            // An error is right until the catalog knows what became of the column.
            guard let rows = try? twin.database.query(query).rows else { continue }
            Issue.record("\(query): \(rows.count) rows of a column that is gone")
        }
    }

    // Finding 8.
    @Test func `a column added between two steps keeps its values`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers, [("t", "n < 0")])
        try twin.database.tables["t"].alter(filter: "n < 20")
        let migrator = try Migrator(path: twin.path, configuration: .everyRemote)
        migrator.reconcileSchema = { _ in
            try twin.database.tables.reconcile()
            return [:]
        }
        let change = "ALTER TABLE t ADD COLUMN paid INT; UPDATE t SET paid = 1"
        var isDone = false
        migrator.atCrashPoint = { point in
            guard point == .afterReadBack, !isDone else { return }
            isDone = true
            #expect(throws: Never.self) { try twin.runNatively(change) }
        }
        try twin.plain.execute(change)
        try migrator.migrate()
        #expect(isDone)
        try twin.compareThroughMigrations()
    }

    // Finding 9: the step in flight of a restored backup belongs to another timeline.
    @Test func `a backup made inside a step refuses to go on with it`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers, [("t", "n < 0")])
        try twin.database.tables["t"].alter(filter: "n < 20")
        let copy = twin.folder.path("copy.db")
        let migrator = try Migrator(path: twin.path, configuration: .everyRemote)
        migrator.atCrashPoint = { point in
            guard point == .afterSend, !FileManager.default.fileExists(atPath: copy) else { return }
            #expect(throws: Never.self) { try twin.runNatively("VACUUM INTO '\(copy)'") }
        }
        try migrator.migrate()
        try twin.database.tables["t"].bringBack()
        let restored = try StretchDatabase(path: copy, configuration: .everyRemote)
        expectError(.remoteMismatch, "epoch") { try restored.migrate() }
        #expect(
            MigratedTwin.sorted(try restored.query("SELECT * FROM main.t").rows)
                == MigratedTwin.sorted(try twin.plain.rows("SELECT * FROM t")))
    }

    // Finding 10: a migrator that was paused while another one took over.
    @Test func `a migrator that lost its step deletes nothing`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers, [("t", "n < 0")])
        try twin.database.tables["t"].alter(filter: "n < 20")
        let migrator = try Migrator(path: twin.path, configuration: .everyRemote)
        var isDone = false
        migrator.atCrashPoint = { point in
            guard point == .afterReadBack, !isDone else { return }
            isDone = true
            // Without its file the lease does not keep the second one out.
            try? FileManager.default.removeItem(atPath: MigratorLease.path(for: twin.path))
            #expect(throws: Never.self) { try twin.database.migrate() }
        }
        do throws(StretchError) {
            try migrator.migrate()
        } catch {
            #expect(error.code == .busy, "\(error)")
        }
        #expect(isDone)
        try twin.compareThroughMigrations()
    }

    // Finding 11: the calls that a VFS would see are in the endpoint's and the migrator's settings.
    @Test func `the migrator's commits are durable`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        let migrator = try Migrator(path: twin.path, configuration: .everyRemote)
        #expect(try migrator.connection.integer("PRAGMA main.synchronous") == 2)
    }

    // Finding 12.
    @Test func `the remote records a retirement before the local file does`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        let migrator = try Migrator(path: twin.path, configuration: .everyRemote)
        let endpoint = try migrator.endpoint()
        let plain = try Connection(path: twin.path, access: .readOnly, routines: .linked)
        var lead: [CrashPoint: Int64] = [:]
        migrator.atCrashPoint = { point in
            guard point == .afterRetire || point == .afterRetirementSwitch else { return }
            guard let local = try? Catalog(plain).position(),
                let remote = try? endpoint.fence(branch: local.branch)
            else { return }
            lead[point] = remote.epoch - local.epoch
        }
        try migrator.bringBack(table: "t")
        #expect(lead == [.afterRetire: 1, .afterRetirementSwitch: 0])
    }

    // Finding 13.
    @Test func `a loop over a query that changes rows sees each row once`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        for order in ["", " ORDER BY id", " ORDER BY id DESC", " ORDER BY v"] {
            let statement = try twin.database.prepare("SELECT id FROM t\(order)")
            var keys: [Int64] = []
            while try statement.step() {
                keys.append(statement.integer(0))
                guard keys.count % 3 == 1 else { continue }
                let key = Value.integer(Int64(keys.count))
                try twin.database.execute("UPDATE t SET v = v || '+' WHERE id <= ?", key)
                try twin.plain.run("UPDATE t SET v = v || '+' WHERE id <= ?", key)
            }
            #expect(keys.sorted() == Array(1...24), "\(order)")
            try twin.compare()
            try twin.database.tables["t"].resume()
            try twin.database.migrate()
        }
    }

    // Finding 14.
    @Test func `comparisons across affinities find what a plain table finds`() throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, txt TEXT, i INT, r REAL, b,
                nc TEXT COLLATE NOCASE,
                n INT);
            CREATE TABLE j(k);
            INSERT INTO j VALUES(7), ('7'), (7.0), ('7.0'), (x'37'), (NULL), ('a'), ('A');
            WITH v(x) AS (VALUES(7), ('7'), (7.0), ('7.0'), (x'37'), (NULL), ('a'), ('A'), ('07'))
            INSERT INTO t(txt, i, r, b, nc, n) SELECT x, x, x, x, x, 1 FROM v
                UNION ALL SELECT x, x, x, x, x, 30 FROM v;
            CREATE INDEX t_txt ON t(txt); CREATE INDEX t_i ON t(i); CREATE INDEX t_nc ON t(nc);
            """)
        for column in ["txt", "i", "r", "b", "nc"] {
            for condition in [
                "IN (SELECT k FROM j)", "= cast(7 as int)", "= 7", "= '7'", "= 7.0", "> 6", "> '6'",
                "<= x'37'", "IN (7, '7', 'a')", "BETWEEN 6 AND '8'", "IS NULL", "LIKE 'A%'",
                "= 'A' COLLATE BINARY", "= 'A' COLLATE NOCASE", "> (SELECT min(k) FROM j)",
            ] {
                try twin.both("SELECT id FROM t WHERE \(column) \(condition) ORDER BY id")
            }
            try twin.both("SELECT t.id, j.rowid FROM j JOIN t ON t.\(column) = j.k ORDER BY 1, 2")
            try twin.both("SELECT t.id, j.rowid FROM t JOIN j ON j.k = t.\(column) ORDER BY 1, 2")
        }
    }
}
