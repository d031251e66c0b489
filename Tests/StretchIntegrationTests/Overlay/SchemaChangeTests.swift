import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCore
@testable import StretchEngine
@testable import StretchKeystore
@testable import StretchOverlay

/// What another program changes in the definition of a table, while Stretch has it open.
@Suite struct SchemaChangeTests {
    private func change(_ sql: String, in twin: MigratedTwin) throws {
        try twin.runNatively(sql)
        try twin.plain.execute(sql)
    }

    @Test(arguments: [
        "ALTER TABLE t ADD COLUMN note TEXT DEFAULT 'none'",
        "ALTER TABLE t RENAME COLUMN v TO word", "ALTER TABLE t DROP COLUMN v",
        "ALTER TABLE t ADD COLUMN a INT; ALTER TABLE t ADD COLUMN b REAL DEFAULT 1.5",
        "ALTER TABLE t RENAME COLUMN v TO word; ALTER TABLE t ADD COLUMN v INT DEFAULT 7",
    ])
    func `a change that explains itself is taken over by the next statement`(
        sql: String
    ) throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        let other = try StretchDatabase(path: twin.path, configuration: .everyRemote)
        try twin.both("INSERT INTO t(id, n) VALUES(1000, 90)")
        try change(sql, in: twin)
        #expect(
            try twin.database.query("SELECT changes(), last_insert_rowid()").rows == [[1, 1000]])
        try twin.both("SELECT * FROM t ORDER BY id")
        let rows = try twin.plain.rows("SELECT * FROM t ORDER BY id")
        #expect(try other.query("SELECT * FROM t ORDER BY id").rows == rows)
        #expect(try twin.database.status().tables[0].isReconciled)
        try twin.both("UPDATE t SET n = n + 1 WHERE id IN (3, 23)")
        try twin.compareThroughMigrations()
    }

    @Test func `an ambiguous change fails with the next step`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        try change("ALTER TABLE t RENAME COLUMN n TO number", in: twin)
        expectError(.schemaMismatch, "\"t\"") { _ = try twin.database.query("SELECT * FROM t") }
        try twin.database.tables["t"].alter(renamed: ["n": "number"])
        try twin.both("SELECT id, v, number FROM t ORDER BY id")
    }

    @Test func `a held statement never reads the hot rows alone`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        let sums = try twin.database.prepare("SELECT sum(n) FROM t")
        let counts = try twin.database.prepare("SELECT count(*) FROM t")
        let sum = try twin.plain.integer("SELECT sum(n) FROM t")
        #expect(try sums.firstRow()?[0].integerValue == sum)
        try twin.database.perform {
            try twin.database.overlay.withoutTables {
                try twin.database.connection.execute(
                    "ALTER TABLE main.t RENAME COLUMN n TO number")
            }
        }
        #expect(throws: SQLiteError.self) { _ = try sums.firstRow() }
        #expect(throws: SQLiteError.self) { _ = try counts.firstRow() }
        try twin.runNatively("ALTER TABLE t RENAME COLUMN number TO n")
        let total = try twin.database.query("SELECT sum(n) FROM t").rows[0][0].integerValue
        #expect(total == sum)
        #expect(try sums.firstRow()?[0].integerValue == sum)
    }

    @Test func `readers need no lock that another program holds`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        var configuration = Configuration.everyRemote
        configuration.busyTimeout = .milliseconds(20)
        let reader = try StretchDatabase(path: twin.path, configuration: configuration)
        let writer = try Connection(path: twin.path, access: .readWrite, routines: .linked)
        try change("ALTER TABLE t RENAME COLUMN v TO word", in: twin)
        try writer.execute("BEGIN IMMEDIATE")
        let sql = "SELECT word, n FROM t ORDER BY id"
        #expect(try reader.query(sql).rows == twin.plain.rows(sql))
        #expect(try !reader.status().tables[0].isReconciled)
        try writer.execute("COMMIT")

        try change("ALTER TABLE t ADD COLUMN note TEXT DEFAULT 'none'", in: twin)
        try writer.execute("BEGIN IMMEDIATE")
        let hot = "SELECT note FROM t WHERE id = 24"
        #expect(try reader.query(hot).rows == twin.plain.rows(hot))
        // No batch has the new column, so the remote need not know of it.
        let notes = "SELECT id, note FROM t ORDER BY id"
        #expect(try reader.query(notes).rows == twin.plain.rows(notes))
        try writer.execute("COMMIT")
        reader.overlay.nextAttempt = .now
        let all = "SELECT * FROM t ORDER BY id"
        #expect(try reader.query(all).rows == twin.plain.rows(all))
        #expect(try reader.status().tables[0].isReconciled)
        try twin.compareThroughMigrations()
    }

    @Test func `a transaction sees the columns of its snapshot`() throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        let sql = "SELECT * FROM t ORDER BY id"
        try twin.database.execute("BEGIN")
        let before = try twin.database.query(sql)
        try change("ALTER TABLE t ADD COLUMN note TEXT DEFAULT 'none'", in: twin)
        #expect(try twin.database.query(sql) == before)
        try twin.database.execute("COMMIT")
        try twin.both(sql)
        try twin.database.execute("BEGIN")
        try change("ALTER TABLE t DROP COLUMN v", in: twin)
        try twin.both(sql)
        try twin.both("UPDATE t SET note = 'set' WHERE id IN (2, 24)")
        try twin.database.execute("COMMIT")
        try twin.both(sql)
        try twin.database.execute("BEGIN")
        try change("ALTER TABLE t ADD COLUMN late INT DEFAULT 5", in: twin)
        try twin.both("SELECT * FROM t ORDER BY id")
        try twin.both("UPDATE t SET late = 6 WHERE id IN (3, 23)")
        try twin.database.execute("ROLLBACK")
        try twin.plain.execute("UPDATE t SET late = 5")
        try twin.both(sql)
        try twin.compareThroughMigrations()
    }
}
