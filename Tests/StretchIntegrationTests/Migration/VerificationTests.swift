import StretchCatalog
import StretchCore
import StretchEndpoint
import StretchMigration
import StretchSQLite
import StretchTimeline
import Testing

@Suite struct VerificationTests {
    private func migrated() throws -> StretchedFile {
        let file = try StretchedFile(TableKind.all[0].script)
        try file.stretch("t", filter: "n < 20")
        try file.migrator().migrate(StretchedFile.options())
        return file
    }

    @Test(arguments: TableKind.all)
    func `what was moved is sound`(kind: TableKind) throws {
        let file = try StretchedFile(kind.script, isEmbedded: true)
        try file.stretch("t", filter: "n < 20")
        try file.migrator().migrate(StretchedFile.options())
        let report = try file.migrator().verify()
        #expect(report.isSound, "\(report.findings)")
        #expect(report.tables[0].coldRowCount == Int64(24 - kind.keptRowCount))
        #expect(report.tables[0].shadowedRowCount == 0)
    }

    @Test func `rows changed, deleted or added by hand are found`() throws {
        let edits: [(VerificationReport.Finding.Kind, (inout [[Value]]) -> Void)] = [
            (.differingRows, { $0[1][1] = "flipped" }), (.missingRows, { $0.removeLast() }),
            (.differingRows, { $0.insert($0[0], at: 0) }),
        ]
        for (kind, edit) in edits {
            let file = try migrated()
            let batch = try file.catalog.batches(table: 1)[2].visible
            edit(&file.remote.rows[batch.id]!)
            let report = try file.migrator().verify()
            #expect(report.findings.map(\.kind) == [kind])
            #expect(report.findings.map(\.batchNumber) == [batch.number])
        }
    }

    @Test func `a batch that the ledger lost is found`() throws {
        let file = try migrated()
        let batch = try file.catalog.batches(table: 1)[0].visible
        file.remote.ledger[batch.id] = nil
        let kinds = try file.migrator().verify().findings.map(\.kind)
        #expect(kinds.contains(.missingBatch))
    }

    @Test func `shadowed keys are counted, and stray tombstones found`() throws {
        let file = try migrated()
        try file.connection.execute("INSERT INTO t VALUES(1, 'hot', 99), (3, 'hot', 99)")
        try file.catalog.insertTombstone(ColdLocation(batchNumber: 1, ordinal: 50), .deleted)
        let report = try file.migrator().verify()
        #expect(report.tables[0].shadowedRowCount == 2)
        #expect(report.findings.map(\.kind) == [.strayTombstone])
    }

    @Test func `orphans are counted over both sides`() throws {
        let file = try StretchedFile(
            """
            CREATE TABLE orders(id INTEGER PRIMARY KEY AUTOINCREMENT, old);
            CREATE TABLE items(id INTEGER PRIMARY KEY AUTOINCREMENT, order_id REFERENCES orders);
            INSERT INTO orders VALUES(1, 1), (2, 0);
            INSERT INTO items(order_id) VALUES(1), (2), (NULL), (77);
            """)
        try file.stretch("orders", filter: "old = 1")
        try file.stretch("items", filter: "", follows: "orders")
        try file.migrator().migrate(StretchedFile.options())
        let report = try file.migrator().verify()
        #expect(report.isSound, "\(report.findings)")
        #expect(report.tables.first { $0.name == "items" }?.orphanRowCount == 1)
    }

    @Test func `a step in flight is no error`() throws {
        let file = try StretchedFile(TableKind.all[0].script)
        try file.stretch("t", filter: "n < 20")
        file.use(faults: FaultPlan(failingCall: 3, isPersistent: true, isAfterEffect: true))
        #expect(throws: StretchError.self) {
            try file.migrator().migrate(StretchedFile.options())
        }
        file.use(faults: nil)
        let report = try file.migrator().verify()
        #expect(report.pending != nil)
        #expect(report.isSound, "\(report.findings)")
    }

    @Test func `a retirement in flight is no error`() throws {
        for call in 1...1_000 {
            let file = try migrated()
            file.use(
                faults: FaultPlan(
                    failingCall: call, isPersistent: true, isAfterEffect: call % 2 == 0))
            _ = try? file.migrator().bringBack(table: "t", options: StretchedFile.options())
            file.use(faults: nil)
            let report = try file.migrator().verify()
            #expect(report.isSound, "call \(call): \(report.findings)")
            if report.pending?.kind == .retirement { return }
        }
        Issue.record("no retirement was in flight")
    }

    @Test func `a batch that the manifest lost is found in the ledger`() throws {
        let file = try migrated()
        #expect(try file.migrator().verify().findings.isEmpty)
        try file.connection.execute("DELETE FROM stretch_batch WHERE number = 1")
        let report = try file.migrator().verify()
        #expect(report.findings.map(\.kind) == [.unlistedBatch])
    }
}
