import Foundation
import Stretch
import StretchCatalog
import StretchCore
import StretchEngine
import StretchSQLite
import StretchTestSupport
import Testing

@Suite struct TableLifeTests {
    private static let script = """
        CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, a, b);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
        INSERT INTO t SELECT i, i, 'b' || i FROM n;
        """

    private func stretched() throws -> AdministrationSample {
        let sample = try AdministrationSample(Self.script)
        try sample.database.tables["t"].enable(filter: "a <= 600")
        let report = try sample.database.migrate(batchRowCount: 100)
        #expect(report.rowCount == 600)
        #expect(report.tables.first?.batchCount == 6)
        return sample
    }

    @Test func `status counts hot, eligible and cold rows`() throws {
        let sample = try stretched()
        let table = try sample.status("t")
        #expect(table.localRows == 400)
        #expect(table.eligibleRows == 0)
        #expect(table.remoteRows == 600)
        #expect(table.batches == 6)
        #expect(table.isReconciled)
        #expect(table.remoteBytes ?? 0 > 0)
        try sample.database.tables["t"].alter(filter: "a <= 700")
        #expect(try sample.status("t").eligibleRows == 100)
    }

    @Test func `a paused table stays as it is until it is resumed`() throws {
        let sample = try AdministrationSample(Self.script)
        try sample.database.tables["t"].enable(filter: "a <= 600", isPaused: true)
        #expect(try sample.database.migrate().rowCount == 0)
        try sample.database.tables["t"].resume()
        try sample.database.tables["T"].pause()
        #expect(try sample.status("t").migrationState == .paused)
        try sample.database.tables["t"].resume()
        #expect(try sample.database.migrate().rowCount == 600)
    }

    @Test func `a pause keeps the direction`() throws {
        let sample = try stretched()
        let table = sample.database.tables["t"]
        var isStopped = false
        try table.bringBack(
            shouldStop: { isStopped }, progress: { _ in isStopped = true })
        let back = try sample.status("t").localRows
        #expect(try sample.status("t").migrationState == .inbound)
        #expect(try table.pause() == .pausedInbound)
        #expect(try table.pause() == .pausedInbound)
        #expect(try sample.status("t").migrationState == .pausedInbound)
        #expect(try sample.database.migrate().rowCount == 0)
        #expect(try sample.status("t").localRows == back)
        #expect(try table.resume() == .inbound)
        try sample.database.migrate()
        #expect(try sample.status("t").localRows == 1000)
        #expect(try sample.status("t").migrationState == .paused)
        #expect(try table.resume() == .outbound)
        #expect(try sample.database.migrate().rowCount == 600)
        // Another direction is asked for by name.
        isStopped = false
        try table.bringBack(
            shouldStop: { isStopped }, progress: { _ in isStopped = true })
        try table.pause()
        #expect(try table.resume(.outbound) == .outbound)
        try sample.database.migrate()
        #expect(try sample.status("t").localRows == 400)
    }

