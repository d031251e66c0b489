import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCore
@testable import StretchEngine

/// Attacks that no page had foreseen.
@Suite struct AttackTests {
    @Test(arguments: ["9223372036854775807", "9223372036854775750 1", "-5 -7", "x"])
    func `numbers of sqlite_stat1 stop no query`(stat: String) throws {
        let twin = try MigratedTwin("\(MigratedTwin.numbers) CREATE INDEX t_n ON t(n); ANALYZE;")
        try twin.runNatively("UPDATE sqlite_stat1 SET stat = '\(stat)'")
        let database = try StretchDatabase(path: twin.path, configuration: .everyRemote)
        #expect(try database.query("SELECT count(*) FROM t WHERE n >= 0").rows == [[24]])
        #expect(try database.query("SELECT id FROM t WHERE n = 7").rows == [[8]])
    }

    @Test(arguments: ["fts5(v)", "fts4(v)", "rtree(id, low, high)"])
    func `triggers keep a full-text or an R*Tree table up to date`(module: String) throws {
        let insertion =
            module.contains("rtree")
            ? "INSERT INTO f VALUES(NEW.id, NEW.n, NEW.n)"
            : "INSERT INTO f(rowid, v) VALUES(NEW.id, NEW.v)"
        let twin = try MigratedTwin(
            """
            \(MigratedTwin.numbers)
            CREATE VIRTUAL TABLE f USING \(module);
            CREATE TRIGGER ti AFTER INSERT ON t BEGIN \(insertion); END;
            CREATE VIEW both AS SELECT t.id FROM t JOIN f ON f.rowid = t.id;
            """)
        twin.plain.set(.trustedSchema, true)
        try twin.both("INSERT INTO t VALUES(100, 'word', 50)")
        try twin.both("SELECT count(*) FROM f")
        try twin.both("SELECT id FROM both")
    }

    @Test(arguments: ["app.db-journal", "other.db-wal", "a-shm", "app.db-stretch-staging"])
    func `a remote has no name that SQLite gives to its logs`(name: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.path("app.db")
        try Connection(path: path, access: .create, routines: .linked).execute("CREATE TABLE t(a)")
        let database = try StretchDatabase(path: path, configuration: .everyRemote)
        let error = #expect(throws: StretchError.self) {
            try database.enable(server: "file:\(name)")
        }
        #expect(error?.code == .invalidArgument)
        #expect(!FileManager.default.fileExists(atPath: folder.path(name)))
    }

    @Test func `a new remote takes no log of another database for its own`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("r.db-journal")
        try Connection(path: path, access: .create, routines: .linked).execute("CREATE TABLE t(a)")
        let database = try StretchDatabase(path: path, configuration: .everyRemote)
        #expect(throws: StretchError.self) { try database.enable(server: "file:r.db") }
        #expect(try database.query("SELECT count(*) FROM t").rows == [[0]])
        #expect(FileManager.default.fileExists(atPath: path))
    }

    /// Names that stand beside the rows in a point read at PostgreSQL.
    @Test(arguments: MigratedTwin.Remote.allCases)
    func `columns may have the names of the ledger's`(remote: MigratedTwin.Remote) throws {
        let twin = try MigratedTwin(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, generation INT, batch_count TEXT, t, f, r, h,
                _f, _n, _b);
            INSERT INTO t VALUES(1, 5, 'x', 1, 2, 3, 4, 5, 6, 7), (2, 6, 'y', 1, 2, 3, 4, 5, 6, 7);
            """, [("t", "id > 0")], on: remote)
        try twin.both("SELECT * FROM t WHERE id = 2")
        try twin.both("SELECT * FROM t WHERE id IN (1, 2) ORDER BY id")
        try twin.both("UPDATE t SET generation = 9, _f = 8 WHERE id = 1")
        try twin.compareThroughMigrations()
    }
}
