import StretchEndpoint
import StretchEngine
import StretchMigration
import Testing

/// What another program changed on the server, and what `verify` says about it.
@Suite struct PostgresVerificationTests {
    struct Change: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let sql: String
        let kinds: Set<VerificationReport.Finding.Kind>
        /// The numbers of the batches that are named.
        let batches: Set<Int64>
    }

    private static let changes = [
        Change(
            testDescription: "schema dropped", sql: "DROP SCHEMA $ CASCADE",
            kinds: [.position, .missingBatch, .missingRows], batches: [1, 2, 3, 4]),
        Change(
            testDescription: "table dropped", sql: "DROP TABLE $.orders",
            kinds: [.missingRows], batches: [1, 2, 3, 4]),
        Change(
            testDescription: "column altered",
            sql: "ALTER TABLE $.orders ALTER COLUMN day TYPE integer",
            kinds: [.missingRows], batches: [1, 2, 3, 4]),
        Change(
            testDescription: "column dropped", sql: "ALTER TABLE $.orders DROP COLUMN note",
            kinds: [.missingRows], batches: [1, 2, 3, 4]),
        Change(
            testDescription: "rows deleted", sql: "DELETE FROM $.orders WHERE id BETWEEN 31 AND 40",
            kinds: [.missingRows], batches: [2]),
        Change(
            testDescription: "value changed", sql: "UPDATE $.orders SET day = 99 WHERE id = 77",
            kinds: [.differingRows], batches: [3]),
        Change(
            testDescription: "ledger changed",
            sql: "UPDATE $.stretch_batch SET digest = '\\x00' WHERE epoch = 1",
            kinds: [.differingLedger], batches: [1]),
        Change(
            testDescription: "ledger entry deleted",
            sql: "DELETE FROM $.stretch_batch WHERE epoch = 4",
            kinds: [.missingBatch, .missingRows], batches: [4]),
    ]

    @Test(arguments: changes)
    func `verify says what is wrong, and in which batches`(_ change: Change) throws {
        let remote = try PostgresRemote()
        let file = try PostgresStretchedFile(server: remote.address.description)
        try file.makeMigrator().migrate(PostgresStretchedFile.options(rowCount: 30))
        #expect(try file.database.verify().isSound)
        try remote.psql(change.sql.replacing("$", with: "stretch_1"))
        let result = try file.reopen().verify()
        #expect(!result.isSound)
        #expect(Set(result.findings.map(\.kind)) == change.kinds)
        #expect(Set(result.findings.compactMap(\.batchNumber)) == change.batches)
        #expect(try file.hotRowCount() == 20)
    }
}
