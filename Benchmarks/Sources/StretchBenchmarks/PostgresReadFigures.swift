import CBarePeer
import Foundation
import Stretch
import StretchTestSupport

/// Reading cold rows: one by key, many by key, a column, and all.
struct PostgresReadFigures {
    let server: PostgresServer
    let rowCount: Int
    let roundCount: Int

    private static let columns = "id, customer, created, total, note"
    private static let pointReadCount = 2_000

    func run() throws {
        let orders = try server.stretchedFile("reads", rowCount: rowCount)
        _ = try orders.migrate(upTo: rowCount)
        try server.server.psql("VACUUM ANALYZE", database: orders.remote)
        let peer = server.barePeer(orders.remote)
        defer { bare_peer_close(peer) }
        print("\n\(rowCount) cold rows:")
        try printFew(orders, peer)
        try printJoins(orders)
        try printScans(orders, peer)
    }

    // MARK: Few rows

    static func keys(_ count: Int, of rowCount: Int) -> [Int64] {
        (0..<count).map { Int64($0 * 48_271 % max(1, rowCount - 1)) + 1 }
    }

    /// Reads rows one by one through a prepared statement; returns the seconds.
    static func pointReads(_ orders: StretchedOrders, _ count: Int, _ rowCount: Int) throws
        -> Double
    {
        let statement = try orders.database.prepare("SELECT * FROM orders WHERE id = ?")
        let keys = keys(count, of: rowCount)
        return try seconds {
            for key in keys {
                try statement.bind([.integer(key)])
                guard try statement.step(), statement.integer(0) == key else { throw WrongAnswer() }
                for column in 1..<5 { _ = statement.column(column) }
                statement.reset()
            }
        }
    }

    /// Reads 1,000 rows by one list, some times.
    static func listReads(_ orders: StretchedOrders, _ count: Int, _ rowCount: Int) throws -> Double
    {
        let list = keys(1_000, of: rowCount).map(String.init).joined(separator: ",")
        let statement = try orders.database.prepare("SELECT * FROM orders WHERE id IN (\(list))")
        return try seconds {
            for _ in 0..<count {
                var found = 0
                while try statement.step() { found += 1 }
                guard found == 1_000 else { throw WrongAnswer() }
                statement.reset()
            }
        }
    }

    private func printFew(_ orders: StretchedOrders, _ peer: OpaquePointer) throws {
        let count = PostgresReadFigures.pointReadCount
        let keys = PostgresReadFigures.keys(count, of: rowCount)
        let point = "SELECT \(PostgresReadFigures.columns) FROM \(orders.table) WHERE id = $1"
        let trips = orders.database.roundTripCount
        _ = try PostgresReadFigures.pointReads(orders, 100, rowCount)
        let firstTrips = orders.database.roundTripCount - trips
        _ = try PostgresReadFigures.pointReads(orders, 100, rowCount)
        let tripsPerRead =
            Double(orders.database.roundTripCount - trips - firstTrips) / 100
        var work = Rounds()
        work.add("Stretch") { try PostgresReadFigures.pointReads(orders, count, rowCount) }
        work.add("libpq") {
            seconds { _ = bare_peer_point_reads(peer, point, keys, count) }
        }
        let listCount = 10
        let list = PostgresReadFigures.keys(1_000, of: rowCount).map(String.init)
        let listSQL =
            "SELECT \(PostgresReadFigures.columns) FROM \(orders.table) WHERE id = ANY($1::int8[])"
        let array = "{\(list.joined(separator: ","))}"
        work.add("list") { try PostgresReadFigures.listReads(orders, listCount, rowCount) }
        work.add("list, libpq") {
            seconds { for _ in 0..<listCount { _ = bare_peer_query(peer, listSQL, array) } }
        }
        try work.run(max(roundCount, 7))
        let plan = try server.server.psql(
            """
            EXPLAIN (ANALYZE, TIMING OFF) SELECT \(PostgresReadFigures.columns)
            FROM \(orders.table) WHERE id = ANY('\(array)'::int8[])
            """, database: orders.remote)
        let serverTime = plan.split(separator: "\n").suffix(2).compactMap { line in
            line.split(separator: " ").compactMap { Double($0) }.first
        }.reduce(0, +)
        func each(_ name: String, _ count: Int) -> Double {
            (work.median(name) ?? .nan) / Double(count) * 1e3
        }
        let (ours, theirs) = (each("Stretch", count), each("libpq", count))
        let (ourList, theirList) = (each("list", listCount), each("list, libpq", listCount))
        printTable(
            ["operation", "Stretch ms", "libpq ms", "ratio", "target", "met"],
            [
                [
                    "point read", ours.formatted(digits: 3), theirs.formatted(digits: 3),
                    (ours / theirs).formatted(digits: 2), "≤ 1.5",
                    ours / theirs <= 1.5 ? "yes" : "NO",
                ],
                [
                    "1,000 keys in one list", ourList.formatted(digits: 2),
                    theirList.formatted(digits: 2), (ourList / theirList).formatted(digits: 2),
                    "≤ 5 ms + server's \(serverTime.formatted(digits: 1))",
                    ourList <= 5 + serverTime ? "yes" : "NO",
                ],
            ])
        print("round trips of a point read: \(tripsPerRead.formatted(digits: 2))")
    }

