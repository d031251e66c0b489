import CBarePeer
import Foundation
import Stretch
import StretchTestSupport

/// The server of one run, which Stretch and its peers share.
final class PostgresServer {
    let server: PrivatePostgres
    let folder: String

    /// Starts a server whose files are in a folder on disk; it is gone with this process.
    init(folder: String) throws {
        self.folder = folder
        server = try PrivatePostgres(
            in: folder,
            settings: [
                "fsync = on", "shared_buffers = 256MB", "max_wal_size = 4GB",
                "log_checkpoints = off",
            ])
    }

    /// A file of orders whose remote is a database of its own.
    func stretchedFile(
        _ name: String, rowCount: Int, coldCount: Int = 0, keystore: Keystore? = nil
    ) throws -> StretchedOrders {
        let remote = try server.makeDatabase()
        let file = try OrdersFile(path: "\(folder)/stretch-bench-\(name).db", rowCount: rowCount)
        var configuration = Configuration.everyRemote
        configuration.keystore = keystore
        configuration.credential = { (_, _) throws(StretchError) in
            RemoteCredential(login: PrivatePostgres.login, password: PrivatePostgres.password)
        }
        let database = try StretchDatabase(path: file.path, configuration: configuration)
        let report = try database.enable(server: server.address(of: remote))
        let schema = report.server.components(separatedBy: "schema=").last ?? ""
        _ = try database.tables["orders"].enable(filter: "id <= \(coldCount)")
        return StretchedOrders(
            database: database, remote: remote,
            schema: schema.components(separatedBy: "&").first ?? schema, file: file)
    }

    /// A peer's connection that uses libpq alone.
    func barePeer(_ database: String) -> OpaquePointer {
        bare_peer_open(
            server.address(of: database), PrivatePostgres.login, PrivatePostgres.password)
    }

    /// The folder of the peers' scripts, or `nil` when what they need is not installed.
    static var peers: String? {
        let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let folder = source.appendingPathComponent("../../peers").standardized.path
        let python = folder + "/.venv/bin/python"
        return FileManager.default.isExecutableFile(atPath: python) ? folder : nil
    }

    /// Runs a script of the peers.
    ///
    /// - Returns: The seconds that it printed, or `nil` when it cannot run here.
    func seconds(ofPeer script: String, _ arguments: [String]) throws -> Double? {
        guard let peers = PostgresServer.peers else { return nil }
        let output = try output(
            of: peers + "/.venv/bin/python", ["\(peers)/\(script)"] + arguments)
        return output.split(whereSeparator: \.isWhitespace).last.flatMap { Double($0) }
    }

    /// Runs a program to its end.
    ///
    /// - Returns: What it printed; `nil` when it is missing or fails, and then says why.
    func output(of path: String, _ arguments: [String]) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        process.environment = [
            "PATH": "/usr/bin:/bin", "PGUSER": PrivatePostgres.login,
            "PGPASSWORD": PrivatePostgres.password, "LC_ALL": "C.UTF-8", "HOME": folder,
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { return "" }
        return String(decoding: data, as: UTF8.self)
    }
}

/// A file of orders and its remote.
struct StretchedOrders {
    let database: StretchDatabase
    /// The name of the remote's database, and of its schema.
    let remote: String
    let schema: String
    let file: OrdersFile

    /// The table of cold rows in SQL.
    var table: String { "\(schema).orders" }

    /// Makes all rows up to an id cold.
    func migrate(upTo id: Int, batchRowCount: Int? = nil) throws -> MigrationReport {
        try database.tables["orders"].alter(filter: "id <= \(id)")
        return try database.migrate(batchRowCount: batchRowCount)
    }
}

/// The times of some ways to do the same work, taken in turns, so that noise meets them all.
struct Rounds {
    private(set) var names: [String] = []
    private var times: [[Double]] = []
    private var works: [() throws -> Double?] = []

    /// - Parameter work: Does the work once; returns its seconds, or `nil` when it cannot run here.
    mutating func add(_ name: String, _ work: @escaping () throws -> Double?) {
        names.append(name)
        times.append([])
        works.append(work)
    }

    mutating func run(_ count: Int) throws {
        for round in 0..<count {
            for index in works.indices {
                // Nobody always comes behind the same other one.
                let turn = round % 2 == 0 ? index : works.count - 1 - index
                if let time = try works[turn]() { times[turn].append(time) }
            }
        }
    }

    /// The median of one way's seconds, or `nil` when it never ran.
    func median(_ name: String) -> Double? {
        guard let index = names.firstIndex(of: name), !times[index].isEmpty else { return nil }
        return times[index].median
    }
}
