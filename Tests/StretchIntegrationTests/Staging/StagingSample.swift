import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchEngine
@testable import StretchKeystore
@testable import StretchStaging

/// Forty eligible rows in batches of ten, staging, and a remote that can be rolled back.
struct StagingSample {
    let base: TimelineSample
    var stagingPath: String { base.path + "-stretch-staging" }
    static let start = "2026-03-01 00:00:00.000"

    init(_ kind: String = "file", rpoHours: Int? = 24, budget: Int64 = 1 << 20) throws {
        base = try TimelineSample(kind)
        guard let rpoHours else { return }
        try open().staging.set(StagingSettings(rpoHours: rpoHours, byteBudget: budget))
    }

    /// Opens a file at a moment.
    func open(_ name: String = "app.db", at time: String = start) throws -> StretchDatabase {
        var configuration = base.configuration()
        configuration.now = { time }
        return try StretchDatabase(path: base.folder.path(name), configuration: configuration)
    }

    /// Moves rows in batches of ten, at a moment.
    func migrate(upTo last: Int = 40, _ name: String = "app.db", at time: String = start) throws {
        let database = try open(name, at: time)
        try database.tables["t"].alter(filter: "n <= \(last)")
        try database.migrate(batchRowCount: 10)
    }

    /// Moves twenty rows, saves the remote, goes on, and rolls the remote back.
    ///
    /// - Returns: What the file showed before.
    func liveAndRollBack() throws -> [[Value]] {
        try migrate(upTo: 20)
        let saved = try base.saveRemote()
        try migrate()
        let database = try open()
        try database.execute(
            """
            DELETE FROM t WHERE id IN (5, 25); UPDATE t SET v = 'changed' WHERE id IN (6, 36);
            INSERT INTO t VALUES (100, 'hot', 99)
            """)
        let whole = try TimelineSample.contents(database)
        try base.rollBackRemote(to: saved)
        return whole
    }

    /// Runs SQL on the staging file, as a person or a failing disk might.
    func staging(_ sql: String) throws {
        try Connection(path: stagingPath, access: .readWrite, routines: .linked).execute(sql)
    }
}
