import Foundation
import StretchCore
import StretchEndpoint
import StretchPostgres
import StretchSQLite
import Testing

@Suite struct PostgresRowsTests {
    private static let start = TimelinePosition(branch: 7, epoch: 0, token: 70)

    private static func buffer(_ rows: [[Value]]) -> RowBuffer {
        let buffer = RowBuffer(columnCount: rows.first?.count ?? 0)
        for (ordinal, row) in rows.enumerated() {
            buffer.beginRow(identifier: Int64(ordinal))
            for value in row { buffer.append(value) }
        }
        return buffer
    }

    private static func batch(_ id: Int64, _ rows: [[Value]], columns: [Int64]) -> NewBatch {
        NewBatch(
            id: id, relation: 5, columns: columns, rowCount: Int64(rows.count),
            digest: [UInt8](repeating: UInt8(id & 0xff), count: 32))
    }

    private static func relation(_ columns: [(String, Affinity)]) -> Relation {
        Relation(
            id: 5, name: "Orders",
            columns: columns.enumerated().map {
                RemoteColumn(
                    id: Int64($0.offset + 1), name: $0.element.0, affinity: $0.element.1,
                    defaultValue: .null)
            }, key: [OrderTerm(column: 1)], indexes: [])
    }

    private static func keys(
        of endpoint: PostgresEndpoint, _ batches: [VisibleBatch], at position: TimelinePosition,
        constraints: [ColdConstraint] = []
    ) throws -> [Value] {
        let scan = try endpoint.scan(
            ColdScanRequest(
                relation: 5, position: position, batches: batches, columns: [1],
                constraints: constraints))
        let page = RowBuffer(columnCount: 1)
        var keys: [Value] = []
        while try scan.nextPage(into: page, maximumRowCount: 1_000) {
            keys += (0..<page.rowCount).map { page.values(ofRow: $0)[0] }
        }
        return keys
    }

    @Test func `a person with psql reads cold rows as ordinary columns`() throws {
        let remote = try PostgresRemote()
        let endpoint = remote.makeEndpoint()
        try endpoint.register(database: 1, position: Self.start)
        let long = String(repeating: "n", count: 70)
        let names: [(String, Affinity)] = [
            ("id", .integer), ("Total Price", .real), ("price", .numeric), ("note", .text),
            ("photo", .blob), ("xmin", .integer), ("_b", .integer), (long, .integer),
            (long + "2", .integer), ("", .integer), ("select", .text), ("q\"uote", .text),
        ]
        try endpoint.provision(Self.relation(names))
        let row: [Value] = [
            1, 2.5, 3, "it's \\ fine", .blob([1, 2]), 6, 7, 8, 9, 10, "key", "word",
        ]
        try endpoint.commit(
            Self.batch(11, [row], columns: Array(1...12)), rows: Self.buffer([row]),
            from: Self.start, to: Self.start.next(token: 71))
        let found = try remote.psql(
            """
            SELECT id, "Total Price", price, note, photo, "select", "q""uote", _x FROM "Orders"
            """)
        #expect(found == "1|2.5|3|it's \\ fine|\\x0102|key|word|")
        let columns = try remote.psql(
            """
            SELECT attname FROM pg_attribute WHERE attrelid = '"Orders"'::regclass AND attnum > 3
            ORDER BY attnum
            """
        ).split(separator: "\n").map(String.init)
        #expect(columns.count == 12)
        #expect(columns[5] == "xmin_6")
        #expect(columns[7].hasPrefix("nnnn") && columns[8].hasPrefix("nnnn"))
        #expect(Set(columns).count == 12)
    }

