import StretchSQLite
import Testing

@testable import StretchCore
@testable import StretchEngine
@testable import StretchStaging

/// Staged rows in a query.
@Suite struct StagedRowsTests {
    private func staged(_ database: StretchDatabase, _ columns: String = "*") throws -> [[Value]] {
        let source = try database.source(of: "t", .staged, isNamed: false)
        return try database.query("SELECT \(columns) FROM \(source) ORDER BY id").rows
    }

    @Test func `they are the rows that moved, as they were then`() throws {
        let sample = try StagingSample()
        let before = try sample.open().query("SELECT * FROM t WHERE n <= 30 ORDER BY id").rows
        try sample.migrate(upTo: 30)
        let database = try sample.open()
        #expect(try staged(database) == before && before.count == 30)
        try database.execute("UPDATE t SET v = 'changed' WHERE id = 5; DELETE FROM t WHERE id = 6")
        #expect(try staged(database) == before)
        // A row that came back and moved again is there for both times.
        try database.migrate(batchRowCount: 10)
        #expect(try staged(database, "id").filter { $0 == [5] }.count == 2)
        #expect(try staged(database).count == 31)
    }

    @Test func `batches that are purged take their rows along`() throws {
        let sample = try StagingSample()
        try sample.migrate(upTo: 20)
        let database = try sample.open()
        #expect(try staged(database).count == 20)
        try sample.migrate(upTo: 20, at: "2026-03-01 01:00:00.000")
        try sample.migrate(upTo: 20, at: "2026-03-04 00:00:00.000")
        #expect(try staged(database).isEmpty)
    }

    @Test func `they have the columns that the table has now`() throws {
        let sample = try StagingSample()
        try sample.migrate(upTo: 10)
        let database = try sample.open()
        try database.execute(
            """
            ALTER TABLE t DROP COLUMN v; ALTER TABLE t ADD COLUMN note TEXT DEFAULT 'none'
            """)
        #expect(try staged(database) == (1...10).map { [.integer($0), .integer($0), "none"] })
        #expect(throws: StretchError.self) { _ = try staged(database, "v") }
    }

    @Test func `a join reads the file once for each statement`() throws {
        let sample = try StagingSample()
        try sample.migrate(upTo: 40)
        let database = try sample.open()
        let source = try database.source(of: "t", .staged, isNamed: true)
        let rows = try database.query(
            """
            SELECT count(*) FROM \(source) AS a JOIN \(source) AS b ON b.id = a.id
            JOIN t ON t.id = a.id
            """
        ).rows
        #expect(rows == [[40]])
        #expect(
            try database.query("SELECT id FROM \(source) AS a WHERE id = 7 OR id = 7.0").rows
                == [[7]])
    }

    @Test func `without staging they are refused, and what is damaged is told`() throws {
        let sample = try StagingSample(rpoHours: nil)
        try sample.migrate(upTo: 10)
        let database = try sample.open()
        expectError(.wrongState, "\"t\" has no staging") { _ = try staged(database) }
        try database.staging.set(StagingSettings(rpoHours: 8))
        #expect(try staged(database).isEmpty)
        try sample.migrate(upTo: 20)
        #expect(try staged(database).count == 10)
        try sample.staging("UPDATE stretch_staged_piece SET bytes = zeroblob(9)")
        expectError(.damaged, "does not have its digest") { _ = try staged(database) }
        // What an overlay of the table is made anew for does not get in the way.
        try database.execute("CREATE INDEX i ON t(v)")
        expectError(.damaged, "does not have its digest") { _ = try staged(database) }
        expectError(.invalidArgument, "") {
            _ = try database.source(of: "u", .staged, isNamed: false)
        }
    }
}
