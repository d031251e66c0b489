import Foundation
import Stretch
import StretchEngine
import StretchMigration
import StretchSQLite
import StretchTestSupport
import Testing

/// A file with a table `orders(id, note, day)` of 120 rows, 100 of them eligible, and a remote on
/// PostgreSQL.
final class PostgresStretchedFile {
    static let all = "SELECT id, note, day FROM orders ORDER BY id"

    let folder: TemporaryFolder
    let path: String
    let database: StretchDatabase
    /// All rows, as they were at the start.
    let start: [[Value]]

    /// - Parameter noteSize: The bytes of each note, which do not compress.
    init(server address: String, noteSize: Int = 20) throws {
        folder = try TemporaryFolder(isInMemory: true)
        path = folder.path("app.db")
        let plain = try Connection(path: path, access: .create, routines: .linked)
        try plain.execute(
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE orders(id INTEGER PRIMARY KEY, note, day INT);
            CREATE INDEX orders_by_day ON orders(day);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 120)
            INSERT INTO orders SELECT i, CASE WHEN \(noteSize) > 100 THEN randomblob(\(noteSize))
                ELSE 'marker of ' || i END, i / 7 FROM n;
            """)
        start = try plain.rows(Self.all)
        database = try StretchDatabase(path: path, configuration: PostgresRemote.configuration)
        try database.enable(server: address)
        try database.tables["orders"].enable(filter: "id <= 100")
    }

    /// A migrator that does not wait between attempts.
    func makeMigrator() throws -> Migrator {
        let migrator = try Migrator(path: path, configuration: PostgresRemote.configuration)
        migrator.sleep = { _ in }
        return migrator
    }

    static func options(rowCount: Int) -> MigrationOptions {
        var options = MigrationOptions()
        options.maximumRowCount = rowCount
        return options
    }

    /// A new connection with Stretch.
    func reopen() throws -> StretchDatabase {
        try StretchDatabase(path: path, configuration: PostgresRemote.configuration)
    }

    func hotRowCount() throws -> Int64? {
        let plain = try Connection(path: path, access: .readOnly, routines: .linked)
        return try plain.integer("SELECT count(*) FROM orders")
    }

    /// Checks that every row is there once, and the remote what it should be.
    func checkSettled(_ comment: Comment, hotRowCount: Int64 = 20) throws {
        let database = try reopen()
        #expect(try database.query(Self.all).rows == start, comment)
        #expect(try self.hotRowCount() == hotRowCount, comment)
        let result = try database.verify()
        #expect(result.isSound, "\(comment): \(result)")
        #expect(try database.status().database.pendingStep == nil, comment)
    }
}