    @Test func `too many columns are refused before anything is made`() throws {
        let endpoint = try PostgresRemote().makeEndpoint()
        try endpoint.register(database: 1, position: Self.start)
        let columns = (1...1_591).map { ("c\($0)", Affinity.integer) }
        let error = #expect(throws: StretchError.self) {
            try endpoint.provision(Self.relation(columns))
        }
        #expect(error?.code == .unsupported)
        try endpoint.provision(Self.relation(Array(columns.dropLast())))
    }

    @Test func `a server that lost the last epochs is refused, also by open sessions`() throws {
        let remote = try PostgresRemote()
        let endpoint = remote.makeEndpoint()
        try endpoint.register(database: 1, position: Self.start)
        try endpoint.provision(Self.relation([("id", .integer)]))
        let rows: [[Value]] = [[1], [2]]
        let next = Self.start.next(token: 71)
        try endpoint.commit(
            Self.batch(11, rows, columns: [1]), rows: Self.buffer(rows), from: Self.start, to: next)
        let batches = [VisibleBatch(id: 11, number: 1, rowCount: 2)]
        let one = [ColdConstraint(column: 1, comparison: .equal(1))]
        #expect(try Self.keys(of: endpoint, batches, at: next).count == 2)
        #expect(try Self.keys(of: endpoint, batches, at: next, constraints: one) == [1])
        try remote.psql(
            """
            DELETE FROM stretch_history WHERE epoch = 1; DELETE FROM stretch_batch;
            DELETE FROM "Orders"; UPDATE stretch_branch SET head_epoch = 0
            """)
        for constraints in [[], one] {
            let error = #expect(throws: StretchError.self) {
                _ = try Self.keys(of: endpoint, batches, at: next, constraints: constraints)
            }
            #expect(error?.code == .remoteMismatch)
        }
        let error = #expect(throws: StretchError.self) {
            try endpoint.read(
                batch: 11, columns: [1], from: 0, maximumRowCount: 10,
                into: RowBuffer(columnCount: 1))
        }
        #expect(error?.code == .remoteMismatch)
    }

    @Test func `ten thousand batches are read by point, list and scan`() throws {
        let remote = try PostgresRemote()
        let endpoint = remote.makeEndpoint()
        try endpoint.register(database: 1, position: Self.start)
        try endpoint.provision(Self.relation([("id", .integer)]))
        // What ten thousand commits leave behind.
        try remote.psql(
            """
            INSERT INTO stretch_batch(id, relation, branch, epoch, row_count, byte_count, digest,
                columns)
            SELECT 1000 + n, 5, 7, n, 2, 18, ''::bytea, '{1}' FROM generate_series(1, 10000) AS n;
            INSERT INTO stretch_history SELECT 7, n, n FROM generate_series(1, 10000) AS n;
            INSERT INTO "Orders"(_b, _o, id)
            SELECT 1000 + n, o, 2 * n + o FROM generate_series(1, 10000) AS n,
                generate_series(0, 1) AS o;
            UPDATE stretch_relation SET batch_count = 10000, row_count = 20000;
            UPDATE stretch_branch SET head_epoch = 10000
            """)
        let position = TimelinePosition(branch: 7, epoch: 10_000, token: 10_000)
        let all = (1...10_000).map {
            VisibleBatch(id: Int64(1_000 + $0), number: Int64($0), rowCount: 2)
        }
        #expect(try Self.keys(of: endpoint, all, at: position).count == 20_000)
        let before = endpoint.roundTripCount
        for key in [2, 777, 20_001] {
            let found = try Self.keys(
                of: endpoint, all, at: position,
                constraints: [ColdConstraint(column: 1, comparison: .equal(.integer(Int64(key))))])
            #expect(found == [.integer(Int64(key))])
        }
        #expect(endpoint.roundTripCount == before + 3)
        let list = (1...1_000).map { Value.integer(Int64($0 * 20)) }
        let found = try Self.keys(
            of: endpoint, all, at: position,
            constraints: [ColdConstraint(column: 1, comparison: .oneOf(list))])
        #expect(found.count == 1_000)
        #expect(try Self.keys(of: endpoint, Array(all.dropLast(3)), at: position).count == 19_994)
        #expect(try Self.keys(of: endpoint, Array(all.prefix(3)), at: position).count == 6)
    }
}
