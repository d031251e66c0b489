import CBarePeer
import Foundation
import Stretch
import StretchTestSupport

/// Moving a whole table: the protocol with read-back and local delete, against a script, against a
/// bare COPY, and beside programs that do not delete.
struct PostgresMigrationFigures {
    let server: PostgresServer
    let rowCount: Int
    let roundCount: Int
    let lockBudget: Duration

    func run() throws {
        for isSteady in [false, true] { try measure(isSteady: isSteady) }
    }

    private func measure(isSteady: Bool) throws {
        let data = try bareData(isSteady: isSteady)
        defer { try? FileManager.default.removeItem(atPath: data.path) }
        var (indexTimes, lockTimes): ([Double], [Double]) = ([], [])
        var work = Rounds()
        work.add("Stretch") {
            let (time, indexTime, lockTime) = try stretch(isSteady: isSteady)
            indexTimes.append(indexTime)
            lockTimes.append(lockTime)
            return time
        }
        work.add("Python script") { try script(isSteady: isSteady) }
        work.add("bare COPY") {
            bare_peer_run(data.peer, "TRUNCATE bare")
            return seconds {
                bare_peer_copy_in(
                    data.peer, "COPY bare FROM STDIN (FORMAT binary)", data.path)
            }
        }
        try work.run(roundCount)
        bare_peer_close(data.peer)
        // Too slow for more, and no target.
        var once = Rounds()
        once.add("DuckDB, no delete") { try duckDB(isSteady: isSteady) }
        once.add("pgloader, no delete") { try pgloader(isSteady: isSteady) }
        try once.run(1)

        let ours = work.median("Stretch") ?? .nan
        var rows: [[String]] = []
        for (rounds, name, limit) in [
            (work, "Stretch", nil), (work, "Python script", isSteady ? 2.5 : 4),
            (work, "bare COPY", 0.7), (once, "DuckDB, no delete", nil),
            (once, "pgloader, no delete", nil),
        ] as [(Rounds, String, Double?)] {
            guard let time = rounds.median(name) else {
                rows.append([name, "not here", "", "", "", ""])
                continue
            }
            let ratio = time / ours
            rows.append([
                name, time.formatted(digits: 2), (Double(rowCount) / time).formatted(digits: 0),
                ratio.formatted(digits: 2), limit.map { "≥ \($0.formatted(digits: 1))" } ?? "",
                limit.map { ratio >= $0 ? "yes" : "NO" } ?? "",
            ])
        }
        print(
            isSteady
                ? "\n\(rowCount) rows, the remote has the secondary index:"
                : "\n\(rowCount) rows, first load, before the remote has the secondary index:")
        printTable(["", "seconds", "rows/s", "Stretch is × as fast", "target", "met"], rows)
        print(
            "lock p99 \(lockTimes.median.formatted(digits: 1)) ms"
                + (isSteady ? "" : "; the index took \(indexTimes.median.formatted(digits: 2)) s"))
    }

    /// Moves all rows; a steady remote has got its index with some rows before.
    private func stretch(isSteady: Bool) throws -> (Double, index: Double, lock: Double) {
        let orders = try server.stretchedFile("migration", rowCount: rowCount)
        if isSteady { _ = try orders.migrate(upTo: max(1, rowCount / 1_000)) }
        try orders.database.tables["orders"].alter(filter: "id <= \(rowCount)")
        let clock = ContinuousClock()
        let start = clock.now
        var lastBatch = start
        var report: MigrationReport?
        let whole = try seconds {
            report = try orders.database.migrate(
                lockBudget: lockBudget, progress: { _ in lastBatch = clock.now })
        }
        let (whole2, attoseconds) = (lastBatch - start).components
        let moving = Double(whole2) + Double(attoseconds) * 1e-18
        let lock = report.map { $0.lockTimes.percentile(0.99) / .milliseconds(1) }
        return (moving, whole - moving, lock ?? .nan)
    }

    /// The rows of an indexed table like ours, in a file, and an empty such table.
    private func bareData(isSteady: Bool) throws -> (peer: OpaquePointer, path: String) {
        let orders = try server.stretchedFile("bare", rowCount: rowCount)
        _ = try orders.migrate(upTo: rowCount)
        let path = server.folder + "/stretch-bench-bare.copy"
        let peer = server.barePeer(orders.remote)
        bare_peer_save(peer, "COPY \(orders.table) TO STDOUT (FORMAT binary)", path)
        bare_peer_run(peer, "CREATE TABLE bare (LIKE \(orders.table) INCLUDING ALL)")
        if !isSteady {
            let name = try server.server.psql(
                """
                SELECT indexname FROM pg_indexes
                WHERE tablename = 'bare' AND indexdef LIKE '%(customer%'
                """, database: orders.remote)
            bare_peer_run(peer, "DROP INDEX \(name)")
        }
        return (peer, path)
    }

    // MARK: Peers

    private func peerTable(isSteady: Bool) throws -> String {
        let database = try server.server.makeDatabase()
        let index = isSteady ? "CREATE INDEX ON orders(customer);" : ""
        try server.server.psql(
            """
            CREATE TABLE orders(id bigint PRIMARY KEY, customer bigint, created text COLLATE "C",
                total double precision, note text COLLATE "C"); \(index)
            """, database: database)
        return database
    }

    private func peerFile() throws -> String {
        try OrdersFile(path: server.folder + "/stretch-bench-peer.db", rowCount: rowCount).path
    }

    private func script(isSteady: Bool) throws -> Double? {
        guard PostgresServer.peers != nil else { return nil }
        let database = try peerTable(isSteady: isSteady)
        return try server.seconds(
            ofPeer: "migrate.py",
            [try peerFile(), server.server.address(of: database), "orders"])
    }

    private func duckDB(isSteady: Bool) throws -> Double? {
        guard PostgresServer.peers != nil else { return nil }
        let database = try peerTable(isSteady: isSteady)
        return try server.seconds(
            ofPeer: "duckdb_peer.py",
            ["load", try peerFile(), server.server.address(of: database), "orders"])
    }

    private func pgloader(isSteady: Bool) throws -> Double? {
        guard FileManager.default.isExecutableFile(atPath: "/usr/bin/pgloader") else { return nil }
        let database = try peerTable(isSteady: isSteady)
        let script = server.folder + "/stretch-bench-pgloader.load"
        let address =
            "postgresql://\(PrivatePostgres.login)@unix:\(server.server.socketFolder):"
            + "\(server.server.port)/\(database)"
        try """
        LOAD DATABASE FROM sqlite://\(try peerFile()) INTO \(address)
        WITH data only, workers = 2, concurrency = 1;
        """.write(toFile: script, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: script) }
        var output = ""
        let time = try seconds { output = try server.output(of: "/usr/bin/pgloader", [script]) }
        let count = try server.server.psql("SELECT count(*) FROM orders", database: database)
        guard count == "\(rowCount)" else {
            print("pgloader moved \(count) rows: \(output.suffix(400))")
            return nil
        }
        return time
    }
}
