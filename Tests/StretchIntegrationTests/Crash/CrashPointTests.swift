import Stretch
import StretchEngine
import StretchMigration
import StretchSQLite
import StretchStaging
import StretchTestSupport
import Testing

/// The process is killed at each numbered point of the protocol.
@Suite struct CrashPointTests {
    /// How a point is reached: what is done before, and what the process that dies does.
    private struct Way {
        var earlierCrash: CrashPoint?
        var addsColumn = false
        var isInbound = false
        var isCollection = false
        var isStaging = false
    }

    private static func way(to point: CrashPoint, _ table: CrashTable) -> Way {
        switch point {
        case .beforeBegin, .insideBegin, .afterBegin, .beforeSend, .afterSend, .afterReadBack,
            .insideSwitchBeforeDelete, .insideSwitchAfterDelete, .insideSwitchBeforeCommit,
            .afterSwitch, .beforeConfirm, .afterConfirm:
            Way()
        // The rows of a keyless table are not found again, and a changed table cannot be switched.
        case .beforeAbandon, .insideAbandon, .afterAbandon:
            Way(earlierCrash: .afterSend, addsColumn: !table.isKeyless)
        case .insideDrop, .afterDrop: Way(earlierCrash: .afterBegin)
        case .beforeRetire, .afterRetire, .insideRetirementSwitch, .afterRetirementSwitch,
            .beforeRecall, .insideRecallBeforeInsert, .insideRecallBeforeCommit, .afterRecall:
            Way(isInbound: true)
        case .beforeCollection, .afterCollection: Way(isCollection: true)
        case .beforeStaging, .afterStaging: Way(isStaging: true)
        }
    }

    @Test(arguments: CrashTable.all, CrashPoint.allCases)
    func `no row is lost or doubled by a kill`(table: CrashTable, point: CrashPoint) throws {
        let way = CrashPointTests.way(to: point, table)
        for pass in [1, 2] {
            let sample = try CrashSample(table)
            if way.isStaging { try sample.open().staging.set(StagingSettings(rpoHours: 8)) }
            if let earlier = way.earlierCrash {
                #expect(try sample.crash("migrate", at: earlier))
                try sample.checkFiles("\(earlier)")
            }
            if way.addsColumn {
                let database = try StretchDatabase(
                    path: sample.path, configuration: .everyRemote)
                try database.execute("ALTER TABLE t ADD COLUMN added")
                try database.tables.reconcile()
            }
            if way.isInbound { try WorkerProcess.run("migrate", sample.path, ["rows=5"]) }
            let mode = way.isCollection ? "gc" : way.isInbound ? "bring-back" : "migrate"
            let isKilled = try sample.crash(mode, at: point, pass: pass)
            #expect(isKilled || pass > 1, "\(point) was not passed")
            let comment: Comment = "\(table.testDescription), \(point), pass \(pass)"
            try sample.checkFiles(comment)
            #expect(try sample.rows() == sample.start, comment)
            try sample.resume(comment)
        }
    }

    @Test(arguments: CrashTable.all)
    func `a bring-back that was killed goes on`(table: CrashTable) throws {
        for point in [CrashPoint.afterRecall, .insideRecallBeforeCommit, .afterRetire] {
            let sample = try CrashSample(table)
            try WorkerProcess.run("migrate", sample.path, ["rows=5"])
            #expect(try sample.crash("bring-back", at: point, pass: 2))
            try sample.checkFiles("\(point)")
            // The state `inbound` is in the file: the next migration brings the rest back.
            try StretchDatabase(path: sample.path, configuration: .everyRemote).migrate(
                batchRowCount: 5)
            let database = try StretchDatabase(path: sample.path, configuration: .everyRemote)
            try sample.checkSettled(database, "\(point)")
            #expect(try database.query("SELECT count(*) FROM main.t").rows == [[24]])
        }
    }

    @Test(arguments: CrashTable.all)
    func `a kill while some rows come back loses none`(table: CrashTable) throws {
        for point in [CrashPoint.insideRecallBeforeCommit, .afterRecall, .afterConfirm] {
            let sample = try CrashSample(table)
            try WorkerProcess.run("migrate", sample.path, ["rows=5"])
            #expect(try sample.crash("bring-back", at: point, ["where=n < 11"]))
            try sample.checkFiles("\(point)")
            #expect(try sample.rows() == sample.start, "\(point)")
            try sample.resume("\(point)")
        }
    }

    @Test func `a second kill at another point of the resumed step loses nothing`() throws {
        let points: [CrashPoint] = [
            .beforeConfirm, .afterReadBack, .insideSwitchAfterDelete, .afterSwitch,
        ]
        for table in CrashTable.all {
            for first in [CrashPoint.afterSend, .insideSwitchBeforeCommit] {
                for second in points {
                    let sample = try CrashSample(table)
                    #expect(try sample.crash("migrate", at: first))
                    _ = try sample.crash("migrate", at: second)
                    let comment: Comment = "\(table.testDescription), \(first), then \(second)"
                    try sample.checkFiles(comment)
                    #expect(try sample.rows() == sample.start, comment)
                    try sample.resume(comment)
                }
            }
        }
    }

    @Test(arguments: CrashTable.all)
    func `whatever a kill has taken from the hot table is in staging`(table: CrashTable) throws {
        let points: [CrashPoint] = [
            .beforeStaging, .afterStaging, .afterSend, .afterReadBack, .insideSwitchAfterDelete,
            .insideSwitchBeforeCommit, .afterSwitch,
        ]
        for point in points {
            for pass in [1, 2] {
                let sample = try CrashSample(table)
                try sample.open().staging.set(StagingSettings(rpoHours: 8))
                #expect(try sample.crash("migrate", at: point, pass: pass) || pass > 1)
                let comment: Comment = "\(table.testDescription), \(point), pass \(pass)"
                try sample.checkStaging(comment)
                try sample.open().migrate(batchRowCount: 5)
                try sample.checkStaging(comment)
                try sample.resume(comment)
            }
        }
    }
}
