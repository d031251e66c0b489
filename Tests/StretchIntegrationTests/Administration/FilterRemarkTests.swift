import Foundation
import Stretch
import StretchCore
import StretchEngine
import StretchKeystore
import StretchMigration
import StretchSQLite
import StretchTestSupport
import Testing

@Suite struct FilterRemarkTests {
    private static let script = """
        CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, created TEXT, total);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
        INSERT INTO t SELECT i, date('2026-01-01', '-' || i || ' days'), NULL FROM n;
        """

    @Test(arguments: [
        ("'created' < '2020'", 0, ["no row meets it.", "the column is \"created\""]),
        ("1 = 1", 100, ["every row meets it."]),
        ("date('now') > '2020-01-01'", 100, ["every row meets it now."]),
        ("created < date('now', '-90 dayz')", 0, ["date('now', '-90 dayz') is NULL"]),
        ("strftime('%s', created) > 3", 100, ["CAST(strftime('%s', created) AS INTEGER)"]),
        ("strftime('%s', 'now') > 3", 100, ["every row meets it", "for the greater one"]),
        ("total > 5", 0, ["NULL for every row"]),
        ("created < '2025-12-01'", 69, []),
        ("id > 1000", 0, []),
    ])
    func `a filter that is the same for each row is named before anything moves`(
        filter: String, eligible: Int64, words: [String]
    ) throws {
        let sample = try AdministrationSample(Self.script)
        let dryRun = try sample.database.tables["t"].enable(filter: filter, isDryRun: true)
        #expect(try sample.database.status().tables == [])
        let report = try sample.database.tables["t"].enable(filter: filter)
        #expect(report.advice == dryRun.advice)
        #expect(report.eligibleRows == eligible)
        #expect(dryRun.eligibleRows == eligible)
        for word in words {
            #expect(report.advice.contains { $0.contains(word) }, "\(report.advice)")
        }
        #expect(report.advice.isEmpty == words.isEmpty, "\(report.advice)")
        let altered = try sample.database.tables["t"].alter(filter: filter)
        #expect(altered.advice == report.advice)
        #expect(altered.eligibleRows == eligible)
    }

    @Test func `a dry run of enabling and altering changes no byte`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("app.db")
        try Connection(path: path, access: .create, routines: .linked).execute(Self.script)
        var configuration = Configuration.everyRemote
        configuration.keystore = Keystore(path: folder.path("keys"))
        let database = try StretchDatabase(path: path, configuration: configuration)
        try database.enable(server: "file:cold.db")
        func dryRun(_ body: () throws -> Void) throws {
            let before = try folder.contents()
            try body()
            #expect(try folder.contents() == before)
        }
        try dryRun {
            let report = try database.tables["t"].enable(
                filter: "created < '2025-12-01'", isDryRun: true)
            #expect(report.isDryRun)
            #expect(report.eligibleRows == 69)
        }
        try database.tables["t"].enable(filter: "created < '2025-12-01'")
        try database.migrate()
        try dryRun {
            let report = try database.tables["t"].alter(filter: "1 = 1", isDryRun: true)
            #expect(report.isDryRun)
            #expect(report.localRows == 31)
            #expect(report.eligibleRows == 31)
        }
        #expect(try database.status().tables.first?.filterPredicate == "created < '2025-12-01'")
        try dryRun {
            #expect(throws: StretchError.self) {
                try database.tables["t"].alter(filter: "missing > 1", isDryRun: true)
            }
        }
        try Connection(path: path, access: .readWrite, routines: .linked).execute(
            "ALTER TABLE t RENAME COLUMN total TO sum")
        try dryRun {
            let report = try database.tables["t"].alter(
                filter: "sum IS NULL", renamed: ["total": "sum"], isDryRun: true)
            #expect(report.eligibleRows == 31)
        }
    }
}

extension TemporaryFolder {
    /// The contents of all files, by path, except the shared memory of WALs, which is no content.
    func contents() throws -> [String: Data] {
        let paths = try FileManager.default.subpathsOfDirectory(atPath: path(""))
        var contents: [String: Data] = [:]
        for name in paths where !name.hasSuffix("-shm") {
            contents[name] = FileManager.default.contents(atPath: path(name))
        }
        return contents
    }
}
