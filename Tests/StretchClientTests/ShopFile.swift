import Foundation
import Stretch

/// A stretched database in a folder of its own: orders 1 to 4, of which 1 and 2 are cold.
struct ShopFile: ~Copyable {
    let folder: URL
    var path: String { folder.appending(path: "shop.db").path }

    init() throws {
        folder = URL.temporaryDirectory.appending(path: "stretch-client-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let connection = try Connection(path: path, access: .create, routines: .linked)
        for sql in [
            "CREATE TABLE orders(id INTEGER PRIMARY KEY, day TEXT, total REAL, note TEXT)",
            """
            INSERT INTO orders VALUES(1, '2020-01-01 10:00:00', 10.5, 'a'),
                (2, '2021-01-01 10:00:00', 20.0, NULL), (3, '2025-01-01 10:00:00', 30.0, 'c'),
                (4, '2025-06-01 10:00:00', 40.0, NULL)
            """,
        ] { try connection.prepare(sql).run() }
        let database = try open()
        try database.enable(server: "file:cold.db")
        try database.tables["orders"].enable(filter: "day < '2024'")
        _ = try database.migrate()
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func open() throws -> StretchDatabase {
        try StretchDatabase(path: path, configuration: .linked)
    }
}
