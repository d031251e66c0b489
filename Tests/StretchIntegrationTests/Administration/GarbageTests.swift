import Foundation
import Stretch
import StretchCore
import StretchEndpoint
import StretchEngine
import StretchPostgres
import StretchSQLite
import StretchTestSupport
import StretchText
import Testing

/// Garbage collection of a whole file, on both remotes.
@Suite struct GarbageTests {
    private static let all = "SELECT id, v, n FROM t ORDER BY id"

    private static func sample(_ kind: String) throws -> CrashSample {
        try CrashSample(
            CrashTable.all[0], remote: kind == "postgresql" ? try PostgresRemote() : nil)
    }

    @Test(arguments: ["file", "postgresql"])
    func `rows that came back are collected, and an older backup is told so`(
        _ kind: String
    ) throws {
        let sample = try Self.sample(kind)
        let database = try sample.open()
        try database.migrate(batchRowCount: 5)
        _ = try database.query("VACUUM INTO '\(sample.folder.path("backup.db"))'")
        try database.remote.setRetention(.zero)
        let before = try database.remote.collectGarbage()
        #expect(before.batches == 0 && before.keptBatches == 0 && before.completeSince == nil)
        try database.tables["t"].bringBack(where: "n < 10")
        try database.migrate(tables: [])
        let dry = try database.remote.collectGarbage(isDryRun: true)
        #expect(try database.remote.collectGarbage(olderThan: .seconds(3_600)).batches == 0)
        try database.remote.setRetention(.seconds(3_600))
        #expect(try database.remote.collectGarbage().batches == 0)
        expectError(.invalidArgument, "59 minutes is shorter") {
            try database.remote.collectGarbage(olderThan: .seconds(59 * 60))
        }
        let shorter = try database.remote.setRetention(.zero)
        #expect(shorter.isShortened && shorter.formerRetention == .seconds(3_600))
        #expect(shorter.batches == 2 && shorter.rows == 10, "\(shorter)")
        let report = try database.remote.collectGarbage()
        #expect(report.batches == 2 && report.rows == 10 && report.bytes > 0, "\(report)")
        #expect(dry.isDryRun && dry.batches <= 2)
        #expect(
            try CrashSample.sorted(database.query("SELECT id, v, n FROM t").rows) == sample.start)
        #expect(try database.verify().isSound)

