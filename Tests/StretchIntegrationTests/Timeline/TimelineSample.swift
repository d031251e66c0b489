import Foundation
import Stretch
import StretchCore
import StretchEndpoint
import StretchEngine
import StretchKeystore
import StretchSQLite
import StretchTestSupport
import Testing

/// A stretched table of 60 rows of which 40 are eligible, with a keystore and a remote.
struct TimelineSample {
    static let all = "SELECT id, v, n FROM t ORDER BY id"

    let folder: TemporaryFolder
    let remote: PostgresRemote?
    private let wrap: @Sendable (any Endpoint) -> any Endpoint
    var path: String { folder.path("app.db") }
    var keystore: Keystore { Keystore(path: folder.path("keystore")) }

    /// - Parameters:
    ///   - kind: `file` or `postgresql`.
    ///   - login: The administrator of an embedded remote.
    ///   - wrap: What is put around each session.
    init(
        _ kind: String = "file", login: RemoteCredential? = nil,
        wrap: @escaping @Sendable (any Endpoint) -> any Endpoint = { $0 }
    ) throws {
        self.wrap = wrap
        folder = try TemporaryFolder(isInMemory: true)
        remote = kind == "postgresql" ? try PostgresRemote() : nil
        do {
            let plain = try Connection(path: path, access: .create, routines: .linked)
            try plain.execute(
                """
                PRAGMA journal_mode = WAL;
                CREATE TABLE t(id INTEGER PRIMARY KEY, v TEXT, n INT);
                WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 60)
                INSERT INTO t SELECT i, 'row ' || i, i FROM c
                """)
        }
        let database = try open(login: login)
        try database.enable(server: remote?.address.description ?? "file:cold.db")
        try database.tables["t"].enable(filter: "n <= 40")
    }

    func configuration(
        login: RemoteCredential? = nil, keystore: Keystore? = nil
    ) -> Configuration {
        var configuration = remote == nil ? Configuration.everyRemote : PostgresRemote.configuration
        if remote == nil {
            configuration.credential = { (_, _) throws(StretchError) in login }
        }
        configuration.keystore = keystore ?? self.keystore
        configuration.wrapSessions { [wrap] in wrap($0) }
        return configuration
    }

    /// Opens a file of the folder.
    func open(
        _ name: String = "app.db", login: RemoteCredential? = nil, keystore: Keystore? = nil
    ) throws -> StretchDatabase {
        try StretchDatabase(
            path: folder.path(name),
            configuration: configuration(login: login, keystore: keystore))
    }

    /// Copies the file as any backup tool does.
    func backUp(to name: String) throws {
        try Connection(path: path, access: .readWrite, routines: .linked).execute(
            "VACUUM INTO '\(folder.path(name))'")
    }

    /// Puts a copy in the place of the file, under the same inode.
    func restoreInPlace(_ name: String) throws {
        for suffix in ["-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: path + suffix)
        }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path(name)))
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.truncate(atOffset: 0)
        try handle.write(contentsOf: bytes)
        try handle.close()
    }

    static func contents(_ database: StretchDatabase) throws -> [[Value]] {
        try database.query(all).rows
    }

    /// More life: rows come, move, change and go.
    func live(_ database: StretchDatabase, from id: Int) throws {
        try database.execute("INSERT INTO t VALUES (\(id), 'new', 10), (\(id + 1), 'hot', 90)")
        try database.migrate(batchRowCount: 5)
        try database.execute("UPDATE t SET v = 'changed \(id)' WHERE id IN (3, 50)")
        try database.execute("DELETE FROM t WHERE id = 7")
        try database.tables["t"].bringBack(where: "id <= 5")
        try database.tables["t"].alter(filter: "n <= 45")
        try database.migrate(batchRowCount: 7)
    }

    /// Searches every file of the folder for secrets.
    func expectNoSecret(_ secrets: [String]) throws {
        let files = try #require(FileManager.default.enumerator(atPath: folder.path))
        for case let name as String in files {
            let bytes = FileManager.default.contents(atPath: folder.path(name)) ?? Data()
            for secret in secrets {
                #expect(bytes.range(of: Data(secret.utf8)) == nil, "\(name)")
            }
        }
    }
}
