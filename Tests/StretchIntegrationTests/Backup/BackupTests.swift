import Foundation
import Stretch
import StretchCore
import StretchEngine
import StretchMigration
import StretchSQLite
import StretchTestSupport
import Synchronization
import Testing

/// Backups by the library, shallow and deep, and drills.
@Suite struct BackupTests {
    private typealias Sample = TimelineSample

    private func plain(_ path: String) throws -> Connection {
        try Connection(path: path, access: .readWrite, routines: .linked)
    }

    @Test func `a shallow backup is the file, and says what is in it and what is not`() throws {
        let sample = try Sample()
        let database = try sample.open()
        try database.migrate(batchRowCount: 9)
        try database.execute(
            "DELETE FROM t WHERE id = 3; INSERT INTO t VALUES (100, 'x', 7), (101, 'y', 90)")
        let target = sample.folder.path("b.db")
        let report = try database.backUp(to: target)
        let table = try #require(report.backup.tables.first)
        #expect(table.localRows == 22 && table.remoteRows == 39 && table.hiddenRows == 1)
        #expect(table.eligibleRows == 1 && table.batches == 5)
        #expect(
            report.backup.stretch?.epoch == 5 && report.backup.stretch?.server == "file:cold.db")
        #expect(report.backup.journal == .wal && !report.backup.hasWAL)
        #expect(
            try sample.folder.names().filter { $0.hasPrefix(".") || $0.hasSuffix("-shm") } == [])
        let query = "SELECT * FROM t UNION ALL SELECT id, rows, epoch FROM stretch_batch"
        #expect(try plain(target).rows(query) == plain(sample.path).rows(query))
        #expect(
            try FileManager.default.attributesOfItem(atPath: target)[.posixPermissions] as? Int
                == FileManager.default.attributesOfItem(atPath: sample.path)[.posixPermissions]
                as? Int)
    }

    @Test func `a file that is there, the database and its remote are not overwritten`() throws {
        let sample = try Sample()
        let database = try sample.open()
        try database.migrate()
        let target = sample.folder.path("b.db")
        try Data("precious".utf8).write(to: URL(fileURLWithPath: target))
        expectError(.wrongState, "exists already") { try database.backUp(to: target) }
        #expect(FileManager.default.contents(atPath: target) == Data("precious".utf8))
        var options = BackupOptions()
        options.overwrites = true
        expectError(.invalidArgument, "is the database itself") {
            try database.backUp(to: sample.path, options)
        }
        expectError(.invalidArgument, "is the remote") {
            try database.backUp(to: sample.folder.path("cold.db"), options)
        }
        try database.backUp(to: target, options)
        try database.backUp(to: target, options)
        #expect(try plain(target).integer("SELECT count(*) FROM t") == 20)
        expectError(.wrongState, "cannot create a file") {
            try database.backUp(to: sample.folder.path("no/such/folder/b.db"))
        }
    }

    @Test(arguments: ["WAL", "DELETE"])
    func `writers go on while a backup is made, and it has one state`(_ mode: String) throws {
        let sample = try Sample()
        try plain(sample.path).execute(
            """
            PRAGMA journal_mode = \(mode); CREATE TABLE a(x); CREATE TABLE z(x);
            CREATE TABLE filler(b); WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c
            WHERE i < 4000) INSERT INTO filler SELECT zeroblob(4000) FROM c
            """)
        let path = sample.path
        let writeCount = Mutex(0)
        var options = BackupOptions()
        options.progress = { _ in
            guard writeCount.withLock({ $0 }) < 3 else { return }
            let writer = try? Connection(path: path, access: .readWrite, routines: .linked)
            let isWritten =
                (try? writer?.execute(
                    "BEGIN; INSERT INTO a VALUES(1); INSERT INTO z VALUES(1); COMMIT")) != nil
            if isWritten { writeCount.withLock { $0 += 1 } }
        }
        let target = sample.folder.path("b.db")
        try sample.open().backUp(to: target, options)
        #expect(writeCount.withLock { $0 } == 3)
        let copy = try plain(target)
        let counts = try copy.rows("SELECT (SELECT count(*) FROM a), (SELECT count(*) FROM z)")[0]
        #expect(counts[0] == counts[1])
        #expect(mode == "DELETE" || counts[0] == 0)
        #expect(try plain(path).integer("SELECT count(*) FROM a") == 3)
    }

    @Test func `a backup that is stopped leaves nothing behind`() throws {
        let sample = try Sample()
        let before = try sample.folder.names()
        var options = BackupOptions()
        options.shouldStop = { true }
        expectError(.cancelled, "stopped") {
            try sample.open().backUp(to: sample.folder.path("b.db"), options)
        }
        #expect(try sample.folder.names() == before)
        // What a killed process left, the next backup removes.
        let leftover = sample.folder.path(".b.db.stretch-1-abc")
        try Data().write(to: URL(fileURLWithPath: leftover))
        try sample.open().backUp(to: sample.folder.path("b.db"))
        #expect(!FileManager.default.fileExists(atPath: leftover))
        // Nightly backups have names of their own. No process has the highest number.
        let (ended, running) = (
            sample.folder.path(".monday.db.stretch-2147483647-abc"),
            sample.folder.path(".monday.db.stretch-\(getpid())-abc")
        )
        for path in [ended, running] { try Data().write(to: URL(fileURLWithPath: path)) }
        try sample.open().backUp(to: sample.folder.path("tuesday.db"))
        #expect(!FileManager.default.fileExists(atPath: ended))
        #expect(FileManager.default.fileExists(atPath: running))
    }

    @Test(arguments: ["file", "postgresql"])
    func `a deep backup is the plain file that there would be without Stretch`(
        _ kind: String
    ) throws {
        let sample = try Sample(kind)
        let script = """
            CREATE TABLE log(what TEXT);
            CREATE TABLE keyless(a, b TEXT);
            CREATE TABLE kept(id INTEGER PRIMARY KEY AUTOINCREMENT, v UNIQUE, n INT CHECK (n > 0));
            CREATE INDEX kept_n ON kept(n);
            CREATE INDEX t_n ON t(n DESC) WHERE n > 3;
            CREATE INDEX t_v ON t(lower(v), n);
            CREATE TRIGGER born AFTER INSERT ON kept BEGIN INSERT INTO log VALUES('trigger'); END;
            WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 50)
            INSERT INTO keyless SELECT i / 2, 'k' FROM c;
            INSERT INTO kept(v, n) VALUES (0.5, 1), (NULL, 2), (x'00ff', 3), ('a', 4), (-0.0, 5);
            """
        let twin = try Connection(
            path: sample.folder.path("twin.db"), access: .create, routines: .linked)
        try plain(sample.path).execute(script)
        try twin.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, n INT)")
        for row in try plain(sample.path).rows(Sample.all) {
            try twin.run("INSERT INTO t VALUES(?, ?, ?)", row[0], row[1], row[2])
        }
        try twin.execute(script)
        let database = try sample.open()
        try database.tables["keyless"].enable(filter: "a < 20")
        try database.tables["kept"].enable(filter: "n < 5")
        try database.migrate(batchRowCount: 7)
        let change = """
            UPDATE t SET v = 'changed' WHERE id IN (2, 59); DELETE FROM t WHERE id IN (4, 60);
            DELETE FROM kept WHERE n = 4; INSERT INTO kept(v, n) VALUES('late', 9);
            ALTER TABLE t ADD COLUMN extra DEFAULT 'e';
            ANALYZE;
            """
        try database.execute(change)
        try twin.execute(change)
        try database.migrate(batchRowCount: 7)
        var options = BackupOptions()
        options.isDeep = true
        let target = sample.folder.path("deep.db")
        let report = try database.backUp(to: target, options)
        #expect(report.backup.stretch == nil && report.coldRows > 80)
        let deep = try plain(target)
        #expect(
            try deep.rows("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name")
                == twin.rows("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name"))
        for name in ["t", "keyless", "kept", "log", "sqlite_sequence"] {
            let query = "SELECT * FROM \(name)"
            let rows = try [deep, twin].map { try $0.rows(query).map { "\($0)" }.sorted() }
            #expect(rows[0] == rows[1], "\(name)")
        }
        #expect(try deep.string("PRAGMA integrity_check") == "ok")
        let kept = "SELECT * FROM sqlite_stat1 WHERE tbl IN ('t', 'kept') ORDER BY tbl, idx"
        #expect(try deep.rows(kept) == plain(sample.path).rows(kept))
    }

    @Test func `a deep backup is made while rows move, and of a damaged remote none is`() throws {
        let sample = try Sample()
        let database = try sample.open()
        try database.migrate(batchRowCount: 9)
        let expected = try Sample.contents(database)
        let migrator = try Migrator(path: sample.path, configuration: sample.configuration())
        try database.tables["t"].alter(filter: "n <= 50")
        var options = BackupOptions()
        options.isDeep = true
        var deepBackupCount = 0
        migrator.atCrashPoint = { _ in
            deepBackupCount += 1
            let target = sample.folder.path("deep-\(deepBackupCount).db")
            do {
                try sample.open().backUp(to: target, options)
                let rows = try Connection(path: target, access: .readOnly, routines: .linked).rows(
                    Sample.all)
                #expect(rows == expected)
            } catch {
                Issue.record("\(error)")
            }
        }
        try migrator.migrate()
        #expect(deepBackupCount > 5)
        try plain(sample.folder.path("cold.db")).execute(
            "DELETE FROM rows_1 WHERE rowid = (SELECT min(rowid) FROM rows_1)")
        #expect(throws: StretchError.self) {
            try sample.open().backUp(to: sample.folder.path("broken.db"), options)
        }
        #expect(!FileManager.default.fileExists(atPath: sample.folder.path("broken.db")))
    }

    @Test(arguments: ["file", "postgresql"])
    func `a drill is sound until the remote is damaged, and changes nothing`(
        _ kind: String
    ) throws {
        let sample = try Sample(kind)
        let database = try sample.open()
        try database.migrate(batchRowCount: 9)
        try database.execute("DELETE FROM t WHERE id = 2")
        let place = try TemporaryFolder()
        let (branches, names) = (try database.branches.all(), try sample.folder.names())
        let report = try database.drill(in: place.path)
        #expect(report.isSound && report.epoch == 5, "\(report)")
        #expect(report.remote.tables.first?.coldRowCount == 39)
        #expect(report.tables.first { $0.name == "t" }?.restoredRows == 20)
        #expect(try database.branches.all().count == branches.count)
        #expect(try sample.folder.names() == names && place.names() == [])
        if let remote = sample.remote {
            try remote.psql("UPDATE t SET v = 'forged' WHERE id = 30")
        } else {
            try plain(sample.folder.path("cold.db")).execute(
                "DELETE FROM rows_1 WHERE rowid = (SELECT max(rowid) FROM rows_1)")
        }
        let damaged = try database.drill(in: place.path)
        #expect(!damaged.isSound && damaged.remote.findings.count == 1, "\(damaged)")
    }
}

extension TemporaryFolder {
    /// The names of the files, those of running connections left out.
    func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).filter {
            !$0.hasSuffix(".db-shm") && !$0.hasSuffix(".db-wal")
        }.sorted()
    }
}
