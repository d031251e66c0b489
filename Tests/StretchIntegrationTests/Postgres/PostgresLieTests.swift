import Stretch
import StretchCore
import StretchEndpoint
import StretchEngine
import StretchSQLite
import StretchTestSupport
import Testing

/// What another program changed at the server so that answers would be others.
@Suite struct PostgresLieTests {
    private struct World {
        let remote: PostgresRemote
        let folder: TemporaryFolder
        let plain: Connection
        let path: String

        /// A table whose column `n` holds other values than integers, and `v` as well.
        init() throws {
            remote = try PostgresRemote()
            folder = try TemporaryFolder(isInMemory: true)
            path = folder.path("app.db")
            let script = """
                CREATE TABLE t(id INTEGER PRIMARY KEY, n INT, v INT, w TEXT);
                CREATE INDEX t_n ON t(n);
                WITH c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 60)
                INSERT INTO t SELECT i, CASE i % 10 WHEN 3 THEN 'x' || i ELSE i END,
                    CASE i % 10 WHEN 7 THEN 'y' || i ELSE i END, 'w' || i FROM c;
                """
            plain = try Connection(
                path: folder.path("plain.db"), access: .create, routines: .linked)
            try plain.execute(script)
            try Connection(path: path, access: .create, routines: .linked).execute(script)
            let database = try open()
            try database.enable(server: remote.address.description)
            try database.tables["t"].enable(filter: "id <= 50")
            try database.migrate(batchRowCount: 10)
        }

        /// Expects the rows that a plain table gives.
        func compare(_ query: String) throws {
            let rows = try open().query(query).rows
            #expect(
                try MigratedTwin.sorted(rows) == MigratedTwin.sorted(plain.rows(query)), "\(query)")
        }

        func open() throws -> StretchDatabase {
            try StretchDatabase(path: path, configuration: PostgresRemote.configuration)
        }
    }

    private static let queries = [
        "SELECT * FROM t", "SELECT n FROM t ORDER BY n", "SELECT DISTINCT v FROM t ORDER BY 1",
        "SELECT id FROM t WHERE w = 'w13'", "SELECT sum(id) FROM t",
        "SELECT n FROM t WHERE id = 13",
        "SELECT n FROM t WHERE id BETWEEN 10 AND 15 ORDER BY id",
    ]

    @Test(arguments: ["n", "v", "v' OR name = 'n"])
    func `a misfit that its column does not announce is damage`(column: String) throws {
        let world = try World()
        for query in Self.queries {
            try world.compare(query)
        }
        #expect(try world.open().verify().findings == [])
        try world.remote.psql(
            "UPDATE stretch_column SET has_misfits = false WHERE name = '\(column)'")
        #expect(try Set(world.open().verify().findings.map(\.kind)) == [.missingRows])
        for query in Self.queries {
            do {
                try world.compare(query)
            } catch let error as StretchError {
                #expect(error.code == .damaged, "\(query)")
            }
        }
        #expect(throws: StretchError.self) { try world.open().query("SELECT * FROM t") }
        // The zones know better where the condition would leave the rows out.
        for query in ["SELECT id FROM t WHERE n = 'x13'", "SELECT id FROM t WHERE v > 'y'"] {
            guard query.utf8.contains(column.utf8.last ?? 0) else { continue }
            let error = #expect(throws: StretchError.self) { try world.open().query(query) }
            #expect(error?.code == .damaged, "\(query)")
        }
    }

    @Test func `rows of a child table are no rows of the table`() throws {
        let world = try World()
        try world.remote.psql(
            "CREATE TABLE more() INHERITS (t); INSERT INTO more SELECT * FROM ONLY t")
        for query in Self.queries {
            try world.compare(query)
        }
        #expect(try world.open().verify().findings == [])
    }

    /// A second row in the place of row 13, with another key and value.
    private static let addition = """
        INSERT INTO t(_b, _o, _x, id, n, v, w) SELECT _b, _o, NULL, 999, 999, 999, 'w999'
        FROM t WHERE id = 13
        """

    @Test(arguments: [
        "DELETE FROM t WHERE w = 'w999'", "UPDATE t SET n = 5 WHERE w = 'w999'",
        "DELETE FROM t WHERE n > 998", "DELETE FROM t WHERE n = 999", "DELETE FROM t",
        "DELETE FROM t WHERE id IN (SELECT id FROM t WHERE w = 'w999')",
    ])
    func `what is done to an added row does not hide the innocent one`(sql: String) throws {
        let world = try World()
        try world.remote.psql(Self.addition)
        // The zones know that no batch can hold these.
        let local = try Connection(path: world.path, access: .readWrite, routines: .linked)
        try local.execute("UPDATE stretch_batch SET zones = x''")
        let error = #expect(throws: StretchError.self) { try world.open().query(sql) }
        #expect(error?.code == .damaged)
        #expect(try local.integer("SELECT count(*) FROM stretch_tombstone") == 0)
        #expect(try world.open().query("SELECT n FROM t WHERE id = 13").rows == [["x13"]])
        #expect(try !world.open().verify().isSound)
    }

    @Test func `two rows of one key are damage`() throws {
        let world = try World()
        // In the place of a row that is gone.
        try world.remote.psql(
            """
            UPDATE t SET id = 13, n = 14 WHERE id = 23
            """)
        let local = try Connection(path: world.path, access: .readWrite, routines: .linked)
        try local.execute("UPDATE stretch_batch SET zones = x''")
        let error = #expect(throws: StretchError.self) {
            try world.open().query("SELECT n FROM t WHERE id = 13")
        }
        #expect(error?.code == .damaged)
        #expect(try !world.open().verify().isSound)
    }

    @Test(arguments: [
        "UPDATE t SET _b = 77 WHERE id = 13", "UPDATE t SET _o = -1 WHERE id = 13",
        "UPDATE t SET _o = 2147483647 WHERE id = 13", "UPDATE t SET _b = -_b WHERE id = 13",
        "INSERT INTO t(_b, _o, id) VALUES(77, 0, 13)",
    ])
    func `rows of no batch are damage, and verify finds them`(sql: String) throws {
        let world = try World()
        try world.remote.psql(sql)
        for query in ["SELECT * FROM t WHERE id = 13", "SELECT * FROM t ORDER BY id LIMIT 20"] {
            let error = #expect(throws: StretchError.self) { try world.open().query(query) }
            #expect(error?.code == .damaged, "\(query)")
        }
        let kinds = try Set(world.open().verify().findings.map(\.kind))
        #expect(kinds == (sql.hasPrefix("INSERT") ? [.strayRows] : [.missingRows]))
    }

    @Test func `a wrong count of batches changes no answer`() throws {
        for count in ["0", "4", "6", "1000000"] {
            let world = try World()
            try world.remote.psql("UPDATE stretch_relation SET batch_count = \(count)")
            for query in Self.queries {
                do {
                    try world.compare(query)
                } catch let error as StretchError {
                    #expect(error.code == .damaged || error.code == .busy)
                }
            }
        }
    }
}
