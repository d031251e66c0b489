import Foundation
import Stretch
import StretchCatalog
import StretchCore
import StretchEngine
import StretchSQLite
import StretchTestSupport
import Testing

/// Files that version 0.1.0 made: their tombstones have no cause.
@Suite struct EarlierCatalogTests {
    private typealias Sample = TimelineSample

    /// A file of 0.1.0 with two deleted and one replaced cold row, and what it shows.
    private func makeSample() throws -> (sample: TimelineSample, rows: [[Value]]) {
        let sample = try Sample()
        let rows = try { () throws in
            let database = try sample.open()
            try database.migrate(batchRowCount: 10)
            try database.execute("DELETE FROM t WHERE id IN (7, 23)")
            try database.execute("UPDATE t SET v = 'changed' WHERE id = 12")
            return try Sample.contents(database)
        }()
        try EarlierCatalog.replaceCatalog(of: sample.path)
        return (sample, rows)
    }

    @Test func `what only reads leaves the file as it is`() throws {
        let (sample, rows) = try makeSample()
        let database = try sample.open()
        #expect(try Sample.contents(database) == rows)
        #expect(try database.query("SELECT count(*), max(id) FROM t").rows == [[58, 60]])
        #expect(try database.query("SELECT v FROM t WHERE id = 7").rows == [])
        #expect(try database.verify().isSound)
        _ = try database.status()
        try database.backUp(to: sample.folder.path("backup.db"))
        var deep = BackupOptions()
        deep.isDeep = true
        try database.backUp(to: sample.folder.path("deep.db"), deep)
        let content = try StretchDatabase.inspect(
            sample.folder.path("backup.db"), isChecked: true,
            configuration: sample.configuration())
        #expect(content.integrityProblems == [])
        #expect(try database.drill(in: sample.folder.path).isSound)
        for name in ["app.db", "backup.db"] {
            #expect(try !EarlierCatalog.isCompleted(sample.folder.path(name)), "\(name)")
        }
        let copy = try Connection(
            path: sample.folder.path("deep.db"), access: .readOnly, routines: .linked)
        #expect(try copy.rows(Sample.all) == rows)
    }

    @Test(arguments: [
        "DELETE FROM t WHERE id = 3", "UPDATE t SET v = 'x' WHERE id = 3",
        "WITH w(id) AS (SELECT 3) DELETE FROM t WHERE id IN (SELECT id FROM w)",
        "INSERT OR REPLACE INTO t VALUES (3, 'x', 90)",
        "BEGIN; SELECT * FROM t; DELETE FROM t WHERE id = 3; COMMIT",
        "BEGIN; DELETE FROM t WHERE id = 3; ROLLBACK; DELETE FROM t WHERE id = 3",
        "BEGIN IMMEDIATE; DELETE FROM t WHERE id = 3; COMMIT",
        "SAVEPOINT s; DELETE FROM t WHERE id = 3; ROLLBACK TO s; DELETE FROM t WHERE id = 3; "
            + "RELEASE s",
    ])
    func `the first statement that writes adds the causes`(script: String) throws {
        let (sample, rows) = try makeSample()
        let database = try sample.open()
        let other = try sample.open()
        #expect(try Sample.contents(other) == rows)
        try database.execute(script)
        #expect(try EarlierCatalog.isCompleted(sample.path))
        var expected = rows
        expected.removeAll { $0[0] == 3 }
        for reader in [database, other, try sample.open()] {
            #expect(try Sample.contents(reader).filter { $0[0] != 3 } == expected)
            #expect(try reader.verify().isSound)
        }
        try other.execute("DELETE FROM t WHERE id = 4")
        #expect(try database.query("SELECT count(*) FROM t WHERE id = 4").rows == [[0]])
        let causes = try Connection(path: sample.path, access: .readOnly, routines: .linked).rows(
            "SELECT DISTINCT cause FROM stretch_tombstone ORDER BY 1")
        #expect(causes.allSatisfy { $0 == [1] || $0 == [2] })
        #expect(try database.migrate().rowCount >= 0)
        #expect(try database.verify().isSound)
    }

    @Test func `a transaction that is rolled back takes the causes along`() throws {
        let (sample, rows) = try makeSample()
        let database = try sample.open()
        try database.execute("BEGIN; DELETE FROM t WHERE id = 3; ROLLBACK")
        #expect(try !EarlierCatalog.isCompleted(sample.path))
        #expect(try Sample.contents(database) == rows)
        #expect(try database.verify().isSound)
    }

