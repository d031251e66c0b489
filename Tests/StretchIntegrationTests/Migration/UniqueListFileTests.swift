import Foundation
import Stretch
import StretchCore
import StretchEngine
import StretchMigration
import StretchOverlay
import StretchSQLite
import StretchTestSupport
import Testing

/// The file of fingerprints beside a database: it saves round trips, and never decides wrongly.
@Suite struct UniqueListFileTests {
    private let sample: TimelineSample
    private var listPath: String { sample.path + "-stretch-unique" }

    init() throws {
        sample = try TimelineSample()
        let database = try sample.open()
        try database.execute("CREATE UNIQUE INDEX t_v ON t(v)")
        try database.migrate(batchRowCount: 10)
    }

    private func content() -> Data? { FileManager.default.contents(atPath: listPath) }

    /// Expects that a cold value is found and a new one is not, by a connection of its own.
    ///
    /// - Returns: The number of round trips for the new value.
    @discardableResult
    private func check(
        _ comment: Comment? = nil, file: String = "app.db", cold: String = "row 33",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Int {
        let database = try sample.open(file)
        try database.execute("BEGIN")
        defer { try? database.execute("ROLLBACK") }
        let error = #expect(throws: StretchError.self, comment, sourceLocation: sourceLocation) {
            try database.execute("INSERT INTO t(v, n) VALUES ('\(cold)', 90)")
        }
        #expect(
            (error?.cause as? SQLiteError)?.isConstraint == true, comment,
            sourceLocation: sourceLocation)
        let before = database.overlay.roundTripCount
        // Within the zones of every batch.
        try database.execute("INSERT INTO t(v, n) VALUES ('row 2 and more', 90), ('row 15b', 90)")
        return database.overlay.roundTripCount - before
    }

    @Test func `a new value costs no round trip`() throws {
        #expect(try check() == 0)
        let database = try sample.open()
        let before = database.overlay.roundTripCount
        for number in 0..<200 {
            try database.execute("INSERT INTO t(v, n) VALUES ('row 2_\(number)', 90)")
        }
        #expect(database.overlay.roundTripCount == before)
        #expect(GuardedFile.mode(listPath) == GuardedFile.mode(sample.path))
    }

    @Test func `a connection sees the lists of later runs`() throws {
        let database = try sample.open()
        try database.execute("INSERT INTO t(v, n) VALUES ('row 2x', 5), ('row 3x', 5)")
        try database.execute("INSERT INTO t(v, n) VALUES ('last', 90)")
        try sample.open().migrate()
        let before = database.overlay.roundTripCount
        try database.execute("INSERT INTO t(v, n) VALUES ('row 2y', 90)")
        #expect(database.overlay.roundTripCount == before)
        #expect(throws: StretchError.self) {
            try database.execute("INSERT INTO t(v, n) VALUES ('row 2x', 90)")
        }
    }

    // MARK: Files that cannot be used

    @Test func `a missing file costs round trips until a run makes it again`() throws {
        try FileManager.default.removeItem(atPath: listPath)
        #expect(try check() > 0)
        try sample.open().migrate()
        #expect(try check() == 0)
    }

    @Test func `a damaged or truncated file is never believed`() throws {
        let whole = try #require(content())
        for length in stride(from: 0, to: whole.count, by: 37) {
            try whole.prefix(length).write(to: URL(fileURLWithPath: listPath))
            #expect(try check("\(length) bytes") > 0)
        }
        for place in stride(from: 0, to: whole.count, by: 11) {
            var damaged = whole
            damaged[place] ^= 0x55
            try damaged.write(to: URL(fileURLWithPath: listPath))
            #expect(try check("byte \(place)") > 0)
        }
        try sample.open().migrate()
        #expect(try check() == 0)
    }

    @Test func `a file of another database is not used`() throws {
        let other = try UniqueListFileTests()
        try #require(other.content()).write(to: URL(fileURLWithPath: listPath))
        #expect(try check() > 0)
        try sample.open().migrate()
        #expect(try check() == 0)
    }

    @Test func `an older file leaves newer batches to the remote`() throws {
        let older = try #require(content())
        let database = try sample.open()
        try database.execute("INSERT INTO t(v, n) VALUES ('row 1x', 5), ('row 4x', 5), ('z', 90)")
        try database.migrate()
        #expect(try check(cold: "row 1x") == 0)
        try older.write(to: URL(fileURLWithPath: listPath))
        #expect(try check(cold: "row 1x") > 0)
        #expect(try check() > 0)
        try database.migrate()
        #expect(try check(cold: "row 1x") == 0)
    }

    @Test(arguments: ["symbolic", "hard"])
    func `a link in its place is neither read nor written through`(kind: String) throws {
        let victim = sample.folder.path("victim")
        try FileManager.default.moveItem(atPath: listPath, toPath: victim)
        let before = FileManager.default.contents(atPath: victim)
        #expect((kind == "hard" ? Foundation.link : symlink)(victim, listPath) == 0)
        #expect(try check() > 0)
        try sample.open().migrate()
        #expect(try check() == 0)
        #expect(FileManager.default.contents(atPath: victim) == before)
    }

    @Test func `a file that cannot be written is a warning`() throws {
        try FileManager.default.removeItem(atPath: listPath)
        try FileManager.default.createDirectory(
            atPath: listPath, withIntermediateDirectories: false)
        let report = try sample.open().migrate()
        #expect(report.warnings.contains { $0.contains("the list of unique values") })
        #expect(try check() > 0)
    }

    // MARK: Other times and branches

    @Test func `a restored backup is right beside a newer file`() throws {
        try sample.backUp(to: "backup.db")
        let database = try sample.open()
        try database.execute("INSERT INTO t(v, n) VALUES ('row 1x', 5), ('row 4x', 5), ('z', 90)")
        try database.migrate()
        try FileManager.default.moveItem(
            atPath: listPath, toPath: sample.folder.path("backup.db-stretch-unique"))
        let restored = try sample.open("backup.db")
        try restored.remote.reauthorize()
        #expect(try check(file: "backup.db") == 0)
        // Listed, and in no batch that this file shows.
        try restored.execute("INSERT INTO t(v, n) VALUES ('row 1x', 90)")
        #expect(try check(file: "backup.db", cold: "row 4") == 0)
    }

    @Test func `a fork goes on with its own lists`() throws {
        try sample.backUp(to: "fork.db")
        let fork = try sample.open("fork.db")
        try fork.remote.reauthorize()
        #expect(try check(file: "fork.db") > 0)
        for name in ["app.db", "fork.db"] {
            let database = try sample.open(name)
            try database.execute(
                "INSERT INTO t(v, n) VALUES ('row 1 of \(name)', 5), ('row 2 of \(name)', 5)")
            try database.execute("INSERT INTO t(v, n) VALUES ('z', 90)")
            try database.migrate()
        }
        for (name, other) in [("app.db", "fork.db"), ("fork.db", "app.db")] {
            #expect(try check(file: name, cold: "row 1 of \(name)") == 0)
            try sample.open(name).execute("INSERT INTO t(v, n) VALUES ('row 1 of \(other)', 90)")
        }
    }

    @Test func `rows that came back and values that changed make no conflict`() throws {
        let database = try sample.open()
        try database.tables["t"].bringBack(where: "id < 20")
        try database.execute("DELETE FROM t WHERE id IN (3, 33)")
        try database.execute("INSERT INTO t(v, n) VALUES ('row 3', 90), ('row 33', 90)")
        try database.execute("UPDATE t SET v = 'row 3 again' WHERE v = 'row 34'")
        try database.execute("UPDATE t SET v = 'row 34' WHERE v = 'row 35'")
        try database.migrate()
        #expect(try database.verify().tables[0].duplicateRowCount == 0)
        #expect(try check(cold: "row 34") == 0)
    }

    @Test func `another collation needs another list`() throws {
        let database = try sample.open()
        try database.execute("DROP INDEX t_v; CREATE UNIQUE INDEX t_v ON t(v COLLATE NOCASE)")
        #expect(try check(cold: "ROW 33") > 0)
        try database.migrate()
        #expect(try check(cold: "ROW 33") == 0)
    }

    @Test func `the file goes with the last constraint and with the database`() throws {
        let database = try sample.open()
        #expect(content() != nil)
        try database.tables["t"].setUniqueScope(.local)
        try database.migrate()
        #expect(content() == nil)
        try database.tables["t"].setUniqueScope(.all)
        try database.migrate()
        #expect(content() != nil)
        try database.tables["t"].disable(.bringBack)
        try database.disable()
        #expect(content() == nil)
    }
}
