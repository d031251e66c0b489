import Foundation
import StretchMigration
import StretchSQLite
import Testing

@testable import StretchCore
@testable import StretchEngine
@testable import StretchKeystore
@testable import StretchStaging
@testable import StretchTestSupport

/// A remote that was rolled back gets what it lost.
@Suite struct ResendingTests {
    @Test(arguments: ["file", "postgresql"])
    func `a remote that was rolled back gets the rows again from staging`(_ kind: String) throws {
        let sample = try StagingSample(kind)
        let whole = try sample.liveAndRollBack()
        let file = try sample.open()
        expectError(.remoteMismatch, "") { _ = try file.query(TimelineSample.all) }
        #expect(try file.status().database.linkState == .mismatch)
        expectError(.remoteMismatch, "does not hold") { try file.tables["t"].reconcileBatches() }
        var options = ReauthorizeOptions()
        options.isDryRun = true
        let dry = try file.remote.reauthorize(options)
        #expect(dry.action == .fork && dry.lost.isEmpty)
        #expect(dry.resent.map(\.source) == [.staging, .staging])
        #expect(dry.resent.map(\.rows) == [9, 9] && dry.resent.map(\.table) == ["t", "t"])
        options.isDryRun = false
        let report = try file.remote.reauthorize(options)
        #expect(report.resent == dry.resent && report.epoch == 4 && report.batches == 4)
        for database in [file, try sample.open()] {
            #expect(try TimelineSample.contents(database) == whole)
            #expect(try database.status().database.linkState == .connected)
            #expect(try database.verify().isSound)
            #expect(try database.tables["t"].reconcileBatches() == 4)
            #expect(try database.remote.reauthorize().action == .nothing)
        }
        #expect(try file.staging.report().batches == 4)
        // Life goes on; and what was sent again is an ordinary batch.
        try sample.base.live(try sample.open(), from: 200)
        let later = try TimelineSample.contents(sample.open())
        try sample.open().tables["t"].bringBack()
        #expect(try TimelineSample.contents(sample.open()) == later)
        #expect(try sample.open().verify().isSound)
    }

    @Test(arguments: ["file", "postgresql"])
    func `a second rollback is cured as the first one was`(_ kind: String) throws {
        let sample = try StagingSample(kind)
        try sample.migrate(upTo: 10)
        let saved = try sample.base.saveRemote()
        try sample.migrate()
        let whole = try TimelineSample.contents(sample.open())
        for _ in 1...3 {
            try sample.base.rollBackRemote(to: saved)
            let report = try sample.open().remote.reauthorize()
            #expect(report.resent.map(\.source) == [.staging, .staging, .staging])
            #expect(try TimelineSample.contents(sample.open()) == whole)
            #expect(try sample.open().staging.report().batches == 4)
        }
        #expect(try sample.open().verify().isSound)
    }

    @Test(arguments: ["file", "postgresql"])
    func `what staging no longer has is listed, and given up only by name`(_ kind: String) throws {
        for isDamaged in [false, true] {
            let sample = try StagingSample(kind)
            let whole = try sample.liveAndRollBack()
            let third =
                "(SELECT number FROM stretch_staged_batch ORDER BY number LIMIT 1 OFFSET 2)"
            try sample.staging(
                isDamaged
                    ? "UPDATE stretch_staged_piece SET bytes = zeroblob(9) WHERE number = \(third)"
                    : "DELETE FROM stretch_staged_batch WHERE number = \(third)")
            let file = try sample.open()
            expectError(.remoteMismatch, "9 rows, keys 21 to 30") { try file.remote.reauthorize() }
            do throws(StretchError) {
                try file.remote.reauthorize()
            } catch {
                #expect(error.hint?.contains("a longer RPO duration") == true)
                let lost = try #require(error.cause as? LostBatches)
                #expect(lost.losses.map(\.rows) == [9] && lost.newestAvailable != nil)
            }
            #expect(try file.status().database.linkState == .mismatch)
            var options = ReauthorizeOptions()
            options.acceptsAllLosses = true
            let report = try file.remote.reauthorize(options)
            #expect(report.lost.count == 1 && report.resent.map(\.rows) == [9])
            let left = whole.filter { row in !(21...30).contains(row[0].integerValue ?? 0) }
            #expect(try TimelineSample.contents(sample.open()) == left)
            #expect(try sample.open().verify().isSound)
        }
    }