    @Test func `a statement that outlives a transaction which is rolled back is refused`() throws {
        let (sample, rows) = try makeSample()
        let database = try sample.open()
        try database.execute("BEGIN")
        let statement = try database.prepare("DELETE FROM t WHERE id = 3")
        try statement.run()
        try database.execute("ROLLBACK")
        #expect(throws: SQLiteError.self) { try statement.run() }
        #expect(try Sample.contents(database) == rows)
        try database.execute("DELETE FROM t WHERE id = 3")
        try statement.run()
        #expect(try Sample.contents(database) == rows.filter { $0[0] != 3 })
        #expect(try database.verify().isSound)
    }

    @Test func `a cursor that is open keeps its rows while the causes are added`() throws {
        let (sample, rows) = try makeSample()
        let database = try sample.open()
        let cursor = try database.prepare(Sample.all)
        #expect(try cursor.step())
        try database.execute("INSERT INTO t VALUES (200, 'hot', 90)")
        var count = 1
        while try cursor.step() { count += 1 }
        cursor.reset()
        #expect(count == rows.count || count == rows.count + 1)
        #expect(try Sample.contents(database).count == rows.count + 1)
    }

    @Test(arguments: ["migrate", "bring-back", "gc", "disable"])
    func `commands that write add the causes`(command: String) throws {
        let (sample, rows) = try makeSample()
        let database = try sample.open()
        switch command {
        case "migrate":
            try database.execute("BEGIN; INSERT INTO t VALUES (100, 'late', 1); ROLLBACK")
            try database.migrate()
        case "bring-back": try database.tables["t"].bringBack(where: "id < 20")
        case "gc": try database.remote.collectGarbage()
        default:
            try database.tables["t"].disable(.abandon)
            return #expect(try database.query("SELECT count(*) FROM t WHERE id < 40").rows == [[1]])
        }
        #expect(try command == "gc" || EarlierCatalog.isCompleted(sample.path))
        #expect(try database.verify().isSound)
        #expect(try Sample.contents(database) == rows)
    }

    @Test func `a backup is restored, reauthorized and lives on`() throws {
        let (sample, rows) = try makeSample()
        try sample.backUp(to: "backup.db")
        var options = RestoreOptions()
        options.replaces = true
        _ = try StretchDatabase.restore(
            [sample.folder.path("backup.db")], to: sample.folder.path("restored.db"), options,
            configuration: sample.configuration())
        #expect(try !EarlierCatalog.isCompleted(sample.folder.path("restored.db")))
        let restored = try sample.open("restored.db")
        #expect(try restored.remote.reauthorize().lost.isEmpty)
        #expect(try Sample.contents(restored) == rows)
        try sample.live(restored, from: 100)
        #expect(try restored.verify().isSound)
        #expect(try EarlierCatalog.isCompleted(sample.folder.path("restored.db")))
        let original = try sample.open()
        #expect(try Sample.contents(original) == rows)
    }

    /// The superuser may write every file, so that SQLite itself is told not to.
    @Test func `a file that cannot be written shows its rows, and names the reason`() throws {
        let (sample, rows) = try makeSample()
        let database = try sample.open()
        try database.execute("PRAGMA query_only = ON")
        #expect(try Sample.contents(database) == rows)
        let error = #expect(throws: StretchError.self) {
            try database.execute("DELETE FROM t WHERE id = 3")
        }
        #expect(error?.code == .wrongState && error?.message.contains("read-only") == true)
        #expect(try Sample.contents(database) == rows)
        #expect(try !EarlierCatalog.isCompleted(sample.path))
        try database.execute("PRAGMA query_only = OFF; DELETE FROM t WHERE id = 3")
        #expect(try Sample.contents(database).count == rows.count - 1)
    }

    @Test(.enabled(if: KillSample.isAvailable))
    func `a process that is killed while it adds the causes leaves both or none`() throws {
        let killed = try KillSample()
        let sample = killed.sample
        try sample.open().execute("DELETE FROM t WHERE id IN (7, 23)")
        try EarlierCatalog.replaceCatalog(of: sample.path)
        let rows = try { () throws in try Sample.contents(sample.open()) }()
        let fewer = rows.filter { $0[0] != 3 }
        var wasCompleted: Set<Bool> = []
        try killed.killEverywhere("delete", "app.db", ["id=3"]) { comment in
            wasCompleted.insert(try EarlierCatalog.isCompleted(sample.path))
            let found = try Sample.contents(sample.open())
            #expect(found == rows || found == fewer, comment)
            try killed.checkWhole("app.db", found, comment)
        } checkEnd: { comment in
            #expect(try EarlierCatalog.isCompleted(sample.path), comment)
            try killed.checkWhole("app.db", fewer, comment)
        }
        #expect(wasCompleted == [false, true])
    }
}
