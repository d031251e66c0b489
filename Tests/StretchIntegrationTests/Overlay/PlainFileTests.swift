import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCore
@testable import StretchEngine

/// A file that is not stretch-enabled costs next to nothing, and is watched all the same: another
/// program may enable it between any two statements.
@Suite struct PlainFileTests {
    /// A plain file of twenty rows; every second one is eligible when it is stretched.
    private final class Sample {
        let folder: TemporaryFolder
        let database: StretchDatabase

        init(journal: String = "WAL") throws {
            folder = try TemporaryFolder(isInMemory: true)
            do {
                let local = try Connection(
                    path: folder.path("app.db"), access: .create, routines: .linked)
                try local.execute(
                    """
                    PRAGMA journal_mode = \(journal); CREATE TABLE t(id INTEGER PRIMARY KEY, n INT);
                    WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 20)
                    INSERT INTO t SELECT x, x % 2 FROM c
                    """)
            }
            database = try StretchDatabase(path: folder.path("app.db"), configuration: .everyRemote)
        }

        /// Does what another program would: enables the file, and moves the rows.
        func stretch() throws {
            let other = try StretchDatabase(
                path: folder.path("app.db"), configuration: .everyRemote)
            try other.enable(server: "file:cold.db")
            try other.tables["t"].enable(filter: "n = 1")
            try other.migrate()
        }

        func count(_ table: String = "t") throws -> Int64? {
            try database.query("SELECT count(*) FROM \(table)").rows[0][0].integerValue
        }
    }

    @Test(arguments: ["WAL", "DELETE"])
    func `the statement after another program enabled the file sees cold rows`(
        journal: String
    ) throws {
        let sample = try Sample(journal: journal)
        try sample.database.execute("INSERT INTO t VALUES(21, 0)")
        #expect(try sample.count() == 21)
        try sample.stretch()
        #expect(try sample.count() == 21)
        #expect(try sample.count("main.t") == 11)
        #expect(throws: StretchError.self) {
            try sample.database.execute("INSERT INTO t VALUES(1, 1)")
        }
    }

    @Test func `a transaction shows its snapshot, and the next one cold rows`() throws {
        let sample = try Sample()
        try sample.database.execute("BEGIN")
        for _ in 1...3 { #expect(try sample.count() == 20) }
        try sample.stretch()
        #expect(try sample.count() == 20)
        #expect(try sample.count("main.t") == 20)
        try sample.database.execute("COMMIT")
        #expect(try sample.count() == 20)
        #expect(try sample.count("main.t") == 10)
    }

    @Test(arguments: ["BEGIN", "BEGIN IMMEDIATE", "SAVEPOINT s"])
    func `a snapshot that is taken after the file was enabled shows cold rows`(
        begin: String
    ) throws {
        let sample = try Sample()
        // A transaction whose statements found the file plain, so that it is known to be.
        try sample.database.execute(
            "BEGIN; INSERT INTO t VALUES(21, 0); INSERT INTO t VALUES(22, 0)")
        try sample.database.execute("COMMIT")
        // The file is enabled between the look at it and the statement that takes the snapshot.
        try sample.database.withStatement(begin) { statement in
            try sample.stretch()
            try statement.run()
        }
        #expect(try sample.count() == 22)
        #expect(try sample.count("main.t") == 12)
        #expect(throws: StretchError.self) {
            try sample.database.execute("INSERT INTO t VALUES(1, 1)")
        }
        try sample.database.execute("INSERT INTO t VALUES(23, 0)")
        try sample.database.execute("COMMIT")
        #expect(try sample.count() == 23)
    }

    @Test func `statements that were prepared before begin and end transactions unseen`() throws {
        let sample = try Sample()
        let begin = try sample.database.prepare("BEGIN")
        let end = try sample.database.prepare("COMMIT")
        let read = try sample.database.prepare("SELECT count(*) FROM sqlite_schema")
        try begin.run()
        _ = try read.rows()
        #expect(try sample.count() == 20)
        try end.run()
        try sample.stretch()
        try begin.run()
        _ = try read.rows()
        #expect(try sample.count("main.t") == 10)
        #expect(try sample.count() == 20)
        try end.run()
    }

    @Test func `the same database enables itself after a transaction`() throws {
        let sample = try Sample()
        try sample.database.execute("BEGIN; INSERT INTO t VALUES(21, 1); CREATE TABLE u(a); COMMIT")
        try sample.database.enable(server: "file:cold.db")
        try sample.database.tables["t"].enable(filter: "n = 1")
        try sample.database.migrate()
        try sample.database.execute("BEGIN")
        #expect(try sample.count() == 21)
        try sample.database.execute("COMMIT")
    }
}
