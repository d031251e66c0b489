import Foundation
import Stretch
import StretchCore
import StretchEngine
import StretchMigration
import StretchSQLite
import StretchTestSupport
import Testing

/// A dry run gives the numbers of the run that follows, and changes nothing.
///
/// Collections are in ``GarbagePreviewTests``, and enabling and altering in ``FilterRemarkTests``.
@Suite struct DryRunTests {
    /// A database with cold, hidden and changed rows.
    private func sample(_ kind: String = "file") throws -> (TimelineSample, StretchDatabase) {
        let sample = try TimelineSample(kind)
        let database = try sample.open()
        try database.migrate(batchRowCount: 9)
        try database.execute("DELETE FROM t WHERE n BETWEEN 1 AND 5")
        try database.execute("UPDATE t SET v = 'new' WHERE n BETWEEN 10 AND 12")
        try database.execute("UPDATE t SET n = 99 WHERE n = 20")
        return (sample, database)
    }

    @Test(arguments: [nil, "n <= 20", "v = 'new'", "n > 1000"], ["file", "postgresql"])
    func `bringing back returns as many rows as were counted`(
        condition: String?, kind: String
    ) throws {
        let (sample, database) = try sample(kind)
        defer { withExtendedLifetime(sample) {} }
        let counted = try database.tables["t"].coldRowCount(where: condition)
        let before = try #require(database.status().tables.first)
        #expect(try database.tables["t"].bringBack(where: condition).rowCount == counted)
        let after = try #require(database.status().tables.first)
        #expect(after.localRows - before.localRows == counted)
        #expect(before.remoteRows - after.remoteRows == counted)
    }

    @Test(arguments: DisableMode.allCases, ["file", "postgresql"])
    func `disabling a table treats as many rows as were told`(
        mode: DisableMode, kind: String
    ) throws {
        let (sample, database) = try sample(kind)
        let before = try Data(contentsOf: URL(fileURLWithPath: sample.path))
        let told = try database.tables["t"].disable(mode, isDryRun: true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: sample.path)) == before)
        let done = try database.tables["t"].disable(mode)
        #expect(told.isDryRun && !done.isDryRun)
        #expect(told.rows == done.rows && told.mode == done.mode)
        #expect(told.isRemoteTold == done.isRemoteTold)
        #expect(try database.disable(isDryRun: true) == database.disable())
    }

    @Test(arguments: [false, true], ["file", "postgresql"])
    func `reauthorizing does what was told`(isFork: Bool, kind: String) throws {
        let (sample, database) = try sample(kind)
        if isFork {
            try database.backUp(to: sample.folder.path("copy.db"))
        } else {
            try database.remote.deauthorize()
        }
        let file = try sample.open(isFork ? "copy.db" : "app.db")
        var options = ReauthorizeOptions()
        options.withCopy = isFork
        options.isDryRun = true
        let told = try file.remote.reauthorize(options)
        #expect(try file.status().database.linkState == .disconnected)
        options.isDryRun = false
        let done = try file.remote.reauthorize(options)
        #expect(told.action == done.action && told.action == (isFork ? .fork : .continue))
        #expect(told.server == done.server && told.parent == done.parent)
        #expect(told.epoch == done.epoch && told.batches == done.batches)
        #expect(told.rows == done.rows && told.resent == done.resent && told.lost == done.lost)
        #expect(told.advice == done.advice)
    }
}
