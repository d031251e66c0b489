internal import StretchCore
internal import StretchEndpoint
import StretchSQLite

extension EndpointConformance {
    static var rowChecks: [Check] {
        [
            Check("every value survives commit, read and scan exactly") {
                let world = try ConformanceWorld($0)
                let rows = ValueOrder.samples.map { [$0, $0, $0] }
                let batch = try world.commit(rows)
                try require(world.read(batch.id), equals: rows, "the batch read back")
                try require(world.scan(world.request()).located, equals: world.rows, "the scan")
            },
            Check("every value survives in a column of any affinity") {
                let world = try ConformanceWorld($0)
                let affinities: [Affinity] = [.integer, .real, .numeric, .text, .blob]
                for (index, affinity) in affinities.enumerated() {
                    world.relation.columns.append(
                        RemoteColumn(
                            id: Int64(10 + index), name: affinity.rawValue, affinity: affinity,
                            defaultValue: .null))
                }
                try world.endpoint.provision(world.relation)
                let rows = ValueOrder.samples.map {
                    [Value](repeating: $0, count: world.relation.columns.count)
                }
                let batch = try world.commit(rows)
                try require(world.read(batch.id), equals: rows, "the batch read back")
                try require(world.scan(world.request()).located, equals: world.rows, "the scan")
            },
            Check("a batch is read from any ordinal, in any columns, in the order of ordinals") {
                let world = try ConformanceWorld($0)
                try world.commit([[7, 7, 7]])
                let batch = try world.commit((0..<10).map { [.integer(9 - $0), "x", 0.5] })
                try world.commit([[8, 8, 8]])
                let middle = try world.read(batch.id, columns: [3, 1], from: 4, count: 3)
                try require(middle, equals: [[0.5, 5], [0.5, 4], [0.5, 3]], "rows 4 to 6")
                let end = try world.read(batch.id, columns: [1], from: 8, count: 100)
                try require(end, equals: [[1], [0]], "rows from 8")
                try require(world.read(batch.id, from: 10), equals: [], "rows from 10")
                let bare = try world.read(batch.id, columns: [], count: 3)
                try require(bare.count, equals: 3, "rows without columns")
            },
            Check("reading an unknown batch is refused") {
                let world = try ConformanceWorld($0)
                try require(.remoteMismatch, "reading batch 1") { _ = try world.read(1) }
            },
            Check("a batch of one row and a batch of 10,000 rows come back whole") {
                let world = try ConformanceWorld($0)
                let one = try world.commit([[1, "one", nil]])
                let rows = (0..<10_000).map { index -> [Value] in
                    [.integer(Int64(index)), .text("row \(index)"), .real(Double(index) / 3)]
                }
                let many = try world.commit(rows)
                try require(world.read(one.id), equals: [[1, "one", nil]], "one row")
                try require(world.read(many.id) == rows, "10,000 rows differ")
                try require(
                    world.scan(world.request()).located == world.rows, "the scan's rows differ")
                let usage = try world.endpoint.usage(relation: world.relation.id)
                try require(usage.rowCount, equals: 10_001, "the relation's rows")
                try require(usage.byteCount > 10_001, "rows take at least a byte each")
            },
            Check("values of a million bytes come back whole") {
                let world = try ConformanceWorld($0)
                let text = [UInt8](repeating: 0x61, count: 1_000_000)
                let blob = (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
                let rows: [[Value]] = (0..<8).map {
                    [.integer($0), .text(Text(bytes: text)), .blob(blob)]
                }
                let batch = try world.commit(rows)
                try require(world.read(batch.id) == rows, "the rows differ")
                try require(world.scan(world.request()).map(\.values) == rows, "the scan differs")
            },
            Check("a relation that has no rows uses no rows") {
                let world = try ConformanceWorld($0)
                let usage = try world.endpoint.usage(relation: world.relation.id)
                try require(usage.rowCount, equals: 0, "the relation's rows")
            },
        ]
    }

    static var definitionChecks: [Check] {
        [
            Check("provisioning twice is harmless") {
                let world = try ConformanceWorld($0)
                try world.commit([[1, 2, 3]])
                try world.endpoint.provision(world.relation)
                try $0.makeEndpoint().provision(world.relation)
                try require(world.scan(world.request()), equals: world.rows, "the rows")
            },
            Check("what the remote lacks of a relation is what provisioning adds") {
                let world = try ConformanceWorld($0)
                try require(
                    world.endpoint.lacks(world.relation), equals: RelationGap(), "the gap")
                var wanted = world.relation
                wanted.columns.append(
                    RemoteColumn(id: 90, name: "new", affinity: .blob, defaultValue: .null))
                wanted.indexes.append([OrderTerm(column: 2), OrderTerm(column: 90)])
                var gap = RelationGap()
                gap.columns = [90]
                gap.indexCount = 1
                try require(world.endpoint.lacks(wanted), equals: gap, "the gap")
                try world.endpoint.provision(wanted)
                try world.endpoint.buildIndexes(wanted)
                try require(world.endpoint.lacks(wanted), equals: RelationGap(), "the gap")
                let unknown = Relation(
                    id: 77, name: "unknown", columns: wanted.columns, key: wanted.key, indexes: [])
                try require(world.endpoint.lacks(unknown).isMissing, "relation 77 is missing")
            },
            Check("rows of older batches hold exactly the defaults of added columns") {
                let world = try ConformanceWorld($0)
                let old = try world.commit([[1, 2, 3]])
                // The first two reals: SQLite 3.40 converts their digits incorrectly, and for the
                // second also the digits of its neighbors.
                let defaults =
                    ValueOrder.samples + [
                        .real(4.966443582122598e-305), .real(4.0801375384506466e-308), .real(1e22),
                        .real(0.1),
                        .real(-1.5), "it's", .real(.greatestFiniteMagnitude),
                    ]
                for (index, value) in defaults.enumerated() {
                    world.relation.columns.append(
                        RemoteColumn(
                            id: Int64(10 + index), name: "added \(index)", affinity: .blob,
                            defaultValue: value))
                }
                try world.endpoint.provision(world.relation)
                try require(world.read(old.id), equals: [[1, 2, 3] + defaults], "the old batch")
                let scanned = try world.scan(world.request()).map(\.values)
                try require(scanned, equals: [[1, 2, 3] + defaults], "the old batch in a scan")
            },
            Check("a batch that lacks a column holds its default") {
                let world = try ConformanceWorld($0)
                let added: [Value] = [.real(-0.0), 1.0, .text(Text(bytes: [0x61, 0])), .blob([])]
                let rival = try $0.makeEndpoint()
                for (index, value) in added.enumerated() {
                    world.relation.columns.append(
                        RemoteColumn(
                            id: Int64(10 + index), name: "added \(index)", affinity: .blob,
                            defaultValue: value))
                }
                try rival.provision(world.relation)
                let batch = try world.commit([[1, 2, 3]], columns: [1, 2, 3])
                try require(world.read(batch.id), equals: [[1, 2, 3] + added], "the batch")
                let reversed = try world.commit([[3, 1]], columns: [3, 1])
                try require(
                    world.read(reversed.id, columns: [1, 2, 3]), equals: [[1, nil, 3]],
                    "a batch with its columns in another order")
            },
            Check("defaults of added columns are found by constraints and orders") {
                let world = try ConformanceWorld($0)
                try world.commit([[1, 2, 3], [2, 2, 3]])
                world.relation.columns.append(
                    RemoteColumn(id: 4, name: "state", affinity: .text, defaultValue: "new"))
                world.relation.indexes.append([OrderTerm(column: 4, isDescending: true)])
                try world.endpoint.provision(world.relation)
                try world.commit([[3, 2, 3, "old"]])
                let found = try world.scan(
                    world.request(constraints: [
                        ColdConstraint(column: 4, comparison: .equal("new"))
                    ]))
                let keys = found.filter { $0.values[3] == "new" }.map { $0.values[0] }
                try require(Set(keys), equals: [1, 2], "the rows with the default")
                let ordered = try world.scan(
                    world.request(order: [OrderTerm(column: 4), OrderTerm(column: 1)]))
                try require(ordered.map { $0.values[0] }, equals: [1, 2, 3], "the order")
            },
            Check("a session sees the columns that another session added") {
                let world = try ConformanceWorld($0)
                try world.commit([[1, 2, 3]])
                _ = try world.scan(world.request())
                world.relation.columns.append(
                    RemoteColumn(id: 9, name: "late", affinity: .blob, defaultValue: 7))
                try $0.makeEndpoint().provision(world.relation)
                try require(
                    world.scan(world.request()).map(\.values), equals: [[1, 2, 3, 7]], "the rows")
                let batch = try world.commit([[4, 5, 6, 8]])
                try require(world.read(batch.id), equals: [[4, 5, 6, 8]], "the new batch")
            },
            Check("rows are found before and after the indexes are built") {
                let world = try ConformanceWorld($0)
                let other = Relation(
                    id: 8, name: "bare", columns: world.relation.columns, key: [],
                    indexes: [[OrderTerm(column: 2)], [OrderTerm(column: 3, isDescending: true)]])
                try world.endpoint.provision(other)
                world.relation = other
                try world.commit([[1, "b", 3], [2, "a", 2.5]])
                let requests = [
                    world.request(constraints: [
                        ColdConstraint(column: 2, comparison: .equal("a"))
                    ]), world.request(order: [OrderTerm(column: 3, isDescending: true)]),
                ]
                for _ in 1...3 {
                    for request in requests { try world.requireScan(request) }
                    try world.endpoint.buildIndexes(other)
                }
                try world.endpoint.provision(other)
                try require(.remoteMismatch, "indexes of an unknown relation") {
                    try world.endpoint.buildIndexes(
                        Relation(id: 9, name: "none", columns: [], key: [], indexes: []))
                }
            },
            Check("relations are separate") {
                let world = try ConformanceWorld($0)
                try world.commit([[1, 2, 3]])
                let other = Relation(
                    id: 8, name: "orders", columns: world.relation.columns, key: [], indexes: [])
                try world.endpoint.provision(other)
                try require(
                    world.endpoint.usage(relation: 8).rowCount, equals: 0, "rows of relation 8")
                try require(world.scan(world.request()), equals: world.rows, "the rows")
            },
        ]
    }
}
