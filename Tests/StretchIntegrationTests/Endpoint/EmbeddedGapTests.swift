import Foundation
import Stretch
import StretchEngine
import StretchKeystore
import StretchSQLite
import StretchSchema
import StretchTestSupport
import Testing

@Suite struct EmbeddedGapTests {
    @Test func `an embedded remote says what it lacks, and waits for nobody`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("app.db")
        try Connection(path: path, access: .create, routines: .linked).execute(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT);
            CREATE INDEX by_a ON t(a); CREATE INDEX by_id ON t(id);
            INSERT INTO t VALUES (1, 'a', 'x'), (2, 'b', 'y'), (3, 'c', 'z')
            """)
        let database = try StretchDatabase(path: path, configuration: .everyRemote)
        try database.enable(server: "file:cold.db")
        try database.tables["t"].enable(filter: "id < 3")
        #expect(try database.status().tables.first?.hasRemoteIndexes == false)
        #expect(try database.status().tables.first?.ownerSteps == [])
        try database.migrate()
        #expect(try database.status().tables.first?.hasRemoteIndexes == true)
        try Connection(path: path, access: .readWrite, routines: .linked).execute(
            "CREATE INDEX by_b ON t(b)")
        #expect(try database.status().tables.first?.hasRemoteIndexes == false)
        #expect(try database.remote.provision().tables.first?.steps.map(\.kind) == [.indexes])
        #expect(try database.remote.provision().tables.first?.steps == [])
        #expect(try database.status().tables.first?.hasRemoteIndexes == true)
    }

    @Test(arguments: ["migrate", "provision", "reconcile"])
    func `an index that was dropped here is dropped at the remote`(step: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.path("app.db")
        let plain = try Connection(path: path, access: .create, routines: .linked)
        try plain.execute(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT, b TEXT);
            CREATE INDEX by_a ON t(a); CREATE INDEX by_b ON t(b DESC);
            INSERT INTO t VALUES (1, 'a', 'x'), (2, 'b', 'y'), (3, 'c', 'z')
            """)
        let database = try StretchDatabase(path: path, configuration: .everyRemote)
        try database.enable(server: "file:cold.db")
        try database.tables["t"].enable(filter: "id < 3")
        try database.migrate()
        let remote = try Connection(
            path: folder.path("cold.db"), access: .readWrite, routines: .linked)
        try remote.execute("CREATE INDEX of_an_administrator ON rows_1(id)")
        let names = "SELECT name FROM pragma_index_list('rows_1') ORDER BY name"
        #expect(try remote.rows(names).count == 4)
        try plain.execute("DROP INDEX by_b")
        switch step {
        case "migrate": try database.migrate()
        case "provision":
            let report = try database.remote.provision()
            #expect(report.tables.first?.steps.map(\.message) == ["drop 1 index"])
        default:
            try database.tables.reconcile()
            try database.remote.provision(table: "t")
        }
        #expect(try remote.rows(names).count == 3)
        try plain.execute("DROP INDEX by_a")
        try database.migrate()
        let left = try remote.rows(names).map { $0[0].stringValue?.hasSuffix("administrator") }
        #expect(left.count == 2 && left.contains(true))
        #expect(try database.query("SELECT b FROM t WHERE a = 'a'").rows == [["x"]])
        #expect(try database.remote.provision().tables.first?.steps == [])
    }

    @Test func `an index stays at the remote while another branch may need it`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("app.db")
        let plain = try Connection(path: path, access: .create, routines: .linked)
        try plain.execute(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT); CREATE INDEX by_a ON t(a);
            INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')
            """)
        var configuration = Configuration.everyRemote
        configuration.keystore = Keystore(path: folder.path("keys"))
        let database = try StretchDatabase(path: path, configuration: configuration)
        try database.enable(server: "file:cold.db")
        try database.tables["t"].enable(filter: "id < 3")
        try database.migrate()
        let copyPath = folder.path("copy.db")
        try database.backUp(to: copyPath)
        let copy = try StretchDatabase(path: copyPath, configuration: configuration)
        try copy.remote.reauthorize()
        try plain.execute("DROP INDEX by_a")
        try database.migrate()
        let remote = try Connection(
            path: folder.path("cold.db"), access: .readOnly, routines: .linked)
        let count = "SELECT count(*) FROM pragma_index_list('rows_1')"
        #expect(try remote.integer(count) == 2)
        #expect(try database.remote.provision().tables.first?.steps == [])
        #expect(try copy.status().tables.first?.hasRemoteIndexes == true)
        let branch = try copy.status().database.branch
        try copy.branches.drop(branch, isForced: true)
        try database.migrate()
        #expect(try remote.integer(count) == 1)
    }
}
