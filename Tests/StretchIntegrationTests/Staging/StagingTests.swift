import Foundation
import StretchCatalog
import StretchMigration
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCore
@testable import StretchEngine
@testable import StretchStaging

/// What staging keeps, and for how long.
@Suite struct StagingTests {
    @Test(arguments: ["file", "postgresql"])
    func `rows stay for the RPO duration, and until a later visit found their batch`(
        _ kind: String
    ) throws {
        let sample = try StagingSample(kind)
        try sample.migrate()
        var staging = try sample.open(at: "2026-03-01 06:00:00.000").staging.report()
        #expect(staging.batches == 4 && staging.settings?.rpoHours == 24)
        #expect(staging.covered == .seconds(6 * 3_600))
        #expect(staging.oldest == Timestamp(parsing: StagingSample.start) && staging.problem == nil)
        #expect(staging.bytes > 0 && staging.rowBytes > 0 && staging.fileBytes >= staging.bytes)
        try sample.migrate(at: "2026-03-01 23:59:59.999")
        #expect(try sample.open().staging.report().batches == 4)
        try sample.migrate(upTo: 50, at: "2026-03-02 00:00:00.000")
        staging = try sample.open(at: "2026-03-02 00:00:00.000").staging.report()
        #expect(staging.batches == 1 && staging.covered == .seconds(24 * 3_600))
        let events = try sample.open().status().events
        #expect(!events.contains { $0.kind == .stagingShortened })
    }

    @Test func `a remote that was rolled back is no later visit`() throws {
        let sample = try StagingSample()
        let whole = try sample.liveAndRollBack()
        let late = "2026-09-01 00:00:00.000"
        expectError(.remoteMismatch, "rolled back to epoch 2") { try sample.migrate(at: late) }
        #expect(try sample.open().staging.report().batches == 4)
        #expect(try sample.open(at: late).remote.reauthorize().resent.count == 2)
        #expect(try TimelineSample.contents(sample.open()) == whole)
    }

    @Test func `a batch that came back stays for the RPO duration only`() throws {
        let sample = try StagingSample()
        try sample.migrate()
        try sample.open().tables["t"].bringBack()
        #expect(try sample.open().staging.report().batches == 4)
        try sample.open(at: "2026-03-02 00:00:00.000").migrate(tables: [])
        #expect(try sample.open().staging.report().batches == 0)
    }

    @Test func `switched off, it goes when its batches are found`() throws {
        let sample = try StagingSample()
        try sample.migrate()
        try sample.open().staging.set(nil)
        #expect(try sample.open().staging.report().batches == 4)
        #expect(try sample.open().staging.report().settings == nil)
        try sample.open().migrate()
        #expect(!FileManager.default.fileExists(atPath: sample.stagingPath))
        #expect(try sample.open().status().database.staging == nil)
        try sample.migrate(upTo: 50)
        #expect(!FileManager.default.fileExists(atPath: sample.stagingPath))
    }

    @Test func `no hour is called covered in which rows moved without staging`() throws {
        let sample = try StagingSample(rpoHours: 2)
        try sample.migrate(upTo: 20)
        try sample.migrate(upTo: 20, at: "2026-03-01 12:00:00.000")
        func coveredHours(_ hour: Int) throws -> Int64 {
            let staging = try sample.open(at: "2026-03-01 \(hour):00:00.000").staging.report()
            return staging.covered.components.seconds / 3_600
        }
        #expect(try coveredHours(12) == 2)
        // What left after two hours is not there for the longer duration.
        try sample.open().staging.set(StagingSettings(rpoHours: 24))
        #expect(try coveredHours(12) == 12)
        try sample.open(at: "2026-03-01 12:00:00.000").staging.set(nil)
        try sample.migrate(at: "2026-03-01 13:00:00.000")
        try sample.open(at: "2026-03-01 14:00:00.000").staging.set(StagingSettings(rpoHours: 24))
        #expect(try coveredHours(15) == 1)
    }

    @Test func `over the budget the oldest durable batches leave, and that is said`() throws {
        let sample = try StagingSample()
        try sample.migrate(upTo: 10)
        let bytes = try sample.open().staging.report().bytes
        try sample.open().staging.set(
            StagingSettings(rpoHours: 24, byteBudget: bytes * 5 / 2))
        expectError(.wrongState, "staging is full") {
            try sample.migrate(upTo: 50, at: "2026-03-01 02:00:00.000")
        }
        let database = try sample.open(at: "2026-03-01 03:00:00.000")
        #expect(try database.query("SELECT count(*), sum(n) FROM t").rows == [[60, 1_830]])
        // Two batches moved: the first one made room, being durable.
        #expect(try database.status().tables[0].remoteRows == 30)
        var staging = try database.staging.report()
        #expect(staging.batches == 2 && staging.bytes <= bytes * 5 / 2)
        #expect(staging.covered == .seconds(3 * 3_600))
        try sample.migrate(upTo: 40, at: "2026-03-01 04:00:00.000")
        staging = try sample.open(at: "2026-03-01 05:00:00.000").staging.report()
        #expect(staging.batches == 2 && staging.covered == .seconds(3 * 3_600))
        #expect(try sample.open().status().events.contains { $0.kind == .stagingShortened })
        #expect(try sample.open().verify().isSound)
    }