    @Test(arguments: ["file", "postgresql"])
    func `rows that another branch has are taken from there`(_ kind: String) throws {
        let sample = try StagingSample(kind)
        try sample.migrate(upTo: 20)
        let saved = try sample.base.saveRemote()
        try sample.migrate()
        let moment = try TimelineSample.contents(sample.open())
        try sample.base.backUp(to: "old.db")
        try sample.base.rollBackRemote(to: saved)
        try sample.open().remote.reauthorize()
        // The backup names batches that the remote has under other ids, on the other branch.
        let old = try sample.open("old.db")
        let report = try old.remote.reauthorize()
        #expect(report.resent.map(\.source) == [.remote, .remote] && report.lost.isEmpty)
        for name in ["old.db", "app.db"] {
            #expect(try TimelineSample.contents(sample.open(name)) == moment)
            #expect(try sample.open(name).verify().isSound)
        }
        #expect(try sample.open("old.db").staging.report().batches == 2)
        try sample.base.live(try sample.open("old.db"), from: 100)
        #expect(try TimelineSample.contents(sample.open()) == moment)
    }

    @Test(arguments: ["file", "postgresql"])
    func `tables and columns that the remote lost come back with their rows`(
        _ kind: String
    ) throws {
        let sample = try StagingSample(kind)
        try sample.migrate(upTo: 10)
        let saved = try sample.base.saveRemote()
        let file = try sample.open()
        try file.execute(
            """
            ALTER TABLE t ADD COLUMN w DEFAULT 'w';
            CREATE TABLE u(k TEXT PRIMARY KEY, x) WITHOUT ROWID;
            INSERT INTO u VALUES ('a', 1.5), ('b', x'00ff'), ('c', NULL)
            """)
        try file.tables["u"].enable(filter: "k < 'c'")
        try sample.migrate()
        try sample.open().execute("ALTER TABLE t DROP COLUMN v; ALTER TABLE t RENAME w TO z")
        try sample.migrate(upTo: 50)
        let queries = ["SELECT * FROM t ORDER BY id", "SELECT * FROM u ORDER BY k"]
        let whole = try queries.map { try sample.open().query($0).rows }
        try sample.base.rollBackRemote(to: saved)
        #expect(try sample.open().remote.reauthorize().resent.count == 5)
        #expect(try queries.map { try sample.open().query($0).rows } == whole)
        #expect(try sample.open().verify().isSound)
    }

    @Test(arguments: ["file", "postgresql"])
    func `a run that was cut off at any call goes on, and sends no batch twice`(
        _ kind: String
    ) throws {
        for isAfterEffect in [false, true] {
            let sample = try StagingSample(kind)
            let whole = try sample.liveAndRollBack()
            let staged = try Data(contentsOf: URL(fileURLWithPath: sample.stagingPath))
            try sample.base.backUp(to: "start.db")
            var (call, isOver) = (0, false)
            while !isOver, call < 100 {
                call += 1
                let comment: Comment = "call \(call), after its effect: \(isAfterEffect)"
                let cut = Cut(at: call, isAfterEffect: isAfterEffect)
                var configuration = sample.base.configuration()
                configuration.wrapSessions { CutEndpoint($0, cut) }
                let victim = try StretchDatabase(
                    path: sample.base.path, configuration: configuration)
                var failure: StretchError?
                do throws(StretchError) { try victim.remote.reauthorize() } catch {
                    failure = error
                }
                isOver = !cut.didFire
                // Logins for daily work are made, or there is advice.
                let isWhole = failure == nil
                #expect(isWhole || !isOver, comment)
                let report = try sample.open().remote.reauthorize()
                #expect(report.action == (isWhole ? .nothing : .fork), comment)
                #expect(isWhole || report.resent.count == 2, comment)
                #expect(try TimelineSample.contents(sample.open()) == whole, comment)
                #expect(try sample.open().verify().isSound, comment)
                let branches = try sample.open().branches.all()
                let own = try #require(branches.first { $0.isCurrent })
                #expect(own.epoch == 4 && own.forkEpoch == 2, comment)
                // The next round begins as this one did.
                try sample.base.rollBackRemote(to: sample.base.savedRemote)
                try sample.base.restoreInPlace("start.db")
                try staged.write(to: URL(fileURLWithPath: sample.stagingPath))
            }
            #expect(isOver && call > 8, "\(call) calls")
        }
    }
}
