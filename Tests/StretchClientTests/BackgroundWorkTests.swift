import Foundation
import Stretch
import Testing

@Suite struct BackgroundWorkTests {
    /// Makes all orders eligible, 2,000 of them hot.
    private func shop() throws -> ShopFile {
        let shop = try ShopFile()
        let database = try shop.open()
        try database.execute(
            """
            WITH RECURSIVE n(i) AS (SELECT 10 UNION ALL SELECT i + 1 FROM n WHERE i < 2007)
            INSERT INTO orders SELECT i, '2022-01-01', i / 2.0, 'note ' || i FROM n
            """)
        // The highest key stays.
        try database.execute("INSERT INTO orders(id, day) VALUES(5000, '2026-01-01')")
        return shop
    }

    @Test func `a migration tells its progress and its report`() async throws {
        let shop = try shop()
        let database = try shop.open()
        let migration = database.background.migrate(batchRowCount: 100)
        var last: MigrationProgress?
        for await progress in migration.progress {
            #expect(progress.table == "orders" && progress.rowCount >= last?.rowCount ?? 0)
            last = progress
        }
        let report = try await migration.report
        #expect(last?.rowCount == 1_998 && report.rowCount == 1_998 && !report.isStopped)
        #expect(try database.query("SELECT count(*) FROM orders").rows == [[2_003]])
        #expect(try database.query("SELECT count(*) FROM main.orders").rows == [[3]])
        // The report is kept for whoever asks later.
        #expect(try await migration.report.rowCount == 1_998)
    }

    @Test func `a cancelled task stops a migration between batches`() async throws {
        let shop = try shop()
        let database = try shop.open()
        let background = database.background
        let task = Task.detached {
            withUnsafeCurrentTask { $0?.cancel() }
            // Nothing is awaited before the cancelled task waits for the report.
            return try await background.migrate(batchRowCount: 1).report
        }
        let report = try await task.value
        #expect(report.isStopped && report.rowCount < 1_998)
        #expect(try database.query("SELECT count(*) FROM orders").rows == [[2_003]])
        #expect(try await background.migrate().report.rowCount == 1_998 - report.rowCount)
    }

    @Test func `rows come back, and garbage goes`() async throws {
        let shop = try shop()
        let database = try shop.open()
        _ = try await database.background.migrate(batchRowCount: 500).report
        let work = database.background.bringBack(table: "orders", where: "id < 1000")
        #expect(try await work.report.rowCount == 992)
        #expect(try database.query("SELECT count(*) FROM main.orders").rows == [[995]])
        try database.remote.setRetention(.zero)
        let collection = try await database.background.collectGarbage().report
        #expect(collection.batches > 0)
        #expect(try database.query("SELECT count(*) FROM orders").rows == [[2_003]])
    }

    @Test func `a verification tells the batches that it read, and stops when asked`() async throws
    {
        let shop = try shop()
        let database = try shop.open()
        _ = try await database.background.migrate(batchRowCount: 10).report
        let verification = database.background.verify()
        var last: VerificationProgress?
        for await progress in verification.progress { last = progress }
        #expect(last?.batchCount == last?.totalBatchCount && last?.totalBatchCount ?? 0 > 199)
        #expect(try await verification.report.isSound)
        let stopped = database.background.verify()
        stopped.cancel()
        let error = await #expect(throws: StretchError.self) { try await stopped.report }
        #expect(error?.code == .cancelled)
    }

    @Test func `a backup, a restore and a drill run in the background`() async throws {
        let shop = try shop()
        let database = try shop.open()
        let backup = shop.folder.appending(path: "backup.db").path
        let report = try await database.background.backUp(to: backup).report
        #expect(report.backup.tables.first?.remoteRows == 2)
        let restored = shop.folder.appending(path: "restored.db").path
        _ = try await BackgroundWork.restore([backup], to: restored, configuration: .linked).report
        #expect(FileManager.default.fileExists(atPath: restored))
        #expect(try await database.background.drill(in: shop.folder.path).report.isSound)
    }

    @Test func `a stopped backup leaves no file`() async throws {
        let shop = try shop()
        let backup = shop.folder.appending(path: "backup.db").path
        var options = BackupOptions()
        options.shouldStop = { true }
        let work = try shop.open().background.backUp(to: backup, options)
        let error = await #expect(throws: StretchError.self) { try await work.report }
        #expect(error?.code == .cancelled)
        let names = try FileManager.default.contentsOfDirectory(atPath: shop.folder.path)
        #expect(!names.contains { $0.hasPrefix("backup") })
    }

    @Test func `what cannot begin says why`() async throws {
        let shop = try shop()
        let database = try shop.open()
        let work = database.background.bringBack(table: "nothing")
        for await _ in work.progress { Issue.record("there is no progress") }
        let error = await #expect(throws: StretchError.self) { try await work.report }
        #expect(error?.code == .invalidArgument)
        let missing = BackgroundWork.restore([], to: shop.path, configuration: .linked)
        await #expect(throws: StretchError.self) { try await missing.report }
    }

    @Test func `statements run beside a migration`() async throws {
        let shop = try shop()
        let database = try shop.open()
        let migration = database.background.migrate(batchRowCount: 50)
        for await _ in migration.progress {
            #expect(try database.query("SELECT count(*) FROM orders").rows == [[2_003]])
        }
        #expect(try await migration.report.rowCount == 1_998)
    }
}
