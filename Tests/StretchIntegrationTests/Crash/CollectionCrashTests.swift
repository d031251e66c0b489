import Stretch
import StretchEngine
import StretchMigration
import StretchSQLite
import StretchTestSupport
import Testing

/// The process is killed while it collects garbage, or writes batches again without hidden rows.
@Suite struct CollectionCrashTests {
    /// Batches of five rows: two came back and are garbage, and each other one has a hidden row.
    private static func sample(_ table: CrashTable) throws -> (CrashSample, rows: [String]) {
        let sample = try CrashSample(table)
        let database = try sample.open()
        try database.migrate(batchRowCount: 5)
        try database.tables["t"].bringBack(where: "n < 10")
        // Away from the filter, so that they stay hot.
        try database.tables["t"].alter(filter: "n BETWEEN 10 AND 19")
        try database.execute("DELETE FROM t WHERE n IN (10, 12, 15)")
        try database.remote.setRetention(.zero)
        return (sample, try sample.rows())
    }

    /// Rows in the remote, and those that the file shows of them.
    private static func counts(_ sample: CrashSample) throws -> (stored: Int64?, visible: Int64?) {
        let cold = try Connection(
            path: sample.folder.path("cold.db"), access: .readOnly, routines: .linked)
        let local = try Connection(path: sample.path, access: .readOnly, routines: .linked)
        let visible = try local.integer(
            """
            SELECT coalesce(sum(rows), 0) - (SELECT count(*) FROM stretch_tombstone)
            FROM stretch_batch
            """)
        return (try cold.integer("SELECT count(*) FROM rows_1"), visible)
    }

    @Test(arguments: CrashTable.all, ["gc", "erase"])
    func `a collection that was killed at any step is finished by the next`(
        table: CrashTable, mode: String
    ) throws {
        var killCount = 0
        for point in CrashPoint.allCases {
            for pass in [1, 2] {
                let (sample, rows) = try Self.sample(table)
                guard try sample.crash(mode, at: point, pass: pass) else { continue }
                killCount += 1
                let comment: Comment = "\(table.testDescription), \(mode), \(point), pass \(pass)"
                #expect(try sample.rows() == rows, comment)
                let database = try sample.open()
                try database.remote.collectGarbage(erasesHiddenRows: true)
                try database.migrate()
                try database.remote.collectGarbage()
                #expect(try sample.rows() == rows, comment)
                let result = try database.verify()
                #expect(result.isSound, "\(comment): \(result)")
                // Nothing is left but what is seen.
                let (stored, visible) = try Self.counts(sample)
                #expect(stored == visible && visible != 0, "\(comment): \(stored ?? -1) rows")
            }
        }
        #expect(killCount >= (mode == "gc" ? 4 : 20), "\(killCount) kills")
    }
}
