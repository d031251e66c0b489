import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCore
@testable import StretchEngine

/// Tables that other programs make anew, as the migrations of frameworks do.
@Suite struct RemadeTableTests {
    typealias Remote = MigratedTwin.Remote

    private static let script = """
        CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, flag INT, title VARCHAR(20), day TEXT,
            weight REAL);
        WITH c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 24)
        INSERT INTO t SELECT n, n % 3, 'title ' || n, date('2024-01-01', n || ' days'), n / 4.0
        FROM c;
        """

    private func twin(_ remote: Remote = .embedded) throws -> MigratedTwin {
        try MigratedTwin(Self.script, [("t", "id < 18")], on: remote)
    }

    /// Makes the table anew with the columns of a definition, each from an expression.
    private func remake(_ twin: MigratedTwin, _ columns: [(String, String)]) throws {
        let names = columns.map { $0.0.split(separator: " ")[0] }.joined(separator: ", ")
        let sql = """
            BEGIN;
            CREATE TABLE new_t(\(columns.map(\.0).joined(separator: ", ")));
            INSERT INTO new_t(\(names)) SELECT \(columns.map(\.1).joined(separator: ", ")) FROM t;
            DROP TABLE t;
            ALTER TABLE new_t RENAME TO t;
            COMMIT
            """
        try twin.runNatively(sql)
        try twin.plain.execute(sql)
    }

    private static let key = ("id INTEGER PRIMARY KEY AUTOINCREMENT", "id")
    private static let flag = ("flag INT", "flag")
    private static let title = ("title VARCHAR(20)", "title")
    private static let day = ("day TEXT", "day")
    private static let weight = ("weight REAL", "weight")

    private static let remakes: [[(String, String)]] = [
        // Columns in another order: at the end, at the front, in the middle.
        [key, title, day, weight, flag], [key, weight, flag, title, day],
        [weight, day, key, title, flag],
        // Another length, and another spelling of a type.
        [key, flag, ("title VARCHAR(200)", "title"), day, ("weight DOUBLE", "weight")],
        [key, ("flag BIGINT", "flag"), title, day, weight],
        [key, title, ("flag BOOLEAN", "flag"), day, weight],
        // Another affinity.
        [key, ("flag TEXT", "flag"), title, day, weight],
        [key, flag, title, day, ("weight TEXT", "weight")],
        [("weight INT", "weight"), key, flag, title, day],
        // New names, in another order, where the values tell.
        [key, ("caption TEXT", "title"), day, weight, flag],
        // Columns less, and columns more.
        [key, day, title], [key, day, flag, title, weight, ("note TEXT DEFAULT 'none'", "'none'")],
        [key, flag, title, day, weight, ("note TEXT", "NULL")],
    ]

    @Test(arguments: remakes.indices, Remote.allCases)
    func `a table that was made anew keeps the values of its cold rows`(
        number: Int, remote: Remote
    ) throws {
        let twin = try twin(remote)
        try remake(twin, Self.remakes[number])
        try twin.both("SELECT * FROM t ORDER BY id")
        for name in Self.remakes[number].map({ $0.0.split(separator: " ")[0] }) {
            try twin.both("SELECT id FROM t WHERE \(name) IS NOT NULL ORDER BY \(name), id")
            try twin.both("SELECT \(name), count(*) FROM t GROUP BY 1 ORDER BY 1")
            try twin.both(
                "SELECT id FROM t WHERE \(name) = (SELECT \(name) FROM t WHERE id = 7) ORDER BY id")
        }
        try twin.both("UPDATE t SET day = 'today' WHERE id IN (3, 20)")
        try twin.both("INSERT INTO t(day) VALUES('new')")
        #expect(try twin.database.verify().isSound)
        // A second one, to the first order, with more rows migrated in between.
        try twin.database.migrate(batchRowCount: 7)
        try remake(twin, [Self.key, Self.day])
        try twin.both("SELECT * FROM t ORDER BY id")
        try twin.compareThroughMigrations()
    }

