internal import StretchCore
internal import StretchEndpoint
import StretchSQLite

extension EndpointConformance {
    static var garbageChecks: [Check] {
        [
            Check("only batches whose retirement is confirmed are garbage, and a dry run says so") {
                let world = try ConformanceWorld($0)
                let batches = try (0..<3).map { try world.commit([[.integer($0), "x", 1.5]]) }
                try world.requireGarbage(0, kept: 0)
                try world.retire(batches[0])
                try world.requireGarbage(0, kept: 1)
                try world.endpoint.confirm(world.position)
                try world.retire(batches[1])
                for _ in 1...2 { try world.requireGarbage(1, kept: 1, isDryRun: true) }
                try require(world.read(batches[0].id).count, equals: 1, "the rows of a dry run")
                let report = try world.requireGarbage(1, kept: 1)
                try require(report.rowCount, equals: 1, "the rows that went")
                try require(report.byteCount > 0, "the bytes that went")
                try require(report.completeSince != nil, "the time of complete backups")
                try world.requireGarbage(0, kept: 1)
                try require(world.read(batches[1].id).count, equals: 1, "an unconfirmed batch")
                try require(world.read(batches[2].id).count, equals: 1, "a visible batch")
                let usage = try world.endpoint.usage(relation: world.relation.id)
                try require(usage.rowCount, equals: 2, "the relation's rows")
            },
            Check(
                "the retention is unlimited at first, and the one that was set is every session's"
            ) {
                let world = try ConformanceWorld($0)
                try require(
                    world.endpoint.collecting().retention() == nil, "the retention is unlimited")
                let other = try $0.makeEndpoint()
                for seconds: Int64 in [0, 1, 86_400, 3_155_760_000] {
                    try world.endpoint.collecting().setRetention(.seconds(seconds))
                    try require(
                        other.collecting().retention(), equals: .seconds(seconds),
                        "the other session's")
                }
                try world.endpoint.collecting().setRetention(.milliseconds(1_001))
                try require(
                    other.collecting().retention(), equals: .seconds(2), "a fraction is rounded up")
                try other.collecting().setRetention(nil)
                try require(
                    world.endpoint.collecting().retention() == nil,
                    "the retention is unlimited again")
            },
            Check("what ended is kept for the retention, longer when asked, and never shorter") {
                let world = try ConformanceWorld($0)
                try world.retire(try world.commit([[1, 2, 3]]))
                try world.endpoint.confirm(world.position)
                let (second, day) = (Duration.seconds(1), Duration.seconds(86_400))
                try world.requireGarbage(0, kept: 1, retention: nil)
                try world.requireGarbage(0, kept: 1, retention: day)
                try world.requireGarbage(0, kept: 1, retention: day, age: day)
                try world.requireGarbage(0, kept: 1, retention: .zero, age: day)
                for isDryRun in [true, false] {
                    for (retention, age) in [(nil, day), (nil, .zero), (day, day - second)] {
                        try require(.invalidArgument, "an age shorter than the retention") {
                            try world.requireGarbage(
                                0, kept: 1, retention: retention, age: age, isDryRun: isDryRun)
                        }
                    }
                }
                let dry = try world.requireGarbage(1, kept: 0, isDryRun: true)
                try require(dry.retention, equals: .zero, "the retention in a report")
                try require(
                    dry.completeAge.map { ($0 >= .zero && $0 < .seconds(600)) } ?? false,
                    "the age of complete backups: \(String(describing: dry.completeAge))")
                try world.requireGarbage(1, kept: 0, age: .zero)
            },
            Check("a manifest that names a collected batch is refused, never given fewer rows") {
                let world = try ConformanceWorld($0)
                let first = try world.commit([[1, "a", nil], [2, "b", nil]])
                try world.commit([[3, "c", nil]])
                var long = world.request()
                (long.needsIdentifiers, long.expectedRowCount) = (false, 1_000_000)
                let requests = [
                    world.request(), world.request(order: [OrderTerm(column: 1)]),
                    world.request(
                        constraints: [ColdConstraint(column: 1, comparison: .equal(3))]),
                    // Without rows, these check only for existence.
                    world.request(limit: 1), world.request(limit: 0), long,
                ]
                let sleeper = try $0.makeEndpoint()
                for request in requests {
                    _ = try sleeper.scan(request)
                    _ = try world.scan(request)
                }
                try world.retire(first)
                try world.endpoint.confirm(world.position)
                try world.requireGarbage(1, kept: 0)
                for endpoint in [world.endpoint, sleeper, try $0.makeEndpoint()] {
                    world.endpoint = endpoint
                    for request in requests {
                        try require(.remoteMismatch, "a scan of a collected batch") {
                            _ = try world.scan(request)
                        }
                        var rest = request
                        rest.batches.removeFirst()
                        try require(
                            world.scan(rest).map(\.values),
                            equals: request.limit == 0 ? [] : [[3, "c", nil]], "the rest")
                    }
                    try require(.remoteMismatch, "a read of a collected batch") {
                        _ = try world.read(first.id)
                    }
                    try require(world.endpoint.ledgerEntry(batch: first.id) == nil, "no entry")
                }
            },
            Check("a scan that runs while its batch is collected returns all rows") {
                let world = try ConformanceWorld($0)
                let rows = (0..<5_000).map { [Value.integer($0), "row", 0.5] }
                let batch = try world.commit(rows)
                let scan = try world.endpoint.scan(world.request())
                let page = RowBuffer(columnCount: 3)
                try require(scan.nextPage(into: page, maximumRowCount: 10), "a first page")
                var count = page.rowCount
                world.endpoint = try $0.makeEndpoint()
                try world.retire(batch)
                try world.endpoint.confirm(world.position)
                try world.requireGarbage(1, kept: 0)
                while try scan.nextPage(into: page, maximumRowCount: 1_000) {
                    count += page.rowCount
                }
                try require(count, equals: 5_000, "the rows of the running scan")
            },
            Check("what the caller's manifest names is not collected, nor what is another's") {
                let world = try ConformanceWorld($0)
                let batch = try world.commit([[1, 2, 3]])
                try world.retire(batch)
                try world.endpoint.confirm(world.position)
                try world.endpoint.collecting().setRetention(.zero)
                var request = GarbageRequest(
                    database: ConformanceWorld.database, visibleBatches: [batch.id])
                try require(.remoteMismatch, "collecting a visible batch") {
                    _ = try world.endpoint.collecting().collectGarbage(request)
                }
                try require(world.read(batch.id).count, equals: 1, "the batch")
                (request.database, request.visibleBatches) = (99, [])
                let report = try world.endpoint.collecting().collectGarbage(request)
                try require(report.batchCount, equals: 0, "batches of another database")
                try require(world.read(batch.id).count, equals: 1, "the batch")
            },
            Check("accepting a clock that is right changes nothing") {
                let world = try ConformanceWorld($0)
                let batch = try world.commit([[1, 2, 3]])
                let other = try world.commit([[4, 5, 6]])
                try world.retire(batch)
                try world.endpoint.confirm(world.position)
                for _ in 1...2 { try world.endpoint.collecting().acceptClock() }
                let day = Duration.seconds(86_400)
                try world.requireGarbage(0, kept: 1, retention: day)
                try require(world.read(batch.id).count, equals: 1, "the batch")
                try world.requireGarbage(1, kept: 0)
                try world.endpoint.collecting().acceptClock()
                try require(world.read(other.id).count, equals: 1, "the other batch")
            },
            Check("batches that come after a collection are read and written as ever") {
                let world = try ConformanceWorld($0)
                for round in 0..<3 {
                    let rows = (0..<30).map { [Value.integer(Int64(round * 30 + $0)), "r", nil] }
                    let batch = try world.commit(rows)
                    var request = world.request(order: [OrderTerm(column: 1)], limit: 5)
                    request.batches = [batch]
                    try require(
                        Array(world.scan(request).map(\.values).prefix(5)),
                        equals: Array(rows.prefix(5)),
                        "round \(round)")
                    try world.retire(batch)
                    try world.endpoint.confirm(world.position)
                    try world.requireGarbage(1, kept: 0)
                }
                let usage = try world.endpoint.usage(relation: world.relation.id)
                try require(usage.rowCount, equals: 0, "the relation's rows")
            },
        ]
    }
}

extension ConformanceWorld {
    /// Retires a batch without confirming the retirement.
    func retire(_ batch: VisibleBatch) throws {
        let next = position.next(token: drawID())
        try endpoint.retire(batch: batch.id, from: position, to: next)
        position = next
    }

    @discardableResult
    func requireGarbage(
        _ count: Int64, kept: Int64, retention: Duration? = .zero, age: Duration? = nil,
        isDryRun: Bool = false
    ) throws -> GarbageReport {
        try endpoint.collecting().setRetention(retention)
        let report = try endpoint.collecting().collectGarbage(
            GarbageRequest(
                database: ConformanceWorld.database, minimumAge: age, isDryRun: isDryRun))
        try require(report.batchCount, equals: count, "the batches that are garbage")
        try require(report.keptBatchCount, equals: kept, "the retired batches that stay")
        return report
    }
}
