import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@Suite struct ConnectionTests {
    private struct Failure: Error, Equatable {}

    @Test func `a transaction commits, or leaves nothing`() throws {
        let connection = try SampleValues.memory()
        try connection.execute("CREATE TABLE t(id INTEGER PRIMARY KEY)")
        let result = try connection.transaction(.immediate) {
            #expect(connection.isInTransaction)
            try connection.run("INSERT INTO t VALUES(1)")
            return 7
        }
        #expect(result == 7)
        #expect(throws: Failure.self) {
            try connection.transaction(.deferred) {
                try connection.run("INSERT INTO t VALUES(2)")
                throw Failure()
            }
        }
        // SQLite has rolled back by itself; the error is still the first one.
        let error = #expect(throws: SQLiteError.self) {
            try connection.transaction(.immediate) {
                try connection.run("INSERT INTO t VALUES(3)")
                try connection.run("INSERT OR ROLLBACK INTO t VALUES(1)")
            }
        }
        #expect(error?.isConstraint == true)
        #expect(!connection.isInTransaction)
        #expect(try connection.rows("SELECT id FROM t") == [[1]])
        #expect(throws: SQLiteError.self) {
            try connection.transaction(.immediate) {
                try connection.transaction(.immediate) {}
            }
        }
        #expect(!connection.isInTransaction)
    }

    @Test func `savepoints nest, and a failed statement undoes itself only`() throws {
        let connection = try SampleValues.memory()
        try connection.execute(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY);
            SAVEPOINT a; INSERT INTO t VALUES(1); SAVEPOINT b; INSERT INTO t VALUES(2)
            """)
        #expect(throws: SQLiteError.self) { try connection.execute("INSERT INTO t VALUES(3), (1)") }
        #expect(connection.isInTransaction)
        #expect(try connection.integer("SELECT count(*) FROM t") == 2)
        try connection.execute("ROLLBACK TO b; RELEASE b; INSERT INTO t VALUES(4); RELEASE a")
        #expect(!connection.isInTransaction)
        #expect(try connection.rows("SELECT id FROM t") == [[1], [4]])
    }

    @Test func `a lock of another connection is busy, and its commit a new data version`() throws {
        let folder = try TemporaryFolder()
        let first = try Connection(
            path: folder.path("a.db"), access: .create, routines: .linked)
        try first.execute("PRAGMA journal_mode = WAL; CREATE TABLE t(a)")
        let second = try Connection(
            path: folder.path("a.db"), access: .readWrite, routines: .linked)
        #expect(try second.integer("SELECT count(*) FROM t") == 0)
        let version = second.dataVersion()
        try first.transaction(.immediate) {
            let error = #expect(throws: SQLiteError.self) {
                try second.execute("BEGIN IMMEDIATE")
            }
            #expect(error?.isBusy == true)
            try first.run("INSERT INTO t VALUES(1)")
        }
        #expect(try second.integer("SELECT count(*) FROM t") == 1)
        #expect(second.dataVersion() != version)
        let reader = try Connection(
            path: folder.path("a.db"), access: .readOnly, routines: .linked)
        #expect(
            #expect(throws: SQLiteError.self) { try reader.execute("DELETE FROM t") }?.code == 8)
        let missing = #expect(throws: SQLiteError.self) {
            try Connection(path: folder.path("b.db"), access: .readWrite, routines: .linked)
        }
        #expect(missing?.message.contains("b.db") == true)
    }

    @Test func `a script is cut into statements, and comments are none`() throws {
        let connection = try SampleValues.memory()
        var tail = 0
        let script = "SELECT 'é;'; -- x\n SELECT 2"
        let first = try #require(try connection.prepareFirst(script, tail: &tail))
        #expect(try first.rows() == [["é;"]])
        #expect(String(decoding: Array(script.utf8)[tail...], as: UTF8.self) == " -- x\n SELECT 2")
        #expect(try connection.prepareFirst(" -- nothing\n", tail: &tail) == nil)
        #expect(throws: SQLiteError.self) { try connection.prepare("/* nothing */") }
        let error = #expect(throws: SQLiteError.self) {
            try connection.execute("CREATE TABLE t(a); SELEC 1; CREATE TABLE u(a)")
        }
        #expect(error?.message.contains("SELEC") == true)
        #expect(try connection.rows("SELECT name FROM sqlite_schema") == [["t"]])
        try connection.execute(";; DROP TABLE t; ; -- more\n; CREATE TABLE v(a)\0 nothing")
        #expect(try connection.rows("SELECT name FROM sqlite_schema") == [["v"]])
    }

    @Test(arguments: [
        "SELECT 1", "SELECT 1;", "SELECT 1 ; -- note\n;; /* note */", "SELECT ';' -- ; SELECT 2",
    ])
    func `one statement may be followed by what is no statement`(sql: String) throws {
        let connection = try SampleValues.memory()
        #expect(try connection.prepare(sql).rows().count == 1)
        #expect(try connection.rows(sql).count == 1)
        try connection.execute(one: sql)
    }

    @Test(arguments: [
        "SELECT 1; CREATE TABLE t(a)", "SELECT 1;; CREATE TABLE t(a)", "SELECT 1; x",
        "SELECT 1; -- note\nCREATE TABLE t(a)", "SELECT 1\0", "SELECT 1; \0CREATE TABLE t(a)",
        "", ";", "-- note",
    ])
    func `a text with another statement behind the first one does nothing`(sql: String) throws {
        let connection = try SampleValues.memory()
        #expect(throws: SQLiteError.self) { _ = try connection.prepare(sql) }
        #expect(throws: SQLiteError.self) { try connection.execute(one: sql) }
        #expect(throws: SQLiteError.self) { try connection.run(sql) }
        #expect(throws: SQLiteError.self) { _ = try connection.rows(sql) }
        #expect(try connection.integer("SELECT count(*) FROM sqlite_schema") == 0)
    }

    @Test func `statements that differ in a byte are two statements of the cache`() throws {
        let connection = try SampleValues.memory()
        for (value, name) in ["a\u{323}\u{307}", "a\u{307}\u{323}", "\u{212B}", "Å"].enumerated() {
            try connection.run("CREATE TABLE \"\(name)\" AS SELECT \(value) AS a")
            #expect(try connection.integer("SELECT a FROM \"\(name)\"") == Int64(value))
        }
    }

    @Test func `a schema may call the JSON functions of SQLite`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("a.db")
        try Connection(path: path, access: .create, routines: .linked).execute(
            """
            CREATE TABLE t(d CHECK (json_valid(d)), a AS (json_extract(d, '$.a')) STORED);
            CREATE INDEX i ON t(json_extract(d, '$.b'));
            CREATE VIEW v AS SELECT json_extract(d, '$.a') AS a FROM t;
            CREATE TRIGGER x AFTER INSERT ON t BEGIN
                UPDATE t SET d = json_object('a', 2) WHERE rowid = NEW.rowid; END
            """)
        let connection = try Connection(path: path, access: .readWrite, routines: .linked)
        try connection.execute("INSERT INTO t VALUES ('{\"a\": 1}')")
        #expect(try connection.integer("SELECT a FROM v") == 2)
        #expect(throws: SQLiteError.self) { try connection.execute("INSERT INTO t VALUES ('{')") }
    }

    @Test func `a connection trusts nothing that the file says`() throws {
        let connection = try SampleValues.memory()
        #expect(connection.isEnabled(.defensive))
        #expect(connection.isEnabled(.trustedSchema) == Routines.linked.refusesJSONInSchemas)
        #expect(!connection.isEnabled(.fts3Tokenizer))
        try connection.execute("CREATE TABLE t(a); CREATE VIEW v AS SELECT 1")
        try connection.execute("CREATE TRIGGER x AFTER INSERT ON t BEGIN DELETE FROM t; END")
        connection.confine()
        try connection.execute("INSERT INTO t VALUES(1)")
        #expect(try connection.integer("SELECT count(*) FROM t") == 1)
        #expect(throws: SQLiteError.self) { try connection.rows("SELECT * FROM v") }
        #expect(throws: SQLiteError.self) { try connection.execute("ATTACH ':memory:' AS x") }
    }

    @Test func `an authorizer holds for as long as it is asked to`() throws {
        let connection = try SampleValues.memory()
        try connection.execute("CREATE TABLE t(a)")
        let insert = try connection.prepare("INSERT INTO t VALUES(1)")
        try connection.authorizing({ $0 == .read || $0 == .createTemporaryView }) { () throws in
            for sql in [
                "ATTACH ':memory:' AS x", "INSERT INTO t VALUES(1)", "DROP TABLE t",
                "PRAGMA user_version = 1", "CREATE TABLE u(a)", "BEGIN", "SAVEPOINT s",
                "CREATE TEMP TABLE u(a)", "CREATE TEMP VIEW v AS SELECT 1",
            ] {
                let error = #expect(throws: SQLiteError.self) { try connection.execute(one: sql) }
                #expect(error?.code == 23, "\(sql)")
            }
            #expect(try connection.integer("SELECT count(*) FROM t") == 0)
        }
        try insert.run()
        try connection.execute("DROP TABLE t; CREATE TEMP VIEW v AS SELECT 1")
    }

    @Test func `a cached statement serves nested calls with the same text`() throws {
        let connection = try SampleValues.memory()
        let sql = "VALUES (1), (2)"
        let outer = try connection.cached(sql)
        try outer.step()
        #expect(try connection.rows(sql) == [[1], [2]])
        #expect(try outer.step())
        #expect(outer.integer(0) == 2)
        outer.reset()
        #expect(try connection.cached(sql) === outer)
        for number in 0..<Connection.cacheCapacity { _ = try connection.cached("SELECT \(number)") }
        #expect(try connection.cached(sql) !== outer)
    }

    @Test func `statements report columns, parameters, errors, and run again`() throws {
        let connection = try SampleValues.memory()
        let statement = try connection.prepare("SELECT ?1 AS one, ?3 AS \"zwei \"")
        #expect(statement.parameterCount == 3)
        #expect((0..<2).map(statement.columnName) == ["one", "zwei "])
        #expect(statement.isReadOnly)
        #expect(try statement.rows(1, 2, 3) == [[1, 3]])
        #expect(try statement.rows(4) == [[4, 3]])
        statement.clearBindings()
        #expect(try statement.firstRow() == [nil, nil])
        #expect(throws: SQLiteError.self) { try statement.bind([1, 2, 3, 4]) }
        let failing = try connection.prepare("SELECT abs(?)")
        let error = #expect(throws: SQLiteError.self) { try failing.rows(.integer(.min)) }
        #expect(error?.message == "integer overflow")
        #expect(error?.description.contains("abs(?)") == true)
        #expect(try failing.rows(-2) == [[2]])
    }

    @Test func `a failed statement runs again as long as its recovery says so`() throws {
        let connection = try SampleValues.memory()
        try connection.execute("CREATE TABLE t(a PRIMARY KEY); INSERT INTO t VALUES(1), (2)")
        let statement = try connection.prepare("INSERT INTO t VALUES(?), (2) RETURNING a")
        var failureCount = 0
        statement.recovery = { error throws(SQLiteError) in
            failureCount += 1
            try connection.run("DELETE FROM t WHERE a = ?", .integer(Int64(failureCount)))
            return connection.changeCount > 0
        }
        #expect(try statement.rows(1) == [[1], [2]])
        #expect(failureCount == 2)
        #expect(throws: SQLiteError.self) { try statement.rows(1) }
        #expect(failureCount == 3)
    }
}
