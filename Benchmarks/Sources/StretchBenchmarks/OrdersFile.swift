import Foundation
import Stretch
import StretchTestSupport

/// A database file of orders with five columns and one secondary index.
struct OrdersFile {
    let path: String

    /// Makes the file anew, with ids from 1 and customers in random order.
    init(path: String, rowCount: Int, hasIndex: Bool = true) throws {
        self.path = path
        for suffix in ["", "-wal", "-shm", "-stretch-migrator", "-stretch-staging"] {
            try? FileManager.default.removeItem(atPath: path + suffix)
        }
        let connection = try Connection(path: path, access: .create, routines: .linked)
        try connection.execute(
            """
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = OFF;
            CREATE TABLE orders(
                id INTEGER PRIMARY KEY, customer INTEGER, created TEXT, total REAL, note TEXT);
            """)
        try connection.execute("BEGIN")
        let insert = try connection.prepare("INSERT INTO orders VALUES(?, ?, ?, ?, ?)")
        var random: UInt64 = 88_172_645_463_325_252
        for id in 1...Int64(rowCount) {
            random ^= random << 13
            random ^= random >> 7
            random ^= random << 17
            try insert.run(
                .integer(id), .integer(Int64(random % UInt64(max(1, rowCount / 100)))),
                .text("2024-01-01 00:00:\(id % 60)"), .real(Double(random % 100_000) / 100),
                .text("order number \(id), as usual"))
        }
        if hasIndex { try connection.execute("CREATE INDEX orders_customer ON orders(customer)") }
        try connection.execute("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)")
    }

    func openPlain() throws -> Connection {
        let connection = try Connection(path: path, access: .readWrite, routines: .linked)
        try connection.execute("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -65536")
        return connection
    }

    /// Enables the file; rows with an id up to `coldCount` are cold when it returns.
    func openStretched(
        coldCount: Int, _ configuration: Configuration = .everyRemote
    ) throws -> StretchDatabase {
        let archive = path + ".archive"
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: archive + suffix)
        }
        let database = try StretchDatabase(path: path, configuration: configuration)
        try database.enable(server: "file:\(archive)")
        _ = try database.tables["orders"].enable(filter: "id <= \(coldCount)")
        if coldCount > 0 { _ = try database.migrate() }
        try database.execute("PRAGMA synchronous = NORMAL")
        try database.execute("PRAGMA cache_size = -65536")
        return database
    }
}