        let backup = try StretchDatabase(
            path: sample.folder.path("backup.db"),
            configuration: kind == "file" ? .linked : PostgresRemote.configuration)
        let hot = try backup.query("SELECT count(*) FROM t WHERE id > 41").rows
        #expect(hot == [[3]])
        for query in [Self.all, "SELECT count(*) FROM t", "SELECT * FROM t WHERE id = 1"] {
            let error = #expect(throws: StretchError.self, "\(query)") {
                _ = try backup.query(query)
            }
            #expect(error?.code == .remoteMismatch)
            #expect(error?.message.contains("garbage") == true)
            #expect(error?.hint?.contains("backup made after") == true)
        }
        let error = #expect(throws: StretchError.self) {
            try backup.remote.collectGarbage()
        }
        #expect(error?.code == .remoteMismatch)
    }

    @Test func `a batch stays while a branch that could see it has not confirmed its end`() throws {
        let remote = try PostgresRemote()
        let sample = try CrashSample(CrashTable.all[0], remote: remote)
        let database = try sample.open()
        try database.migrate(batchRowCount: 5)
        try database.tables["t"].bringBack(where: "n < 10")
        try database.remote.setRetention(.zero)
        // Epochs 1 to 4 committed; 5 and 6 retired the first two. A child was forked at epoch 5,
        // where the first was gone; a grandchild of it at 6.
        try remote.psql(
            """
            INSERT INTO stretch_branch(id, database, parent, fork_epoch, head_epoch)
            SELECT 77, database, id, 5, 5 FROM stretch_branch;
            INSERT INTO stretch_branch(id, database, parent, fork_epoch, head_epoch)
            SELECT 78, database, 77, 6, 6 FROM stretch_branch WHERE id = 77
            """)
        #expect(try database.remote.collectGarbage().batches == 1)
        #expect(try database.remote.collectGarbage().keptBatches == 1)
        try remote.psql(
            """
            INSERT INTO stretch_retirement SELECT batch, 77, 7, now() FROM stretch_retirement
            WHERE epoch = 6
            """)
        // The grandchild was forked before its parent retired the batch.
        #expect(try database.remote.collectGarbage().batches == 0)
        try remote.psql(
            """
            INSERT INTO stretch_retirement SELECT batch, 78, 7, NULL FROM stretch_retirement
            WHERE branch = 77
            """)
        #expect(try database.remote.collectGarbage().batches == 0)
        try remote.psql("UPDATE stretch_retirement SET confirmed_at = now() WHERE branch = 78")
        #expect(try database.remote.collectGarbage().batches == 1)
        #expect(try remote.psql("SELECT count(*), min(n) FROM t") == "10|10")
    }

    @Test func `a collection that stopped halfway is finished by the next`() throws {
        let remote = try PostgresRemote()
        let sample = try CrashSample(CrashTable.all[0], remote: remote)
        let database = try sample.open()
        try database.migrate(batchRowCount: 5)
        try database.tables["t"].bringBack(where: "n < 10")
        try database.remote.setRetention(.zero)
        try remote.psql(
            """
            CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN IF OLD.n = 7 THEN RAISE EXCEPTION 'no'; END IF; RETURN OLD; END $$;
            CREATE TRIGGER refuse BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION public.refuse()
            """)
        // The command would refuse the trigger, and confirm before it collects.
        try remote.psql("UPDATE stretch_retirement SET confirmed_at = now()")
        let id = try #require(Int64(remote.psql("SELECT DISTINCT database FROM stretch_branch")))
        let stop = #expect(throws: StretchError.self) {
            try remote.makeEndpoint().collectGarbage(GarbageRequest(database: id))
        }
        #expect(stop?.description.includes("P0001") == true, "\(stop.map(String.init) ?? "")")
        // Condemned, and no reader's; the visible rows are all there.
        #expect(try sample.rows() == sample.start)
        let limited = "SELECT id FROM t ORDER BY id LIMIT 12"
        #expect(try sample.open().query(limited).rows.count == 12)
        try remote.psql("DROP TRIGGER refuse ON t")
        // What was condemned is finished under any retention.
        try database.remote.setRetention(nil)
        #expect(try database.remote.collectGarbage().batches > 0)
        #expect(try remote.psql("SELECT count(*), min(n) FROM t") == "10|10")
        #expect(try remote.psql("SELECT row_count, batch_count FROM stretch_relation") == "10|2")
    }

    @Test(arguments: ["file", "postgresql"])
    func `a clock that went back collects nothing`(_ kind: String) throws {
        let remote = kind == "postgresql" ? try PostgresRemote() : nil
        let sample = try CrashSample(CrashTable.all[0], remote: remote)
        func ask(_ sql: String) throws -> String? {
            if let remote { return try remote.psql(sql) }
            return try Connection(
                path: sample.folder.path("cold.db"), access: .readWrite, routines: .linked
            ).string(sql)
        }
        let database = try sample.open()
        try database.migrate(batchRowCount: 5)
        try database.tables["t"].bringBack()
        try database.remote.setRetention(.zero)
        _ = try ask("UPDATE stretch_branch SET last_seen = '2999-01-01T00:00:00.000Z'")
        expectError(.wrongState, "2999-01-01") { _ = try database.remote.collectGarbage() }
        let table = remote == nil ? "rows_1" : "t"
        #expect(try ask("SELECT CAST(count(*) AS text) FROM \(table)") == "20")
        // Nor is a later confirmation older than the ledger.
        _ = try ask("UPDATE stretch_retirement SET confirmed_at = NULL")
        try database.migrate()
        let year = "substr(CAST(min(confirmed_at) AS text), 1, 4)"
        #expect(try ask("SELECT \(year) FROM stretch_retirement") == "2999")
        // The clock is right, and somebody says so.
        expectError(.wrongState, "ahead of the clock") {
            _ = try database.remote.collectGarbage(isDryRun: true)
        }
        #expect(try database.remote.collectGarbage(acceptsClock: true).batches == 4)
        #expect(try ask("SELECT \(year) FROM stretch_retirement") != "2999")
        #expect(try database.remote.collectGarbage().batches == 0)
        #expect(try sample.rows() == sample.start)
    }

    @Test func `a ledger that is ahead is refused before batches are rewritten`() throws {
        let sample = try CrashSample(CrashTable.all[0], remote: nil)
        let database = try sample.open()
        try database.migrate(batchRowCount: 5)
        try database.execute("DELETE FROM t WHERE id = (SELECT min(id) FROM t)")
        let remote = try Connection(
            path: sample.folder.path("cold.db"), access: .readWrite, routines: .linked)
        try remote.execute("UPDATE stretch_branch SET last_seen = '2999-01-01T00:00:00.000Z'")
        let count = "SELECT count(*) FROM stretch_batch"
        let before = try remote.integer(count)
        expectError(.wrongState, "ahead of the clock") {
            _ = try database.remote.collectGarbage(erasesHiddenRows: true)
        }
        #expect(try remote.integer(count) == before)
    }
}