    @Test(arguments: remakes.indices)
    func `a reader that cannot write shows a table that was made anew`(number: Int) throws {
        let twin = try twin()
        var configuration = Configuration.everyRemote
        configuration.busyTimeout = .milliseconds(20)
        let reader = try StretchDatabase(path: twin.path, configuration: configuration)
        try remake(twin, Self.remakes[number])
        let writer = try Connection(path: twin.path, access: .readWrite, routines: .linked)
        try writer.execute("BEGIN IMMEDIATE")
        let sql = "SELECT * FROM t ORDER BY id"
        do {
            #expect(try reader.query(sql).rows == twin.plain.rows(sql))
        } catch let error as StretchError {
            // Zones of the old type must be removed first.
            #expect(error.code == .busy)
        }
        try writer.execute("COMMIT")
        #expect(try reader.query(sql).rows == twin.plain.rows(sql))
    }

    @Test(arguments: 1...4)
    func `few hot rows are enough to know a table`(hotRowCount: Int) throws {
        let twin = try MigratedTwin(Self.script, [("t", "id <= \(24 - hotRowCount)")])
        #expect(try twin.hotRowCount() == Int64(hotRowCount))
        try remake(twin, [Self.key, Self.weight, Self.day, Self.flag, Self.title])
        try twin.both("SELECT * FROM t ORDER BY id")
        try twin.compareThroughMigrations()
    }

    // MARK: Questions

    /// What is asked, the answer, and the expression that gives the plain table the same rows.
    private struct Question: Sendable {
        let columns: [(String, String)]
        let words: String
        let answer: @Sendable (TableAdministration) throws -> Void
        var plain = ""
    }

    private static let questions: [Question] = [
        Question(
            columns: [key, flag, title, day, weight, ("qty INT NOT NULL", "7")],
            words: "\"qty\"", answer: { try $0.alter(filled: ["qty": 7]) }),
        // Values and names contradict each other.
        Question(
            columns: [key, flag, ("title TEXT", "day"), ("day TEXT", "title"), weight],
            words: "\"title\"",
            answer: { try $0.alter(renamed: ["title": "day", "day": "title"]) }),
        // The values were computed, and the type is another one.
        Question(
            columns: [key, flag, title, day, ("weight TEXT", "weight || ' kg'")],
            words: "\"weight\"", answer: { try $0.alter(renamed: ["weight": "weight"]) },
            plain: "UPDATE t SET weight = CAST(substr(weight, 1, instr(weight, ' ') - 1) AS REAL) "
                + "WHERE id < 18"),
        // One column is gone, and one is new.
        Question(
            columns: [key, ("state INT", "flag * 0"), title, day, weight], words: "\"flag\"",
            answer: { try $0.alter(replaced: ["flag"]) },
            plain: "UPDATE t SET state = NULL WHERE id < 18"),
    ]

    @Test(arguments: questions.indices)
    func `what is uncertain is asked, and hot rows and other tables go on`(number: Int) throws {
        let question = Self.questions[number]
        let twin = try MigratedTwin(
            Self.script + "CREATE TABLE u AS SELECT id, day FROM t;",
            [("t", "id < 18"), ("u", "id < 18")])
        try remake(twin, question.columns)
        expectError(.schemaMismatch, question.words) {
            _ = try twin.database.query("SELECT * FROM t")
        }
        try twin.both("SELECT * FROM u ORDER BY id")
        try twin.both("SELECT * FROM t WHERE id = 20")
        try twin.both("UPDATE t SET day = 'now' WHERE id = 20")
        try twin.both("INSERT INTO u VALUES(2, 'eligible')")
        let report = try twin.database.migrate(batchRowCount: 7)
        #expect(report.waiting.map(\.table) == ["t"])
        try twin.both("SELECT count(*) FROM u")
        #expect(try !twin.database.verify().isSound)
        let status = try #require(try twin.database.status().tables.first { $0.name == "t" })
        #expect(status.problem?.contains(question.words) == true)
        #expect(!status.isReconciled && status.problemHint?.advice.isEmpty == false)
        #expect(status.remoteRows == 17)
        try question.answer(twin.database.tables["t"])
        try twin.plain.execute(question.plain.isEmpty ? "SELECT 1" : question.plain)
        try twin.both("SELECT * FROM t ORDER BY id")
        try twin.compareThroughMigrations()
    }

