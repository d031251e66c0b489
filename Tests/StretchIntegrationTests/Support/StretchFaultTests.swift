import Foundation
import Stretch
import StretchEmbedded
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCore
@testable import StretchEngine
@testable import StretchKeystore
@testable import StretchMigration
@testable import StretchStaging

/// Where a fault is.
struct FaultPlace: Sendable, CustomTestStringConvertible {
    let file: String
    let isPersistent: Bool
    let failure: FaultInjection.Failure

    var testDescription: String {
        "\(file), \(failure), \(isPersistent ? "persistent" : "transient")"
    }

    static let all = ["app.db", "cold.db"].flatMap(places(in:))
    static let staging = places(in: "app.db-stretch-staging")

    private static func places(in file: String) -> [FaultPlace] {
        [false, true].flatMap { isPersistent in
            FaultInjection.Failure.allCases.map {
                FaultPlace(file: file, isPersistent: isPersistent, failure: $0)
            }
        }
    }

    /// Runs work in a folder of which one call fails.
    ///
    /// - Returns: What the work returns, and whether it came to the call.
    func failing<Result>(
        _ call: Int, in folder: TemporaryFolder, _ body: () throws -> Result
    ) rethrows -> (result: Result, didFire: Bool) {
        FaultInjection.arm(
            call: call, isPersistent: isPersistent, failure: failure, path: folder.path(file))
        defer { FaultInjection.disarm() }
        let result = try body()
        FaultInjection.disarm()
        return (result, FaultInjection.didFire)
    }

    /// The calls that a test makes fail: every one by `STRETCH_ALL_FAULTS=1`, else one in `stride`.
    ///
    /// - Parameter body: Makes the call fail, and checks what is left.
    /// - Returns: After the first call that no run makes, or a failure of `body`.
    func eachCall(
        stride ciStride: Int, _ body: (_ call: Int, _ comment: Comment) throws -> Bool
    ) throws {
        let environment = ProcessInfo.processInfo.environment
        let stride = environment["STRETCH_ALL_FAULTS"] == nil ? ciStride : 1
        // The first calls open files and are all different.
        var (call, count) = (1, 0)
        while call < 20_000 {
            count += 1
            let didFire = try body(call, "\(testDescription), call \(call)")
            guard didFire else {
                print("faults: \(testDescription): \(count) runs, every \(stride)th of \(call)")
                return #expect(call > 3, "no fault was injected")
            }
            call += call < 8 ? 1 : stride
        }
        Issue.record("\(testDescription): still failing after 20,000 calls")
    }
}

/// A stretch-enabled file of 24 rows that is copied for each run.
private final class FaultSample {
    let folder: TemporaryFolder
    let start: [String]

