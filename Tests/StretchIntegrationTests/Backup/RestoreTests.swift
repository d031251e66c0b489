import Foundation
import Stretch
import StretchCore
import StretchEngine
import StretchKeystore
import StretchSQLite
import StretchTestSupport
import Testing

/// What a restore replaces, what it chooses, and what `inspect` says of any file.
@Suite struct RestoreTests {
    @Test(arguments: ["-wal", "-journal", "-shm"])
    func `a log that a lost database left is no log of what is put there`(suffix: String) throws {
        let folder = try TemporaryFolder()
        let (lost, backup) = (folder.path("lost.db"), folder.path("backup.db"))
        try Connection(path: backup, access: .create, routines: .linked).execute(
            "CREATE TABLE precious(a)")
        let other = try Connection(path: lost, access: .create, routines: .linked)
        try other.execute("PRAGMA journal_mode = WAL; CREATE TABLE other(a)")
        let log = folder.path("app.db" + suffix)
        try FileManager.default.copyItem(atPath: lost + "-wal", toPath: log)
        let database = folder.path("app.db")
        expectError(.wrongState, "would be used as the new file's log") {
            _ = try StretchDatabase.restore([backup], to: database, configuration: .everyRemote)
        }
        #expect(!FileManager.default.fileExists(atPath: database))
        try FileManager.default.removeItem(atPath: log)
        _ = try StretchDatabase.restore([backup], to: database, configuration: .everyRemote)
        let restored = try Connection(path: database, access: .readOnly, routines: .linked)
        #expect(try restored.string("SELECT name FROM sqlite_schema") == "precious")
    }

    private typealias Sample = TimelineSample