    @Test func `a table that was dropped and made anew is another one until somebody says so`()
        throws
    {
        let twin = try twin()
        let sql = """
            DROP TABLE t;
            CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, flag INT, title VARCHAR(20),
                day TEXT, weight REAL);
            INSERT INTO t VALUES(100, random(), hex(randomblob(8)), 'day', random())
            """
        try twin.runNatively(sql)
        expectError(.schemaMismatch, "17 cold rows") {
            _ = try twin.database.query("SELECT * FROM t")
        }
        #expect(try twin.database.query("SELECT day FROM t WHERE id = 100").rows == [["day"]])
        try twin.database.tables["t"].alter(isSame: true)
        #expect(try twin.database.query("SELECT count(*) FROM t").rows == [[18]])
        try twin.runNatively(sql)
        expectError(.schemaMismatch, "17 cold rows") {
            _ = try twin.database.query("SELECT * FROM t")
        }
        try twin.database.tables["t"].disable(.abandon)
        #expect(try twin.database.query("SELECT count(*) FROM t").rows == [[1]])
    }

    @Test func `another key is never taken for the old one`() throws {
        let twin = try twin()
        try remake(
            twin, [("id INTEGER", "id"), Self.flag, ("title TEXT PRIMARY KEY", "title"), Self.day])
        expectError(.schemaMismatch, "key of table \"t\"") {
            _ = try twin.database.query("SELECT * FROM t")
        }
        try remake(twin, [Self.key, Self.flag, Self.title, Self.day])
        try twin.both("SELECT * FROM t ORDER BY id")
        try twin.compareThroughMigrations()
    }

    @Test func `another collation selects the same cold rows`() throws {
        let twin = try twin()
        try remake(
            twin, [Self.key, ("title TEXT COLLATE NOCASE", "title"), Self.flag, Self.day])
        for text in ["TITLE 3", "title 3", "Title 20"] {
            try twin.both("SELECT id FROM t WHERE title = '\(text)'")
            try twin.both("SELECT count(*) FROM t WHERE title > '\(text)'")
        }
        try twin.both("SELECT id FROM t ORDER BY title, id")
    }

    // MARK: Dropped and renamed tables

    @Test func `a table that is gone stops no other table, and can be abandoned`() throws {
        let twin = try MigratedTwin(
            Self.script + "CREATE TABLE u AS SELECT id, day FROM t; CREATE TABLE plain(x);",
            [("t", "id < 18"), ("u", "id < 18")])
        try twin.runNatively("DROP TABLE t")
        try twin.both("SELECT * FROM u ORDER BY id")
        try twin.both("INSERT INTO plain VALUES(1)")
        expectError(.schemaMismatch, "\"t\" is missing") {
            _ = try twin.database.query("SELECT * FROM t")
        }
        try twin.both("INSERT INTO u VALUES(3, 'eligible')")
        #expect(try twin.database.migrate(batchRowCount: 7).waiting.map(\.table) == ["t"])
        let dryRun = try twin.database.tables["t"].disable(.abandon, isDryRun: true)
        #expect(dryRun.rows == 17)
        try twin.database.tables["t"].disable(.abandon)
        #expect(try twin.database.status().tables.map(\.name) == ["u"])
        try twin.compareThroughMigrations("u")
    }

    @Test func `a renamed table is followed, and a copy of it is not`() throws {
        let twin = try twin()
        try twin.runNatively("ALTER TABLE t RENAME TO renamed")
        let rows = try twin.plain.rows("SELECT * FROM t ORDER BY id")
        #expect(try twin.database.query("SELECT * FROM renamed ORDER BY id").rows == rows)
        try twin.runNatively("CREATE TABLE copy AS SELECT * FROM renamed; DROP TABLE renamed")
        expectError(.schemaMismatch, "missing") {
            _ = try twin.database.query("SELECT * FROM renamed")
        }
        #expect(try twin.database.query("SELECT count(*) FROM copy").rows == [[7]])
    }

    @Test func `another program drops the overlay's table and makes it again in one step`() throws {
        let twin = try twin()
        // VACUUM numbers the entries anew and keeps their order.
        try twin.runNatively("VACUUM")
        try twin.both("SELECT * FROM t ORDER BY id")
        try remake(twin, [Self.key, Self.title, Self.flag, Self.day, Self.weight])
        try twin.runNatively("VACUUM")
        try twin.both("SELECT * FROM t ORDER BY id")
        try twin.compareThroughMigrations()
    }
}