    init(isMigrated: Bool, isStaging: Bool = false) throws {
        folder = try TemporaryFolder(isInMemory: true)
        let path = folder.path("app.db")
        let plain = try Connection(path: path, access: .create, routines: .linked)
        try plain.execute(
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, n INT);
            CREATE INDEX t_v ON t(v);
            WITH c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 23)
            INSERT INTO t SELECT n + 1, 'v' || n, n FROM c;
            """)
        let database = try StretchDatabase(path: path, configuration: .everyRemote)
        try database.enable(server: "file:cold.db")
        try database.tables["t"].enable(filter: "n < 20")
        if isStaging { try database.staging.set(StagingSettings(rpoHours: 8)) }
        if isMigrated { try database.migrate(batchRowCount: 8) }
        start = try FaultSample.rows(database)
        for name in ["app.db", "cold.db"] {
            let plain = try Connection(
                path: folder.path(name), access: .readWrite, routines: .linked)
            _ = try plain.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        }
    }

    static func rows(_ database: StretchDatabase) throws -> [String] {
        try database.query("SELECT * FROM t").rows.map { "\($0)" }.sorted()
    }

    func copy() throws -> TemporaryFolder {
        let copy = try TemporaryFolder(isInMemory: true)
        for name in ["app.db", "app.db-wal", "cold.db", "cold.db-wal"]
        where FileManager.default.fileExists(atPath: folder.path(name)) {
            try FileManager.default.copyItem(atPath: folder.path(name), toPath: copy.path(name))
        }
        return copy
    }

    /// A configuration whose files can fail.
    static var faulty: Configuration {
        var configuration = Configuration.everyRemote
        configuration.localVFS = FaultInjection.vfsName
        configuration.remotes = [EmbeddedProvider(vfs: FaultInjection.vfsName)]
        configuration.busyTimeout = .seconds(1)
        return configuration
    }

    /// What is there without faults: sound files, and one of the contents that are right.
    static func check(
        _ folder: TemporaryFolder, isOneOf contents: [[String]], _ comment: Comment
    ) throws {
        for name in ["app.db", "cold.db"] {
            let plain = try Connection(
                path: folder.path(name), access: .readWrite, routines: .linked)
            #expect(try plain.string("PRAGMA integrity_check") == "ok", "\(comment): \(name)")
        }
        let database = try StretchDatabase(path: folder.path("app.db"), configuration: .everyRemote)
        let found = try rows(database)
        #expect(contents.contains(found), "\(comment): \(found.count) rows")
        try database.tables["t"].resume(.outbound)
        try database.migrate(batchRowCount: 8)
        #expect(try rows(database) == found, "\(comment), migrated")
        let result = try database.verify()
        #expect(result.isSound && result.tables[0].shadowedRowCount == 0, "\(comment): \(result)")
        try database.tables["t"].bringBack()
        #expect(try rows(database) == found, "\(comment), brought back")
        #expect(
            try database.query("SELECT count(*) FROM main.t").rows
                == [[.integer(Int64(found.count))]], comment)
    }
}

// The faults are the whole process's, so that these tests belong to the serialized suite.
extension FaultInjectionTests {
    @Suite(.serialized) struct Stretching {
        @Test(arguments: FaultPlace.all)
        func `no row is lost wherever a call of the migration fails`(place: FaultPlace) throws {
            let sample = try FaultSample(isMigrated: false)
            try place.eachCall(stride: 11) { call, comment in
                let folder = try sample.copy()
                let (failure, didFire) = place.failing(call, in: folder) { () -> StretchError? in
                    do throws(StretchError) {
                        var options = MigrationOptions()
                        options.maximumRowCount = 8
                        let migrator = try Migrator(
                            path: folder.path("app.db"), configuration: FaultSample.faulty)
                        migrator.sleep = { _ in }
                        try migrator.migrate(options)
                        try migrator.bringBack(table: "t", options: options)
                        return nil
                    } catch {
                        return error
                    }
                }
                #expect(didFire || failure == nil, "\(comment): \(String(describing: failure))")
                try FaultSample.check(folder, isOneOf: [sample.start], comment)
                return didFire
            }
        }

        @Test(arguments: FaultPlace.staging)
        func `rows move into staging whole or stay, wherever a call on its file fails`(
            place: FaultPlace
        ) throws {
            let sample = try FaultSample(isMigrated: false, isStaging: true)
            try place.eachCall(stride: 3) { call, comment in
                let folder = try sample.copy()
                let (failure, didFire) = place.failing(call, in: folder) { () -> StretchError? in
                    do throws(StretchError) {
                        let database = try StretchDatabase(
                            path: folder.path("app.db"), configuration: FaultSample.faulty)
                        try database.migrate(batchRowCount: 8)
                        return nil
                    } catch {
                        return error
                    }
                }
                // A write that fails when nothing depends on it is no failure of the migration.
                #expect(
                    failure == nil || didFire && failure?.message.contains("staging file") == true,
                    "\(comment): \(String(describing: failure))")
                let database = try StretchDatabase(
                    path: folder.path("app.db"), configuration: .everyRemote)
                let moved = try database.status().tables[0].batches
                #expect(try database.staging.report().batches >= moved, comment)
                try FaultSample.check(folder, isOneOf: [sample.start], comment)
                return didFire
            }
        }

        // Statements write nothing to the remote, so that its disk is never full for them.
        @Test(arguments: FaultPlace.all.filter { $0.file == "app.db" || $0.failure != .diskFull })
        func `a statement over cold rows fails or is right wherever a call fails`(
            place: FaultPlace
        ) throws {
            let sample = try FaultSample(isMigrated: true)
            let life = try OverlayLife(sample.copy())
            let contents = [sample.start, life.end]
            try place.eachCall(stride: 5) { call, comment in
                let folder = try sample.copy()
                let (outcome, didFire) = try place.failing(call, in: folder) {
                    try life.run(folder, comment)
                }
                if !didFire { #expect(outcome == .done, comment) }
                // An error of the COMMIT leaves it open which of the two it is.
                let possible = outcome == .done ? [life.end] : contents
                try FaultSample.check(folder, isOneOf: possible, comment)
                return didFire
            }
        }
    }
}

/// Reads and writes of cold rows in one transaction, and what each answers without a fault.
private struct OverlayLife {
    enum Outcome { case done, failed }

    private static let statements = [
        "SELECT * FROM t ORDER BY id",
        "SELECT v FROM t WHERE id = 3",
        "SELECT count(*), sum(n) FROM t WHERE v > 'v1'",
        "BEGIN IMMEDIATE",
        "UPDATE t SET v = 'new' WHERE id = 4",
        "DELETE FROM t WHERE n BETWEEN 6 AND 8",
        "INSERT INTO t(id, v, n) VALUES(2, 'up', 0) ON CONFLICT(id) DO UPDATE SET v = excluded.v",
        "INSERT INTO t(v, n) VALUES('next', 30) RETURNING id",
        "UPDATE t SET n = n + 100 WHERE n < 12",
        "SELECT * FROM t ORDER BY v, id",
        "SAVEPOINT s",
        "UPDATE t SET id = id + 1000 WHERE id < 3",
        "SELECT count(*), sum(id) FROM t",
        "ROLLBACK TO s",
        "COMMIT",
        "SELECT * FROM t ORDER BY id DESC",
    ]

    private let answers: [[[Value]]]
    /// The rows in the end.
    let end: [String]

    init(_ folder: TemporaryFolder) throws {
        let database = try StretchDatabase(path: folder.path("app.db"), configuration: .everyRemote)
        answers = try OverlayLife.statements.map { try database.query($0).rows }
        end = try FaultSample.rows(database)
    }

    /// Runs the statements until one fails, and rolls back then.
    func run(_ folder: TemporaryFolder, _ comment: Comment) throws -> Outcome {
        let database: StretchDatabase
        do {
            database = try StretchDatabase(
                path: folder.path("app.db"), configuration: FaultSample.faulty)
        } catch {
            return .failed
        }
        for (number, answer) in answers.enumerated() {
            let statement = OverlayLife.statements[number]
            do throws(StretchError) {
                let rows = try database.query(statement).rows
                #expect(rows == answer, "\(comment): a wrong answer to \(statement)")
            } catch {
                #expect(error.code != .damaged, "\(comment): \(statement): \(error)")
                // SQLite may have rolled back by itself, and the fault may still be there.
                try? database.execute("ROLLBACK")
                return .failed
            }
        }
        return .done
    }
}
