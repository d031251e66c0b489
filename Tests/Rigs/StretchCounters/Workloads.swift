internal import Foundation
internal import Stretch
internal import StretchMigration
internal import StretchTestSupport

/// The life of one file on one remote, in workloads that are counted.
final class Workloads {
    private let counter: Counter
    private let folder: TemporaryFolder
    private let server: String
    private let configuration: Configuration
    private(set) var counts: [String: Counts] = [:]

    private static let batchRowCount = 2_500

    /// - Parameter server: The address of a PostgreSQL database, or `nil` for a SQLite file.
    init(_ counter: Counter, server: String?) throws {
        self.counter = counter
        self.server = server ?? "file:cold.db"
        folder = try TemporaryFolder(isInMemory: true)
        var configuration = Configuration.everyRemote
        configuration.routines = counter.routines
        configuration.keystore = Keystore(path: folder.path("keystore"))
        configuration.credential = { (_, _) throws(StretchError) in
            server.map { _ in
                RemoteCredential(login: PrivatePostgres.login, password: PrivatePostgres.password)
            }
        }
        configuration.wrapSessions { counter.add($0) }
        self.configuration = configuration
        // 20,000 orders; the older half is eligible, and the key follows the day.
        try Connection(path: folder.path("app.db"), access: .create, routines: .linked).execute(
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE orders(id INTEGER PRIMARY KEY, day INT, total REAL, note TEXT);
            CREATE INDEX orders_by_day ON orders(day);
            CREATE TABLE wanted(id INTEGER PRIMARY KEY, "order" INT);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
            INSERT INTO orders SELECT i, i / 20, i % 97 * 1.25, 'order ' || i FROM n;
            INSERT INTO wanted SELECT id / 100, id FROM orders WHERE id % 100 = 7;
            """)
    }

    private func open(_ name: String = "app.db") throws -> StretchDatabase {
        try StretchDatabase(path: folder.path(name), configuration: configuration)
    }

    private func measure(_ name: String, _ body: () throws -> Void) rethrows {
        counts[name] = try counter.count(body)
    }

    /// Runs all workloads, one after the other: each finds what those before it left.
    func run() throws {
        let database = try open()
        try measure("enable a database and a table") {
            try database.enable(server: server)
            try database.tables["orders"].enable(filter: "day < 500")
        }
        try measure("migrate 9,999 rows in 4 batches") {
            try database.migrate(batchRowCount: Self.batchRowCount)
        }
        try measure("migrate again, with nothing to do") {
            try database.migrate(batchRowCount: Self.batchRowCount)
        }
        try read(database)
        try write(database)
        try move(database)
        try restore(database)
    }

    private func read(_ database: StretchDatabase) throws {
        let queries = [
            ("first query of a connection", "SELECT total FROM orders WHERE id = 15000"),
            ("hot row by key", "SELECT total FROM orders WHERE id = 15001"),
            ("cold row by key", "SELECT total FROM orders WHERE id = 5001"),
            ("no row by key", "SELECT total FROM orders WHERE id = 50000"),
            (
                "12 keys",
                "SELECT sum(total) FROM orders WHERE id IN (1,2,3,900,901,5000,9000,"
                    + "9001,12000,15000,19000,30000)"
            ),
            (
                "1,000 cold rows by a key range",
                "SELECT sum(total) FROM orders WHERE id BETWEEN 3001 AND 4000"
            ),
            (
                "2,000 rows on both sides by an index",
                "SELECT sum(total) FROM orders WHERE day BETWEEN 450 AND 549"
            ),
            ("sum of 20,000 rows", "SELECT sum(total) FROM orders"),
            ("count of 20,000 rows", "SELECT count(*) FROM orders"),
            (
                "scan of 20,000 rows in key order",
                "SELECT count(note) FROM (SELECT id, note FROM orders ORDER BY id LIMIT -1)"
            ),
            ("10 newest rows", "SELECT id FROM orders ORDER BY id DESC LIMIT 10"),
            ("10 oldest rows", "SELECT id FROM orders ORDER BY id LIMIT 10"),
            (
                "group by day of cold rows",
                "SELECT day, count(*) FROM orders WHERE day < 100 GROUP BY day"
            ),
            (
                "join that looks 200 keys up",
                """
                SELECT sum(total) FROM wanted CROSS JOIN orders ON orders.id = wanted."order"
                """
            ),
        ]
        for (name, sql) in queries {
            try measure(name) { _ = try database.query(sql) }
        }
    }

    private func write(_ database: StretchDatabase) throws {
        try measure("insert 100 rows") {
            for id in 20_001...20_100 {
                try database.execute("INSERT INTO orders VALUES (\(id), 900, 1, 'new')")
            }
        }
        try measure("update 100 hot rows, one by one") {
            for id in 20_001...20_100 {
                try database.execute("UPDATE orders SET total = 2 WHERE id = \(id)")
            }
        }
        try measure("update 20 cold rows, one by one") {
            for id in 1_001...1_020 {
                try database.execute("UPDATE orders SET total = 2 WHERE id = \(id)")
            }
        }
        try measure("update 500 cold rows at once") {
            try database.execute("UPDATE orders SET total = 3 WHERE id BETWEEN 2001 AND 2500")
        }
        try measure("delete 20 cold rows, one by one") {
            for id in 1_101...1_120 {
                try database.execute("DELETE FROM orders WHERE id = \(id)")
            }
        }
        try measure("delete 500 cold rows at once") {
            try database.execute("DELETE FROM orders WHERE id BETWEEN 6001 AND 6500")
        }
    }

    private func move(_ database: StretchDatabase) throws {
        try measure("migrate 520 changed rows") {
            try database.migrate(batchRowCount: Self.batchRowCount)
        }
        try measure("bring 1,000 rows back") {
            // The size of a chunk is fixed, because it else adapts to the time that it takes.
            var options = MigrationOptions()
            options.maximumRowCount = 500
            let migrator = try Migrator(
                path: folder.path("app.db"), configuration: configuration)
            _ = try migrator.bringBack(
                table: "orders", where: "id BETWEEN 7501 AND 8500", options: options)
        }
        try measure("status") { _ = try database.status() }
        try measure("verify") { _ = try database.verify() }
    }

    private func restore(_ database: StretchDatabase) throws {
        let backup = folder.path("backup.db")
        try measure("back up") { try database.backUp(to: backup) }
        try measure("restore and reauthorize") {
            _ = try StretchDatabase.restore(
                [backup], to: folder.path("restored.db"), configuration: configuration)
            _ = try open("restored.db").remote.reauthorize()
        }
        let restored = try open("restored.db")
        try measure("migrate in a branch of its own") {
            try restored.execute("INSERT INTO orders VALUES (30000, 1, 1, 'of the fork')")
            try restored.migrate(batchRowCount: Self.batchRowCount)
        }
    }
}
