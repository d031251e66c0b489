import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCore
@testable import StretchEngine

/// A stretched database and a plain one with the same contents, which answer the same.
final class MigratedTwin {
    let folder: TemporaryFolder
    let database: StretchDatabase
    let plain: Connection
    var path: String { folder.path("app.db") }

    /// Where the cold rows of a twin are.
    enum Remote: CaseIterable {
        case embedded, postgres
    }

    /// Makes both by a script, and migrates the eligible rows of the tables.
    ///
    /// - Parameter tables: Names and filters.
    init(
        _ script: String, _ tables: [(String, String)] = [("t", "n < 20")], batchRowCount: Int = 7,
        on remote: Remote = .embedded
    ) throws {
        folder = try TemporaryFolder(isInMemory: true)
        plain = try Connection(
            path: folder.path("plain.db"), access: .create, routines: .linked)
        // As in most programs, triggers may write full-text tables.
        plain.set(.trustedSchema, true)
        try plain.execute("PRAGMA journal_mode = WAL; \(script)")
        do {
            let local = try Connection(
                path: folder.path("app.db"), access: .create, routines: .linked)
            local.set(.trustedSchema, true)
            try local.execute("PRAGMA journal_mode = WAL; \(script)")
        }
        switch remote {
        case .embedded:
            database = try StretchDatabase(path: folder.path("app.db"), configuration: .everyRemote)
            try database.enable(server: "file:cold.db")
        case .postgres:
            let server = try PrivatePostgres.shared.get()
            database = try StretchDatabase(
                path: folder.path("app.db"), configuration: PostgresRemote.configuration)
            try database.enable(server: server.address(of: server.makeDatabase()))
        }
        for (name, filter) in tables { try database.tables[name].enable(filter: filter) }
        try database.migrate(batchRowCount: batchRowCount)
    }

    /// Rows, or the extended result code of the error.
    enum Answer: Hashable {
        case rows([[Value]])
        case error(Int32)
    }

    /// Runs one statement on both, and expects the same rows or errors, and the same `changes()`.
    @discardableResult
    func both(
        _ sql: String, _ values: Value..., sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Answer {
        let expected = MigratedTwin.answer(sql) { try plain.prepare(sql).bind(values).rows() }
        let found = MigratedTwin.answer(sql) {
            guard !values.isEmpty else { return try database.query(sql).rows }
            return try database.prepare(sql).bind(values).rows()
        }
        #expect(found == expected, "\(sql)", sourceLocation: sourceLocation)
        guard case .rows = found, sql.contains(/^(INSERT|REPLACE|UPDATE|DELETE)/) else {
            return found
        }
        #expect(
            try database.query("SELECT changes()").rows == plain.rows("SELECT changes()"),
            "changes() after \(sql)", sourceLocation: sourceLocation)
        return found
    }

    /// Expects that both hold the same rows.
    func compare(
        _ table: String = "t", _ comment: Comment? = nil,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let query = "SELECT * FROM \(table)"
        #expect(
            MigratedTwin.sorted(try database.query(query).rows)
                == MigratedTwin.sorted(try plain.rows(query)),
            comment, sourceLocation: sourceLocation)
    }

    /// Migrates what is eligible, compares, brings everything back, and compares once more.
    func compareThroughMigrations(
        _ table: String = "t", sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        try compare(table, "before migration", sourceLocation: sourceLocation)
        try database.migrate(batchRowCount: 7)
        try compare(table, "after migration", sourceLocation: sourceLocation)
        #expect(try database.verify().isSound, sourceLocation: sourceLocation)
        try database.tables[table].bringBack()
        try compare(table, "after bring-back", sourceLocation: sourceLocation)
        #expect(
            try hotRowCount(table) == plain.integer("SELECT count(*) FROM \(table)"),
            sourceLocation: sourceLocation)
    }

    func hotRowCount(_ table: String = "t") throws -> Int64 {
        try database.query("SELECT count(*) FROM main.\(table)").rows[0][0].integerValue ?? 0
    }

    /// Runs plain SQL as a program without Stretch does.
    func runNatively(_ script: String) throws {
        try Connection.native(to: path).execute(script)
    }

    static func sorted(_ rows: [[Value]]) -> [String] { rows.map { "\($0)" }.sorted() }

    private static func answer(_ sql: String, _ body: () throws -> [[Value]]) -> Answer {
        // In these modes a virtual table can report the primary code only (finding 29).
        let isPlain = sql.contains("OR FAIL") || sql.contains("OR ROLLBACK")
        let mask: Int32 = isPlain ? 0xff : .max
        do {
            return .rows(try body())
        } catch let error as SQLiteError {
            return .error(error.extendedCode & mask)
        } catch let error as StretchError {
            return .error(((error.cause as? SQLiteError)?.extendedCode ?? -1) & mask)
        } catch {
            return .error(-2)
        }
    }

    /// A table of 24 rows with the columns `id`, `v`, `n`.
    static let numbers = """
        CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, n INT);
        WITH c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 23)
        INSERT INTO t SELECT n + 1, 'v' || n, n FROM c;
        """
}
