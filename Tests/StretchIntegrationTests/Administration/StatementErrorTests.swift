import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCore
@testable import StretchEngine

/// Errors of the remote and of the overlay keep code and hint on their way through SQLite.
@Suite struct StatementErrorTests {
    private static func withoutRemote() throws -> MigratedTwin {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: twin.folder.path("cold.db\(suffix)"))
        }
        return twin
    }

    @Test(arguments: [
        "SELECT sum(n) FROM t", "SELECT v FROM t WHERE id = 3", "UPDATE t SET v = 1 WHERE id = 3",
        "DELETE FROM t WHERE n = 3", "INSERT INTO t VALUES(3, 'x', 3)",
        "INSERT INTO t VALUES(3, 'x', 3) ON CONFLICT(id) DO NOTHING",
    ])
    func `a statement without its remote fails as the remote does`(sql: String) throws {
        let twin = try StatementErrorTests.withoutRemote()
        let database = try StretchDatabase(path: twin.path, configuration: .everyRemote)
        expectError(.remoteUnavailable, "cold.db") { try database.execute(sql) }
        expectError(.remoteUnavailable, "cold.db") { _ = try database.query(sql) }
        // The code belongs to its own statement.
        expectFailure(.statementFailed) { _ = try database.query("SELECT abs(\(Int64.min))") }
        #expect(try database.query("SELECT v FROM t WHERE id = 24").rows == [["v23"]])
    }

    @Test func `a prepared statement's error can be explained`() throws {
        let twin = try StatementErrorTests.withoutRemote()
        let database = try StretchDatabase(path: twin.path, configuration: .everyRemote)
        let statement = try database.prepare("SELECT sum(n) FROM t")
        let error = #expect(throws: SQLiteError.self) { try statement.step() }
        let explanation = database.explanation(of: try #require(error))
        #expect(explanation.code == .remoteUnavailable)
        #expect(explanation.hint != nil)
    }

    @Test func `what SQLite refuses for a virtual table gets a hint`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        try twin.runNatively("CREATE INDEX t_by_n ON t(n)")
        let database = try StretchDatabase(path: twin.path, configuration: .everyRemote)
        expectError(.statementFailed, "no such index: t_by_n") {
            _ = try database.query("SELECT * FROM t INDEXED BY t_by_n WHERE n = 1")
        }
        expectError(.statementFailed, "triggers on virtual tables") {
            try database.execute("CREATE TEMP TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END")
        }
        let other = #expect(throws: StretchError.self) {
            _ = try database.query("SELECT * FROM t INDEXED BY missing WHERE n = 1")
        }
        #expect(other?.hint == nil)
    }

    @Test func `disabled queries are a wrong state`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        try twin.runNatively("UPDATE stretch_database SET query_mode = 'DISABLED'")
        let database = try StretchDatabase(path: twin.path, configuration: .everyRemote)
        expectError(.wrongState, "disabled") { _ = try database.query("SELECT * FROM t") }
    }

    /// What is wrong is shown by status and refused by migration, with the same words.
    @Test func `a table whose parent is gone is a problem of status`() throws {
        let sample = try AdministrationSample(
            """
            CREATE TABLE p(id INTEGER PRIMARY KEY, n INT);
            CREATE TABLE c(id INTEGER PRIMARY KEY, p INT REFERENCES p(id));
            INSERT INTO p VALUES(1, 1), (2, 2); INSERT INTO c VALUES(1, 1), (2, 2);
            """)
        try sample.database.tables["p"].enable(filter: "n < 2")
        try sample.database.tables["c"].enable(filter: "id < 2", follows: "p")
        try sample.runNatively("UPDATE stretch_table SET follows = 'q' WHERE name = 'c'")
        let words = "no foreign key leads there"
        #expect(try sample.status("c").problem?.contains(words) ?? false)
        #expect(try sample.status("c").eligibleRows == nil)
        #expect(try sample.status("p").problem == nil)
        expectError(.schemaMismatch, words) { try sample.database.migrate() }
    }

    private func expectFailure(_ code: StretchError.Code, _ body: () throws -> Void) {
        let error = #expect(throws: StretchError.self) { try body() }
        #expect(error?.code == code)
    }
}
