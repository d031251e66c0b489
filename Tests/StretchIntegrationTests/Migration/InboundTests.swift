import StretchCatalog
import StretchCore
import StretchEndpoint
import StretchMigration
import StretchSQLite
import Testing

@Suite struct InboundTests {
    private func migrated(_ kind: TableKind) throws -> StretchedFile {
        let file = try StretchedFile(kind.script)
        try file.stretch("t", filter: "n < 20")
        try file.migrator().migrate(StretchedFile.options())
        return file
    }

    @Test(arguments: TableKind.all)
    func `a table comes back whole`(kind: TableKind) throws {
        let file = try migrated(kind)
        let start = try file.all("t")
        let report = try file.migrator().bringBack(table: "t", options: StretchedFile.options())
        #expect(report.rowCount == Int64(24 - kind.keptRowCount))
        #expect(StretchedFile.sorted(try file.hot("t")) == start)
        #expect(try file.catalog.batches(table: 1).isEmpty)
        #expect(try file.catalog.table(named: "t")?.state == .paused)
        #expect(try file.connection.integer("SELECT count(*) FROM stretch_tombstone") == 0)
        #expect(try file.isSettled)
    }

    @Test(arguments: TableKind.all)
    func `rows that meet a condition come back`(kind: TableKind) throws {
        let file = try migrated(kind)
        let start = try file.all("t")
        try file.migrator().bringBack(
            table: "t", where: "n >= 8 AND n < 12", options: StretchedFile.options())
        #expect(try file.all("t") == start)
        #expect(try file.hot("t").count > kind.keptRowCount)
        #expect(try file.catalog.table(named: "t")?.state == .outbound)
        let place = try TableSchema(reading: "t", from: file.connection)!.column(named: "n")!
        for row in try file.cold("t") { #expect(!(8..<12).contains(row[place].integerValue!)) }
    }

    @Test(arguments: TableKind.all, [false, true])
    func `no row is lost or doubled wherever bring-back fails`(
        kind: TableKind, isPersistent: Bool
    ) throws {
        for isAfterEffect in [false, true] {
            for call in 1...1_000 {
                let file = try migrated(kind)
                let start = try file.all("t")
                let faults = FaultPlan(
                    failingCall: call, isPersistent: isPersistent, isAfterEffect: isAfterEffect)
                file.use(faults: faults)
                _ = try? file.migrator().bringBack(table: "t", options: StretchedFile.options())
                file.use(faults: nil)
                #expect(try file.all("t") == start, "call \(call)")
                try file.migrator().bringBack(table: "t", options: StretchedFile.options())
                #expect(StretchedFile.sorted(try file.hot("t")) == start)
                #expect(try file.isSettled)
                guard faults.didFail else {
                    #expect(call > 1)
                    break
                }
                try #require(call < 1_000, "still failing after 1,000 calls")
            }
        }
    }

    @Test func `a UNIQUE conflict is listed after all other rows are back`() throws {
        let file = try StretchedFile(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, mail UNIQUE, n);
            INSERT INTO t VALUES(1, 'a', 1), (2, 'b', 1), (3, 'c', 1);
            """)
        try file.stretch("t", filter: "n < 20")
        try file.migrator().migrate(StretchedFile.options())
        try file.connection.execute("INSERT INTO t VALUES(9, 'b', 99)")
        let migrator = try file.migrator()
        let error = #expect(throws: StretchError.self) {
            try migrator.bringBack(table: "t", options: StretchedFile.options())
        }
        #expect(error?.code == .wrongState)
        #expect(migrator.lastReport.conflicts.map(\.key) == [[2]])
        #expect(try file.hot("t").map { $0[0] } == [1, 3, 9])
        #expect(try file.cold("t").map { $0[0] } == [2])
        try file.connection.execute("DELETE FROM t WHERE id = 9")
        try file.migrator().bringBack(table: "t", options: StretchedFile.options())
        #expect(try file.hot("t").map { $0[0] } == [1, 2, 3])
        #expect(try file.catalog.table(named: "t")?.state == .paused)
    }

    @Test func `a hot row with the key of a cold row wins`() throws {
        let file = try migrated(TableKind.all[0])
        try file.connection.execute("INSERT INTO t VALUES(1, 'newer', 99)")
        try file.migrator().bringBack(table: "t", options: StretchedFile.options())
        #expect(try file.hot("t").count == 24)
        #expect(try file.hot("t")[0] == [1, "newer", 99])
    }

    @Test func `batches whose rows are all hidden leave the manifest`() throws {
        let file = try migrated(TableKind.all[0])
        let batch = try file.catalog.batches(table: 1)[1]
        for ordinal in 0..<batch.visible.rowCount {
            try file.catalog.insertTombstone(
                ColdLocation(batchNumber: batch.visible.number, ordinal: ordinal), .deleted)
        }
        let start = try file.all("t")
        let report = try file.migrator().migrate(StretchedFile.options())
        #expect(report.tables[0].retiredBatchCount == 1)
        #expect(try file.catalog.batches(table: 1).count == 3)
        #expect(try file.all("t") == start)
        #expect(file.remote.retirements.keys.contains(batch.visible.id))
        #expect(!file.remote.confirmed.contains(batch.visible.id))
        try file.migrator().migrate(StretchedFile.options())
        #expect(file.remote.confirmed.contains(batch.visible.id))
    }

    @Test func `a stopped bring-back goes on with the next run`() throws {
        let file = try migrated(TableKind.all[4])
        let start = try file.all("t")
        var options = StretchedFile.options()
        var chunks = 0
        options.shouldStop = { chunks >= 2 }
        let report = try file.migrator().bringBack(table: "t", options: options) { _ in
            chunks += 1
        }
        #expect(report.isStopped)
        #expect(try file.all("t") == start)
        #expect(try file.catalog.table(named: "t")?.state == .inbound)
        try file.migrator().migrate(StretchedFile.options())
        #expect(StretchedFile.sorted(try file.hot("t")) == start)
        #expect(try file.catalog.table(named: "t")?.state == .paused)
    }
}
