import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCatalog
@testable import StretchEndpoint
@testable import StretchEngine
@testable import StretchKeystore
@testable import StretchMigration
@testable import StretchStaging

/// A table `t` of some kind, with an `INTEGER` column `n` from 0 to 23 of which those under 20 are
/// eligible.
struct CrashTable: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let script: String
    let columns: String
    let isKeyless: Bool

    static let all = [
        CrashTable(
            testDescription: "INTEGER PRIMARY KEY",
            script: """
                CREATE TABLE t(id INTEGER PRIMARY KEY, v, n INT);
                CREATE INDEX t_v ON t(v);
                WITH c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 23)
                INSERT INTO t SELECT n * 2 + 1, 'v' || n, n FROM c;
                """, columns: "id, v, n", isKeyless: false),
        CrashTable(
            testDescription: "keyless with duplicate rows",
            script: """
                CREATE TABLE t(v, n INT);
                WITH c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 23)
                INSERT INTO t SELECT n % 2, (n / 4) * 4 FROM c;
                """, columns: "v, n", isKeyless: true),
        CrashTable(
            testDescription: "WITHOUT ROWID",
            script: """
                CREATE TABLE t(a TEXT COLLATE NOCASE, b INT, v, n INT, PRIMARY KEY(a, b))
                WITHOUT ROWID;
                WITH c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 23)
                INSERT INTO t SELECT 'K' || (n / 3), n, zeroblob(n), n FROM c;
                """, columns: "a, b, v, n", isKeyless: false),
    ]
}

/// A stretch-enabled file with one table, in a folder of its own.
final class CrashSample {
    let folder: TemporaryFolder
    let path: String
    let table: CrashTable
    /// The rows of the start, in an order that tells multisets apart.
    let start: [String]
    private let configuration: Configuration
    private let login: String?

    /// - Parameter remote: A PostgreSQL remote, or `nil` for a file.
    init(_ table: CrashTable, remote: PostgresRemote? = nil) throws {
        configuration = remote == nil ? .linked : PostgresRemote.configuration
        login = remote.map { _ in "\(PrivatePostgres.login):\(PrivatePostgres.password)" }
        folder = try TemporaryFolder(isInMemory: true)
        path = folder.path("app.db")
        self.table = table
        let plain = try Connection(path: path, access: .create, routines: .linked)
        try plain.execute("PRAGMA journal_mode = WAL; \(table.script)")
        start = Self.sorted(try plain.rows("SELECT \(table.columns) FROM t"))
        let database = try open()
        try database.enable(server: remote?.address.description ?? "file:cold.db")
        try database.tables["t"].enable(filter: "n < 20")
    }

    func open() throws -> StretchDatabase {
        try StretchDatabase(path: path, configuration: configuration)
    }

    /// Runs the worker to its end.
    func work(_ mode: String, _ options: [String] = []) throws {
        try WorkerProcess.run(mode, path, options, login: login)
    }

    static func sorted(_ rows: [[Value]]) -> [String] { rows.map { "\($0)" }.sorted() }

    /// Runs the worker, which must die at the n-th passing of the point.
    func crash(
        _ mode: String, at point: CrashPoint, pass: Int = 1, _ options: [String] = []
    ) throws -> Bool {
        let result = try WorkerProcess(
            mode, path, ["rows=5", "point=\(point.rawValue)", "pass=\(pass)"] + options,
            login: login
        ).wait()
        if !result.isKilled {
            #expect(result.status == 0, "\(point): \(result.errors)")
            return false
        }
        #expect(result.status == SIGKILL, "\(point): \(result)")
        return true
    }

    /// What plain SQLite finds in copies of the files as the kill left them.
    func checkFiles(_ comment: Comment) throws {
        let copy = try TemporaryFolder(isInMemory: true)
        for name in ["app.db", "app.db-wal", "app.db-journal", "cold.db", "cold.db-wal"] {
            guard FileManager.default.fileExists(atPath: folder.path(name)) else { continue }
            try FileManager.default.copyItem(atPath: folder.path(name), toPath: copy.path(name))
        }
        for name in ["app.db", "cold.db"]
        where FileManager.default.fileExists(atPath: copy.path(name)) {
            let plain = try Connection(path: copy.path(name), access: .readWrite, routines: .linked)
            #expect(try plain.string("PRAGMA integrity_check") == "ok", comment)
        }
        let plain = try Connection(path: copy.path("app.db"), access: .readOnly, routines: .linked)
        var rest = start
        for row in try plain.rows("SELECT \(table.columns) FROM t").map({ "\($0)" }) {
            let place = rest.firstIndex(of: row)
            #expect(place != nil, "\(comment): \(row) is hot, and was not there at the start")
            if let place { rest.remove(at: place) }
        }
    }

    /// Checks that staging has each batch of the manifest, with rows that its digest proves.
    func checkStaging(_ comment: Comment) throws {
        let database = try open()
        let id = try database.status().database.id
        let file = try #require(
            try StagingFile.open(database: path, id: id, configuration, isCreating: false))
        for (table, batch) in try database.catalog.manifest().values {
            let rows = try file.rows(
                relation: table.relation, digest: batch.digest,
                columns: table.columnIDs(schemaVersion: batch.schemaVersion))
            #expect(rows.map { Int64($0.rowCount) } == batch.visible.rowCount, comment)
        }
        let plain = try Connection(path: file.path, access: .readOnly, routines: .linked)
        #expect(try plain.string("PRAGMA integrity_check") == "ok", comment)
    }

    /// The rows that Stretch shows.
    func rows() throws -> [String] {
        let database = try open()
        return Self.sorted(try database.query("SELECT \(table.columns) FROM t").rows)
    }

    /// Goes on to the end, and checks rows, ledger and manifest; then the same with all rows back.
    func resume(_ comment: Comment) throws {
        let database = try open()
        try database.tables["t"].resume(.outbound)
        try database.migrate(batchRowCount: 5)
        try checkSettled(database, comment)
        let hot = try database.query("SELECT count(*) FROM main.t").rows[0][0]
        #expect(hot == 4, "\(comment): hot rows after migration")
        try database.tables["t"].bringBack()
        try checkSettled(database, comment)
        #expect(
            try database.query("SELECT count(*) FROM main.t").rows[0][0]
                == .integer(Int64(start.count)), "\(comment): hot rows after bring-back")
    }

    func checkSettled(_ database: StretchDatabase, _ comment: Comment) throws {
        let rows = Self.sorted(try database.query("SELECT \(table.columns) FROM t").rows)
        #expect(rows == start, comment)
        let result = try database.verify()
        #expect(result.isSound && result.tables[0].shadowedRowCount == 0, "\(comment): \(result)")
        let status = try database.status().database
        #expect(status.pendingStep == nil && status.linkState == .connected, "\(comment)")
    }
}