    @Test func `a remote that is missing is told, and is no error`() throws {
        let sample = try stretched()
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: sample.folder.path("cold.db\(suffix)"))
        }
        let status = try sample.database.status()
        #expect(status.database.linkState == .unavailable)
        #expect(status.tables.first?.remoteRows == 600)
        #expect(status.tables.first?.remoteBytes == nil)
    }

    @Test func `a remote of another database is a mismatch`() throws {
        let sample = try stretched()
        let other = try AdministrationSample(Self.script)
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: sample.folder.path("cold.db\(suffix)"))
            let from = other.folder.path("cold.db\(suffix)")
            guard FileManager.default.fileExists(atPath: from) else { continue }
            try FileManager.default.copyItem(
                atPath: from, toPath: sample.folder.path("cold.db\(suffix)"))
        }
        #expect(try sample.database.status().database.linkState == .mismatch)
    }

    @Test func `disabling needs to be told what becomes of cold rows`() throws {
        let sample = try stretched()
        expectError(.invalidArgument, "600 cold rows") {
            try sample.database.tables["t"].disable(nil)
        }
        let dryRun = try sample.database.tables["t"].disable(.abandon, isDryRun: true)
        #expect(dryRun.rows == 600)
        #expect(try sample.status("t").remoteRows == 600)
        let report = try sample.database.tables["t"].disable(.bringBack)
        #expect(report.rows == 600)
        #expect(try sample.database.status().tables == [])
        let plain = try Connection(path: sample.path, access: .readOnly, routines: .linked)
        #expect(try plain.integer("SELECT count(*) FROM t") == 1_000)
    }

    @Test func `abandoned rows stay in the remote, and the remote knows`() throws {
        let sample = try stretched()
        let report = try sample.database.tables["t"].disable(.abandon)
        #expect(report.isRemoteTold)
        let plain = try Connection(path: sample.path, access: .readOnly, routines: .linked)
        #expect(try plain.integer("SELECT count(*) FROM t") == 400)
        #expect(try plain.integer("SELECT count(*) FROM stretch_batch") == 0)
        #expect(try plain.integer("SELECT count(*) FROM stretch_tombstone") == 0)
        #expect(try sample.database.status().database.linkState == .connected)
    }

    @Test func `rows are abandoned also when the remote is gone`() throws {
        let sample = try stretched()
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: sample.folder.path("cold.db\(suffix)"))
        }
        let report = try sample.database.tables["t"].disable(.abandon)
        #expect(!report.isRemoteTold)
        #expect(try sample.database.status().tables == [])
    }

    @Test func `columns that others added, renamed and dropped are taken over`() throws {
        let sample = try stretched()
        try sample.runNatively(
            """
            ALTER TABLE t ADD COLUMN c INTEGER DEFAULT '7';
            ALTER TABLE t RENAME COLUMN a TO amount;
            ALTER TABLE t ADD COLUMN d REAL DEFAULT 1;
            """)
        #expect(try !sample.status("t").isReconciled)
        try sample.database.tables.reconcile()
        #expect(try sample.status("t").isReconciled)
        #expect(try sample.status("t").filterPredicate == "\"amount\" <= 600")
        #expect(try sample.status("t").problem == nil)
        let table = try #require(try sample.database.catalog.table(named: "t"))
        #expect(table.schemaVersion == 2)
        #expect(table.currentColumns.map(\.name) == ["id", "amount", "b", "c", "d"])
        #expect(table.currentColumns.map(\.defaultValue).suffix(2) == [.integer(7), .real(1)])
        #expect(table.columnIDs(schemaVersion: 1).count == 3)
        try sample.runNatively("ALTER TABLE t DROP COLUMN b")
        try sample.database.tables.reconcile()
        let dropped = try #require(try sample.database.catalog.table(named: "t"))
        #expect(dropped.currentColumns.map(\.name) == ["id", "amount", "c", "d"])
        #expect(dropped.columnIDs(schemaVersion: 1) == table.columnIDs(schemaVersion: 1))
    }

    @Test func `a renamed last column is asked about, never guessed`() throws {
        let sample = try stretched()
        try sample.runNatively("ALTER TABLE t RENAME COLUMN b TO c")
        expectError(.schemaMismatch, "") { try sample.database.tables.reconcile() }
        try sample.database.tables["t"].alter(renamed: ["b": "c"])
        let table = try #require(try sample.database.catalog.table(named: "t"))
        #expect(table.columns.count == 3)
        #expect(try sample.status("t").isReconciled)
    }

    @Test func `a generated column has no values in rows moved before`() throws {
        let sample = try stretched()
        try sample.runNatively("ALTER TABLE t ADD COLUMN twice AS (a * 2)")
        expectError(.unsupported, "generated column \"twice\"") {
            try sample.database.tables.reconcile()
        }
    }

    @Test func `reclaiming shrinks the file`() throws {
        let sample = try stretched()
        #expect(try sample.database.status().database.freePages > 0)
        expectError(.wrongState, "incremental") { try sample.database.reclaim(.incremental) }
        let report = try sample.database.reclaim(.full)
        #expect(report.bytesAfter < report.bytesBefore)
        #expect(try sample.database.status().database.freePages == 0)
    }

    @Test func `a table that others renamed is followed`() throws {
        let sample = try stretched()
        let count = try sample.database.query("SELECT count(*) FROM t").rows
        try sample.runNatively("ALTER TABLE t RENAME TO u")
        #expect(try sample.database.query("SELECT count(*) FROM u").rows == count)
        #expect(try sample.status("u").isReconciled)
        try sample.database.tables["u"].disable(.bringBack)
        #expect(try sample.database.query("SELECT count(*) FROM main.u").rows == count)
    }
}