    @Test func `a batch that does not fit stays local, with the next step`() throws {
        let sample = try StagingSample(budget: 20)
        let whole = try TimelineSample.contents(sample.open())
        expectError(.wrongState, "does not fit into staging, whose budget is 20 bytes") {
            try sample.migrate()
        }
        #expect(try sample.open().query("SELECT count(*) FROM main.t").rows == [[60]])
        try sample.open().execute("UPDATE t SET v = v WHERE id < 60")
        try sample.open().staging.set(nil)
        try sample.migrate()
        #expect(try TimelineSample.contents(sample.open()) == whole)
        #expect(try sample.open().status().tables[0].remoteRows == 40)
    }

    @Test func `a file that cannot be used stops rows from moving, and nothing else`() throws {
        for isDamaged in [true, false] {
            let sample = try StagingSample()
            try sample.migrate(upTo: 20)
            let whole = try TimelineSample.contents(sample.open())
            let bytes = try Data(contentsOf: URL(fileURLWithPath: sample.stagingPath))
            if isDamaged {
                try Data(repeating: 0x5A, count: 20_000).write(
                    to: URL(fileURLWithPath: sample.stagingPath))
            } else {
                try sample.staging("UPDATE stretch_staging SET database = 1")
            }
            expectError(
                isDamaged ? .damaged : .wrongState,
                isDamaged ? "is damaged" : "belongs to another database"
            ) { try sample.migrate() }
            let database = try sample.open()
            #expect(try TimelineSample.contents(database) == whole)
            #expect(try database.staging.report().problem?.contains("staging file") == true)
            #expect(try database.query("SELECT count(*) FROM main.t").rows == [[40]])
            try database.tables["t"].bringBack(where: "id <= 2")
            try bytes.write(to: URL(fileURLWithPath: sample.stagingPath))
            try sample.migrate()
            #expect(try sample.open().staging.report().batches == 5)
            #expect(try TimelineSample.contents(sample.open()) == whole)
        }
    }

    @Test func `the file has the rights of the database, and goes with it`() throws {
        let sample = try StagingSample(rpoHours: nil)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o640], ofItemAtPath: sample.base.path)
        expectError(.invalidArgument, "1 to 87600 hours") {
            try sample.open().staging.set(StagingSettings(rpoHours: 0))
        }
        expectError(.invalidArgument, "at least one byte") {
            try sample.open().staging.set(StagingSettings(rpoHours: 8, byteBudget: 0))
        }
        try sample.open().staging.set(StagingSettings(rpoHours: 8))
        try sample.migrate()
        let rights = try FileManager.default.attributesOfItem(atPath: sample.stagingPath)
        #expect(rights[.posixPermissions] as? Int == 0o640)
        let names = try FileManager.default.contentsOfDirectory(atPath: sample.base.folder.path)
        #expect(!names.contains { $0.hasPrefix("app.db-stretch-staging-") })
        // The setting is part of each backup; the rows are not.
        try sample.base.backUp(to: "copy.db")
        #expect(try sample.open("copy.db").staging.settings()?.rpoHours == 8)
        #expect(try sample.open("copy.db").staging.report().batches == 0)
        try sample.open().tables["t"].disable(.bringBack)
        try sample.open().disable()
        #expect(!FileManager.default.fileExists(atPath: sample.stagingPath))
    }

    @Test func `two copies of a file have a staging each`() throws {
        let sample = try StagingSample()
        try sample.migrate(upTo: 20)
        let bytes = FileManager.default.contents(atPath: sample.stagingPath)
        try sample.base.backUp(to: "copy.db")
        let copy = try sample.open("copy.db")
        try copy.remote.reauthorize()
        try sample.migrate(upTo: 40, "copy.db")
        #expect(FileManager.default.contents(atPath: sample.stagingPath) == bytes)
        #expect(try sample.open("copy.db").staging.report().batches == 2)
        #expect(try sample.open().staging.report().batches == 2)
        try sample.migrate(upTo: 30)
        #expect(try sample.open("copy.db").staging.report().batches == 2)
        #expect(try sample.open().staging.report().batches == 3)
    }
}
