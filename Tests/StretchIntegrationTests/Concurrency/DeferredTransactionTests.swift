import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchEngine

/// Transactions that begin without a lock, beside other writers.
@Suite struct DeferredTransactionTests {
    private func expectLocked(_ isLocked: Bool, _ path: String, _ comment: Comment) throws {
        let other = try Connection(path: path, access: .readWrite, routines: .linked)
        other.setBusyTimeout(milliseconds: 0)
        let write = "UPDATE main.plain SET a = a + 1"
        if isLocked {
            #expect(throws: SQLiteError.self, comment) { try other.execute(write) }
        } else {
            #expect(throws: Never.self, comment) { try other.execute(write) }
        }
    }

    private static let script = """
        CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, n INT);
        CREATE TABLE plain(a);
        INSERT INTO plain VALUES(0);
        WITH c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 23)
        INSERT INTO t SELECT n + 1, 'v' || n, n FROM c;
        """

    @Test(arguments: [
        "UPDATE t SET v = 'new' WHERE id = 3", "WITH a AS (SELECT 1) DELETE FROM t WHERE id = 4",
        "INSERT OR REPLACE INTO t VALUES(5, 'new', 5)", "REPLACE INTO main.plain VALUES(7)",
        "UPDATE OR IGNORE plain SET a = 3",
    ])
    func `the first statement of a transaction cannot be overtaken when it writes`(
        _ sql: String
    ) throws {
        let twin = try MigratedTwin(Self.script)
        try twin.plain.execute("BEGIN")
        try twin.database.execute("BEGIN")
        let statement = try twin.database.prepare(sql)
        try expectLocked(true, twin.path, "\(sql)")
        try statement.run()
        try twin.database.execute("COMMIT")
        try expectLocked(false, twin.path, "\(sql)")
        try twin.plain.execute("\(sql); COMMIT; UPDATE plain SET a = a + 1")
        try twin.compare()
        try twin.compare("plain")
    }

    @Test(arguments: [
        "SELECT count(*) FROM t", "INSERT INTO scratch VALUES(1)",
        "UPDATE temp.scratch SET a = 1", "EXPLAIN SELECT 1",
    ])
    func `a statement that does not write the file keeps nobody out`(_ sql: String) throws {
        let twin = try MigratedTwin(Self.script)
        try twin.database.execute("CREATE TEMP TABLE scratch(a)")
        try twin.database.execute("BEGIN")
        let statement = try twin.database.prepare(sql)
        try expectLocked(false, twin.path, "\(sql)")
        while try statement.step() {}
        try twin.database.execute("COMMIT")
    }

    @Test func `transactions beside a migrator wait for it, and do not fail`() throws {
        let twin = try MigratedTwin(Self.script, [("t", "n < 0")])
        try twin.database.tables["t"].alter(filter: "n < 20")
        let path = twin.path
        let migrator = OtherThread {
            for _ in 0..<6 {
                let database = try StretchDatabase(path: path, configuration: .everyRemote)
                try database.migrate(batchRowCount: 2)
                try database.tables["t"].bringBack()
                try database.tables["t"].resume()
            }
        }
        for round in 0..<150 {
            let change = "UPDATE t SET v = 'round \(round)' WHERE id = \(round % 24 + 1)"
            for sql in ["BEGIN", change, "COMMIT"] {
                try twin.database.execute(sql)
                try twin.plain.execute(sql)
            }
        }
        try migrator.join()
        try twin.compare()
    }
}