    // MARK: Joins

    private func printJoins(_ orders: StretchedOrders) throws {
        let database = orders.database
        try database.execute(
            """
            CREATE TABLE IF NOT EXISTS picked(place INTEGER PRIMARY KEY, orderID INTEGER);
            DELETE FROM picked;
            """)
        for (place, key) in PostgresReadFigures.keys(1_000, of: rowCount).enumerated() {
            try database.execute("INSERT INTO picked VALUES(\(place), \(key))")
        }
        var rows: [[String]] = []
        for (name, sql) in [
            (
                "join on 1,000 scattered keys",
                "SELECT sum(total) FROM picked JOIN orders ON orders.id = picked.orderID"
            ),
            (
                "LEFT JOIN on the same keys",
                "SELECT sum(total) FROM picked LEFT JOIN orders ON orders.id = picked.orderID"
            ),
            (
                "a subquery for each of them",
                """
                SELECT sum((SELECT total FROM orders WHERE orders.id = picked.orderID)) FROM picked
                """
            ),
            (
                "IN (SELECT …) on them",
                "SELECT sum(total) FROM orders WHERE id IN (SELECT orderID FROM picked)"
            ),
        ] {
            let trips = database.roundTripCount
            let time = try seconds { _ = try database.query(sql) }
            let count = database.roundTripCount - trips
            rows.append([
                name, (time * 1e3).formatted(digits: 1), "\(count)", "≤ 20",
                count <= 20 ? "yes" : "NO",
            ])
        }
        print("")
        printTable(["operation", "ms", "round trips", "target", "met"], rows)
    }

    // MARK: Scans

    private func printScans(_ orders: StretchedOrders, _ peer: OpaquePointer) throws {
        let address = server.server.address(of: orders.remote)
        let foreign = try foreignTable(of: orders)
        let fdw = server.barePeer(foreign)
        defer { bare_peer_close(fdw) }
        func copy(_ columns: String) -> String {
            "COPY (SELECT \(columns) FROM \(orders.table)) TO STDOUT (FORMAT binary)"
        }
        var table: [[String]] = []
        for (name, sql, columns, duckWork, remoteSQL) in [
            (
                "sum of one column", "SELECT sum(total) FROM orders", "total", "sum",
                "SELECT sum(total) FROM orders"
            ),
            (
                "all columns", "SELECT * FROM orders", PostgresReadFigures.columns, "scan",
                "SELECT \(PostgresReadFigures.columns) FROM orders"
            ),
        ] {
            let statement = try orders.database.prepare(sql)
            var work = Rounds()
            work.add("Stretch") {
                try seconds {
                    while try statement.step() {
                        for column in 0..<statement.columnCount { _ = statement.integer(column) }
                    }
                    statement.reset()
                }
            }
            work.add("same COPY") {
                seconds { _ = bare_peer_copy_out(peer, copy("_b, _o, " + columns), nil) }
            }
            work.add("COPY of the columns") {
                seconds { _ = bare_peer_copy_out(peer, copy(columns), nil) }
            }
            work.add("DuckDB") {
                try server.seconds(
                    ofPeer: "duckdb_peer.py", [duckWork, address, orders.table])
            }
            work.add("postgres_fdw") {
                seconds { _ = bare_peer_query(fdw, remoteSQL, nil) }
            }
            try work.run(max(roundCount, 5))
            let ours = work.median("Stretch") ?? .nan
            for peer in work.names {
                let isTarget = peer == "same COPY"
                guard let time = work.median(peer) else {
                    table.append(["\(name): \(peer)", "not here", "", "", ""])
                    continue
                }
                let ratio = ours / time
                table.append([
                    "\(name): \(peer)", (time * 1e3).formatted(digits: 0),
                    ratio.formatted(digits: 2), isTarget ? "≤ 1.3" : "",
                    isTarget ? (ratio <= 1.3 ? "yes" : "NO") : "",
                ])
            }
        }
        print("")
        printTable(["scan", "ms", "Stretch ÷ this", "target", "met"], table)
    }

    /// A second database of the server, in which the rows are a foreign table.
    private func foreignTable(of orders: StretchedOrders) throws -> String {
        let database = try server.server.makeDatabase()
        try server.server.psql(
            """
            CREATE EXTENSION postgres_fdw;
            CREATE SERVER cold FOREIGN DATA WRAPPER postgres_fdw OPTIONS (
                host '\(server.server.socketFolder)', port '\(server.server.port)',
                dbname '\(orders.remote)', fetch_size '10000');
            CREATE USER MAPPING FOR \(PrivatePostgres.login) SERVER cold OPTIONS (
                user '\(PrivatePostgres.login)', password '\(PrivatePostgres.password)');
            CREATE FOREIGN TABLE orders(id bigint, customer bigint, created text COLLATE "C",
                total double precision, note text COLLATE "C")
            SERVER cold OPTIONS (schema_name '\(orders.schema)', table_name 'orders');
            """, database: database)
        return database
    }
}

/// An answer that is not what was asked for: the figures would mean nothing.
struct WrongAnswer: Error {}