    private func restore(
        _ backups: [String], _ name: String, in sample: Sample, replaces: Bool = false,
        at time: String? = nil
    ) throws -> RestoreReport {
        var options = RestoreOptions()
        options.replaces = replaces
        options.time = try time.map { try #require(Timestamp(parsing: $0)) }
        var configuration = sample.configuration()
        configuration.busyTimeout = .milliseconds(200)
        return try StretchDatabase.restore(
            backups.map(sample.folder.path), to: sample.folder.path(name), options,
            configuration: configuration)
    }

    @Test func `a copy that made an older backup look newer is named`() throws {
        let sample = try Sample()
        try sample.open().migrate(batchRowCount: 9)
        try sample.open().backUp(to: sample.folder.path("monday.db"))
        try sample.live(sample.open(), from: 100)
        try sample.open().migrate(batchRowCount: 9)
        try sample.open().backUp(to: sample.folder.path("tuesday.db"))
        let set = ["monday.db", "tuesday.db"]
        #expect(try restore(set, "r.db", in: sample).source.hasSuffix("tuesday.db"))
        // As cp and scp do without -p.
        try FileManager.default.setAttributes(
            [.modificationDate: Date()], ofItemAtPath: sample.folder.path("monday.db"))
        expectError(.wrongState, "monday.db\" has the later time") {
            _ = try restore(set, "s.db", in: sample)
        }
        #expect(!FileManager.default.fileExists(atPath: sample.folder.path("s.db")))
        #expect(try restore(["monday.db"], "s.db", in: sample).source.hasSuffix("monday.db"))
    }

    @Test func `a file that is replaced keeps its WAL mode`() throws {
        let sample = try Sample()
        try sample.open().migrate()
        // VACUUM INTO writes a file without a WAL.
        try sample.backUp(to: "b.db")
        let copy = try Connection(
            path: sample.folder.path("b.db"), access: .readOnly, routines: .linked)
        #expect(try copy.string("PRAGMA journal_mode") == "delete")
        #expect(try restore(["b.db"], "app.db", in: sample, replaces: true).content.journal == .wal)
        let restored = try Connection(path: sample.path, access: .readOnly, routines: .linked)
        #expect(try restored.string("PRAGMA journal_mode") == "wal")
        #expect(try restored.integer("SELECT count(*) FROM t") == 20)
    }

    @Test func `a restored file is disconnected, also when no other file is on its branch`() throws
    {
        let sample = try Sample()
        try sample.open().migrate(batchRowCount: 9)
        let moment = try Sample.contents(sample.open())
        try sample.open().backUp(to: sample.folder.path("b.db"))
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: sample.path + suffix)
        }
        #expect(try restore(["b.db"], "restored.db", in: sample).linkState == .disconnected)
        let restored = try sample.open("restored.db")
        expectError(.disconnected, "restored") { _ = try Sample.contents(restored) }
        var options = ReauthorizeOptions()
        options.withCopy = false
        #expect(try restored.remote.reauthorize(options).action == .continue)
        #expect(try Sample.contents(restored) == moment)
        try sample.live(restored, from: 100)
        #expect(try restored.verify().isSound)
    }

    @Test func `a change in the tick of the backup is not replaced`() throws {
        let sample = try Sample()
        try sample.open().migrate(batchRowCount: 9)
        try sample.open().backUp(to: sample.folder.path("b.db"))
        let attributes = try FileManager.default.attributesOfItem(
            atPath: sample.folder.path("b.db"))
        let time = try #require(attributes[.modificationDate] as? Date)
        func stamp() throws {
            for suffix in ["", "-wal"]
            where FileManager.default.fileExists(
                atPath: sample.path + suffix)
            {
                try FileManager.default.setAttributes(
                    [.modificationDate: time.addingTimeInterval(-0.005)],
                    ofItemAtPath: sample.path + suffix)
            }
        }
        try stamp()
        // The same rows: nothing is lost.
        _ = try restore(["b.db"], "app.db", in: sample)
        try Connection(path: sample.path, access: .readWrite, routines: .linked).execute(
            "CREATE TABLE later(a); INSERT INTO later VALUES(1)")
        try stamp()
        expectError(.wrongState, "is newer than the backup") {
            _ = try restore(["b.db"], "app.db", in: sample)
        }
    }

    @Test func `a newer, a foreign or an open file is not replaced`() throws {
        let sample = try Sample()
        try sample.open().migrate(batchRowCount: 9)
        let moment = try Sample.contents(sample.open())
        try sample.open().backUp(to: sample.folder.path("b.db"))
        do {
            let database = try sample.open()
            try sample.live(database, from: 100)
            expectError(.wrongState, "is newer than the backup") {
                _ = try restore(["b.db"], "app.db", in: sample)
            }
            // The connection reads: whatever is asked for, the file is in use.
            _ = try database.query("SELECT count(*) FROM t")
            let lasting = try database.prepare("SELECT id FROM main.t")
            _ = try lasting.step()
            expectError(.busy, "open in another program") {
                _ = try restore(["b.db"], "app.db", in: sample, replaces: true)
            }
        }
        let other = try Sample()
        try other.open().backUp(to: sample.folder.path("other.db"))
        expectError(.wrongState, "holds another database") {
            _ = try restore(["other.db"], "app.db", in: sample)
        }
        try Data("text".utf8).write(to: URL(fileURLWithPath: sample.folder.path("note.txt")))
        expectError(.wrongState, "is not a SQLite database") {
            _ = try restore(["b.db"], "note.txt", in: sample)
        }
        expectError(.invalidArgument, "is the backup itself") {
            _ = try restore(["b.db"], "b.db", in: sample)
        }
        expectError(.invalidArgument, "not a SQLite database") {
            _ = try restore(["note.txt"], "new.db", in: sample)
        }
        #expect(!FileManager.default.fileExists(atPath: sample.folder.path("new.db")))

        // A WAL that another program left must not be taken for the restored file's.
        do {
            let writer = try Connection(path: sample.path, access: .readWrite, routines: .linked)
            try writer.execute("PRAGMA wal_autocheckpoint = 0; UPDATE t SET v = 'in the WAL'")
            try FileManager.default.copyItem(
                atPath: sample.path + "-wal", toPath: sample.folder.path("kept-wal"))
        }
        try? FileManager.default.removeItem(atPath: sample.path + "-wal")
        try FileManager.default.copyItem(
            atPath: sample.folder.path("kept-wal"), toPath: sample.path + "-wal")
        let report = try restore(["b.db"], "app.db", in: sample, replaces: true)
        #expect(report.isReplacing && report.linkState == .disconnected)
        #expect(report.advice == [.reauthorize])
        #expect(!FileManager.default.fileExists(atPath: sample.path + "-wal"))
        let restored = try sample.open()
        expectError(.disconnected, "restored") { _ = try Sample.contents(restored) }
        #expect(try restored.remote.reauthorize().action == .fork)
        #expect(try Sample.contents(restored) == moment)
    }

    @Test func `a restored file is disconnected, also where nothing moved since the backup`() throws
    {
        let sample = try Sample()
        do {
            let database = try sample.open()
            try database.migrate()
            try database.backUp(to: sample.folder.path("backup.db"))
            try database.execute("DELETE FROM t WHERE id = 3")
        }
        var options = RestoreOptions()
        options.replaces = true
        let report = try StretchDatabase.restore(
            [sample.folder.path("backup.db")], to: sample.path, options,
            configuration: sample.configuration())
        #expect(report.linkState == .disconnected && report.advice == [.reauthorize])
        let restored = try sample.open()
        expectError(.disconnected, "restored") { _ = try Sample.contents(restored) }
        // The master key of the file's former life is in nobody's way.
        try restored.masterKey.create(password: nil)
        #expect(try restored.remote.reauthorize().action == .fork)
        #expect(try Sample.contents(restored).count == 60)
    }

    @Test func `the newest backup that is not after the time is taken`() throws {
        let sample = try Sample()
        let database = try sample.open()
        for (name, day) in [("monday.db", 23), ("tuesday.db", 24), ("friday.db", 27)] {
            try database.execute("UPDATE t SET v = '\(name)' WHERE id = 60")
            try database.backUp(to: sample.folder.path(name))
            try FileManager.default.setAttributes(
                [
                    .modificationDate: Date(
                        timeIntervalSince1970: Double(1_795_392_000 + (day - 23) * 86_400))
                ],
                ofItemAtPath: sample.folder.path(name))
        }
        let all = ["friday.db", "monday.db", "tuesday.db"]
        for (time, expected) in [
            ("2026-11-23 00:00", "monday.db"), ("2026-11-24 00:00:00", "tuesday.db"),
            ("2026-11-26T23:59:59Z", "tuesday.db"), ("2026-11-27 01:00+01:00", "friday.db"),
            ("2027-01-01", "friday.db"),
        ] {
            let report = try restore(all, "new.db", in: sample, replaces: true, at: time)
            #expect(report.source.hasSuffix(expected), "\(time)")
            let restored = try Connection(
                path: sample.folder.path("new.db"), access: .readOnly, routines: .linked)
            #expect(
                try restored.string("SELECT v FROM t WHERE id = 60") == expected, "\(time)")
        }
        #expect(
            try restore(all, "new.db", in: sample, replaces: true).source.hasSuffix("friday.db"))
        expectError(.invalidArgument, "no backup is as old") {
            _ = try restore(
                all, "new.db", in: sample, replaces: true, at: "2026-11-22 23:59:59.999")
        }
    }

    @Test(arguments: BackupMethod.allCases)
    func `inspect tells the same of every backup, and leaves nothing beside it`(
        _ method: BackupMethod
    ) throws {
        let sample = try Sample()
        let database = try sample.open()
        try database.migrate(batchRowCount: 9)
        try database.execute("DELETE FROM t WHERE id = 3")
        let target = sample.folder.path("b.db")
        try method.backUp(sample.path, to: target, configuration: sample.configuration())
        let found = try StretchDatabase.inspect(
            target, isChecked: true, configuration: .everyRemote)
        #expect(found.integrityProblems == [])
        #expect(found.stretch?.epoch == 5 && found.stretch?.pendingStep == nil)
        let table = try #require(found.tables.first)
        #expect(table.localRows == 20 && table.remoteRows == 39 && table.eligibleRows == 0)
        let beside = try FileManager.default.contentsOfDirectory(atPath: sample.folder.path)
            .filter { $0.hasPrefix("b.db-") }
        #expect(method == .copyWithWAL || beside == [], "\(beside)")
    }

    /// Overwrites two pages.
    ///
    /// - Parameter page: The first one; negative numbers count from the end.
    private func damage(_ path: String, page: Int) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        let start = page < 0 ? try handle.seekToEnd() : 0
        try handle.seek(toOffset: UInt64(Int(start) + page * 4_096))
        try handle.write(contentsOf: Data(repeating: 0xa5, count: 8_192))
        try handle.close()
    }

    @Test func `a damage that an unchecked backup copied is found when it is restored`() throws {
        let sample = try Sample()
        try sample.open().migrate()
        try sample.open().execute(
            """
            CREATE TABLE last(v);
            WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 2000)
            INSERT INTO last SELECT 'row ' || i FROM c;
            """)
        try sample.backUp(to: "damaged.db")
        try damage(sample.folder.path("damaged.db"), page: -2)
        let database = try sample.open("damaged.db")
        let target = sample.folder.path("b.db")
        expectError(.damaged, "damaged") { _ = try database.backUp(to: target) }
        #expect(!FileManager.default.fileExists(atPath: target))
        var options = BackupOptions()
        options.isChecked = false
        try database.backUp(to: target, options)
        expectError(.damaged, "damaged") { _ = try restore(["b.db"], "new.db", in: sample) }
    }

    @Test func `inspect finds damage, and knows a remote`() throws {
        let sample = try Sample()
        try sample.open().migrate()
        let target = sample.folder.path("b.db")
        try sample.open().backUp(to: target)
        try damage(target, page: 3)
        let damaged = try? StretchDatabase.inspect(
            target, isChecked: true, configuration: .everyRemote)
        #expect(damaged?.integrityProblems != [])
        expectError(.damaged, "damaged") { _ = try restore(["b.db"], "new.db", in: sample) }
        #expect(!FileManager.default.fileExists(atPath: sample.folder.path("new.db")))
        let remote = try StretchDatabase.inspect(
            sample.folder.path("cold.db"), configuration: .everyRemote)
        #expect(remote.isRemote && remote.stretch == nil)
    }

    @Test(arguments: ["file", "postgresql"])
    func `a branch is dropped and comes back, and one in use only by force`(
        _ kind: String
    ) throws {
        let sample = try Sample(kind)
        let original = try sample.open()
        try original.migrate(batchRowCount: 9)
        try original.backUp(to: sample.folder.path("b.db"))
        let copy = try sample.open("b.db")
        try copy.remote.reauthorize()
        let branches = try original.branches.all()
        let own = try #require(branches.first { $0.isCurrent })
        let child = try #require(branches.first { !$0.isCurrent })
        #expect(branches.count == 2 && child.parent == own.id && child.forkEpoch == 5)
        #expect(child.file?.hasSuffix("b.db") == true && own.file?.hasSuffix("app.db") == true)
        expectError(.wrongState, "this file is on") { try original.branches.drop(own.id) }
        expectError(.wrongState, "b.db") { try original.branches.drop(child.id) }
        expectError(.invalidArgument, "does not exist") { try original.branches.drop(7) }
        expectError(.wrongState, "is not dropped") { try original.branches.undrop(child.id) }
        #expect(try original.branches.drop(child.id, isForced: true).droppedAt != nil)
        expectError(.wrongState, "dropped already") { try original.branches.drop(child.id) }
        #expect(try original.branches.undrop(child.id).droppedAt == nil)
        #expect(try Sample.contents(copy) == Sample.contents(original))
    }
}
