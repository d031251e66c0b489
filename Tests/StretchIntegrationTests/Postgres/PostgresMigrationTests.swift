import Foundation
import Stretch
import StretchCore
import StretchEngine
import StretchKeystore
import StretchSQLite
import StretchTestSupport
import Testing

@Suite struct PostgresMigrationTests {
    private static let script = """
        PRAGMA journal_mode = WAL;
        CREATE TABLE orders(
            id INTEGER PRIMARY KEY, customer TEXT, price DECIMAL(10,2), placed DATETIME, note);
        CREATE INDEX orders_by_customer ON orders(customer COLLATE NOCASE, placed);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
        INSERT INTO orders SELECT i, 'Customer ' || i % 50, i * 1.25,
            date('2020-01-01', '+' || i || ' days'),
            CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN i WHEN 2 THEN 'note' || char(0) || i
                ELSE x'ff00' END FROM n;
        """

    private static func open(_ path: String) throws -> StretchDatabase {
        var configuration = Configuration.everyRemote
        configuration.credential = { (_, _) throws(StretchError) in PostgresRemote.credential }
        return try StretchDatabase(path: path, configuration: configuration)
    }

    private static let queries = [
        "SELECT * FROM orders ORDER BY id", "SELECT count(*), sum(price), max(placed) FROM orders",
        "SELECT * FROM orders WHERE id = 17",
        "SELECT * FROM orders WHERE id IN (5, 600, 1999, 7) ORDER BY id",
        "SELECT id, typeof(price), typeof(placed), quote(note) FROM orders ORDER BY note, id",
        "SELECT id FROM orders WHERE price > 100 AND price <= 2000.5 ORDER BY id",
        "SELECT id FROM orders WHERE placed BETWEEN '2021-01-01' AND '2021-03-01' ORDER BY placed",
        "SELECT id FROM orders WHERE customer = 'customer 7' COLLATE NOCASE ORDER BY id",
        "SELECT id FROM orders WHERE note IS NULL ORDER BY id LIMIT 5",
        "SELECT a.id, b.id FROM orders a JOIN orders b ON b.id = a.id + 1000 ORDER BY a.id",
    ]

    @Test func `a table on PostgreSQL answers, updates and deletes like the plain table`() throws {
        let folder = try TemporaryFolder()
        let (path, plainPath) = (folder.path("app.db"), folder.path("plain.db"))
        for path in [path, plainPath] {
            try Connection(path: path, access: .create, routines: .linked).execute(Self.script)
        }
        let plain = try Connection(path: plainPath, access: .readWrite, routines: .linked)
        let remote = try PostgresRemote()
        let database = try Self.open(path)
        let address = remote.server.address(of: remote.database)
        let report = try database.enable(server: address)
        #expect(report.server.contains("schema=stretch_"))
        #expect(!report.server.contains("Secret"))
        try database.tables["orders"].enable(filter: "id <= 1800")
        let movement = try database.migrate()
        #expect(movement.rowCount == 1_800)
        let indexes = try remote.server.psql(
            "SELECT count(*) FROM pg_indexes WHERE tablename = 'orders'", database: remote.database)
        #expect(indexes == "4")
        let dates = try remote.server.psql(
            "SELECT count(placed) FROM \(report.schema).orders WHERE placed < '2020-02-01'",
            database: remote.database)
        #expect(dates == "30")
        for query in Self.queries {
            #expect(try database.query(query).rows == plain.rows(query), "\(query)")
        }
        let changes = [
            "UPDATE orders SET price = price + 1 WHERE id % 100 = 0",
            "DELETE FROM orders WHERE id BETWEEN 300 AND 320",
            """
            INSERT INTO orders VALUES (10, 'again', 1, 2, 3)
            ON CONFLICT(id) DO UPDATE SET note = 'up'
            """,
        ]
        for change in changes {
            _ = try database.query(change)
            try plain.execute(change)
        }
        for query in Self.queries {
            #expect(try database.query(query).rows == plain.rows(query), "\(query)")
        }
        try database.migrate()
        let reopened = try Self.open(path)
        for query in Self.queries {
            #expect(try reopened.query(query).rows == plain.rows(query), "\(query)")
        }
        _ = try reopened.tables["orders"].bringBack()
        let hot = try Connection(path: path, access: .readWrite, routines: .linked)
        #expect(try hot.rows(Self.queries[0]) == plain.rows(Self.queries[0]))
    }
}

extension DatabaseReport {
    /// The schema that the address names.
    fileprivate var schema: String {
        String(server.split(separator: "schema=").last ?? "")
    }
}
