internal import StretchCore
internal import StretchEndpoint
import StretchSQLite

extension EndpointConformance {
    static var scanChecks: [Check] {
        [
            Check("a scan at a position that the remote lacks is refused, never empty") {
                let world = try ConformanceWorld($0)
                try world.commit([[1, 2, 3]])
                let head = world.position
                let strangers = [
                    TimelinePosition(
                        branch: head.branch, epoch: head.epoch + 1, token: head.token),
                    TimelinePosition(branch: head.branch, epoch: head.epoch, token: 12),
                    TimelinePosition(branch: 77, epoch: head.epoch, token: head.token),
                ]
                for stranger in strangers {
                    for batches in [world.batches, []] {
                        var request = world.request()
                        (request.position, request.batches) = (stranger, batches)
                        try require(.remoteMismatch, "a scan at \(stranger)") {
                            _ = try world.scan(request)
                        }
                    }
                }
                try require(world.scan(world.request()), equals: world.rows, "the rows")
            },
            Check("a file at an older position reads what it names") {
                let world = try ConformanceWorld($0)
                try world.commit([[1, 2, 3]])
                let (old, rows) = (world.request(), world.rows)
                try world.commit([[4, 5, 6]])
                try require(world.scan(old), equals: rows, "the rows of the older position")
            },
            Check("rows of batches that are not wanted are not returned, for every choice") {
                let world = try ConformanceWorld($0)
                for batch in 0..<5 {
                    // Keys of the batches overlap; one batch is larger than the others.
                    let rows = (0..<(batch == 2 ? 40 : 4)).map { row -> [Value] in
                        [.integer(Int64(row * 5 + batch)), .integer(Int64(row)), "x"]
                    }
                    try world.commit(rows)
                }
                let constraints: [[ColdConstraint]] = [
                    [], [ColdConstraint(column: 1, comparison: .greater(3))],
                    [ColdConstraint(column: 2, comparison: .less(3))],
                    [ColdConstraint(column: 1, comparison: .oneOf([0, 1, 2, 3, 8, 12]))],
                ]
                let orders = [
                    [], [OrderTerm(column: 1)], [OrderTerm(column: 2, isDescending: true)],
                ]
                for choice in 0..<32 {
                    let wanted = world.batches.filter { choice & 1 << ($0.number - 1) != 0 }
                    for constraints in constraints {
                        for order in orders {
                            var request = world.request(constraints: constraints, order: order)
                            request.batches = wanted.reversed()
                            try world.requireScan(request)
                            // As for a long scan, which an endpoint may divide.
                            request.expectedRowCount = 1_000_000
                            try world.requireScan(request)
                            try world.requireRowsWithoutPlaces(request)
                            request.limit = 3
                            try world.requireScan(request)
                        }
                    }
                }
            },
            Check("locations name the batch's number and the row's ordinal") {
                let world = try ConformanceWorld($0)
                try world.commit([[1, 2, 3], [2, 2, 3]])
                try world.commit([[3, 2, 3]])
                var request = world.request()
                request.batches = [
                    VisibleBatch(id: world.batches[0].id, number: 1 << 30, rowCount: 2),
                    VisibleBatch(id: world.batches[1].id, number: 5, rowCount: 1),
                ]
                let found = try world.scan(request).located
                try require(
                    found.map(\.location),
                    equals: [
                        ColdLocation(batchNumber: 5, ordinal: 0),
                        ColdLocation(batchNumber: 1 << 30, ordinal: 0),
                        ColdLocation(batchNumber: 1 << 30, ordinal: 1),
                    ], "the locations")
                try require(
                    found.map { $0.values[0] }, equals: [3, 1, 2], "the keys at the locations")
            },
            Check("columns come as they are asked for, also none") {
                let world = try ConformanceWorld($0)
                try world.commit([[1, "b", 0.5]])
                var request = world.request()
                request.columns = [3, 1]
                try require(world.scan(request).map(\.values), equals: [[0.5, 1]], "two columns")
                request.columns = []
                try require(world.scan(request).map(\.values), equals: [[]], "no columns")
            },
            Check("pages of any size hold the same rows, and the end stays the end") {
                let world = try ConformanceWorld($0)
                for batch in 0..<4 {
                    try world.commit((0..<25).map { [.integer($0), .integer(Int64(batch)), "x"] })
                }
                let order = [OrderTerm(column: 1), OrderTerm(column: 2)]
                let expected = try world.scan(world.request(order: order))
                for size in [1, 2, 7, 99, 100, 101] {
                    try require(
                        world.scan(world.request(order: order), pageRowCount: size),
                        equals: expected, "pages of \(size) rows")
                    try require(
                        world.scan(world.request(), pageRowCount: size).located,
                        equals: world.rows, "pages of \(size) rows in any order")
                }
                let scan = try world.endpoint.scan(world.request())
                let page = RowBuffer(columnCount: 3)
                while try scan.nextPage(into: page, maximumRowCount: 60) {}
                for _ in 1...2 {
                    try require(
                        !scan.nextPage(into: page, maximumRowCount: 1), "the end stays the end")
                    try require(page.rowCount, equals: 0, "rows of the page at the end")
                }
            },
            Check("several scans run side by side") {
                let world = try ConformanceWorld($0)
                try world.commit((0..<50).map { [.integer($0), "x", nil] })
                let order = [OrderTerm(column: 1)]
                let scans = try (0..<5).map { _ in
                    try world.endpoint.scan(world.request(order: order))
                }
                let page = RowBuffer(columnCount: 3)
                for first in stride(from: 0, to: 50, by: 10) {
                    for (index, scan) in scans.enumerated() {
                        var keys: [Value] = []
                        while keys.count < 10 {
                            let wanted = 10 - keys.count
                            try require(
                                scan.nextPage(into: page, maximumRowCount: wanted),
                                "scan \(index) ended early")
                            keys += ConformanceWorld.rows(of: page).map { $0.values[0] }
                        }
                        let expected = (first..<first + 10).map { Value.integer(Int64($0)) }
                        try require(keys, equals: expected, "the keys of scan \(index)")
                    }
                }
            },
            Check("a running scan keeps its rows while sessions commit and scan at newer positions")
            {
                let world = try ConformanceWorld($0)
                try world.commit((0..<50).map { [.integer($0), "x", nil] })
                let rows = world.rows
                let scan = try world.endpoint.scan(world.request(order: [OrderTerm(column: 1)]))
                let page = RowBuffer(columnCount: 3)
                try require(scan.nextPage(into: page, maximumRowCount: 10), "the first page")
                var found = ConformanceWorld.rows(of: page)
                let own = world.endpoint
                world.endpoint = try $0.makeEndpoint()
                try world.commit([[1_000, "by another session", nil]])
                world.endpoint = own
                try require(world.scan(world.request()).located, equals: world.rows, "newer rows")
                try world.commit([[1_001, "by the same session", nil]])
                try require(world.scan(world.request()).located, equals: world.rows, "newest rows")
                while try scan.nextPage(into: page, maximumRowCount: 10) {
                    found += ConformanceWorld.rows(of: page)
                }
                try require(found, equals: rows, "the rows of the older scan")
            },
            Check("a scan that was dropped halfway is over") {
                let world = try ConformanceWorld($0)
                try world.commit((0..<50).map { [.integer($0), "x", nil] })
                let page = RowBuffer(columnCount: 3)
                for _ in 0..<20 {
                    let scan = try world.endpoint.scan(world.request())
                    _ = try scan.nextPage(into: page, maximumRowCount: 3)
                    _ = try world.endpoint.scan(world.request())
                }
                try world.commit([[1_000, 2, 3]])
                try require(world.scan(world.request()).located, equals: world.rows, "the rows")
            },
        ]
    }
}

extension ConformanceWorld {
    /// Throws unless a scan that needs no identifiers returns the values of the same rows.
    func requireRowsWithoutPlaces(_ request: ColdScanRequest) throws {
        func selected(_ rows: [Row]) -> [[Value]] {
            rows.map(\.values).filter { ValueOrder.matches($0, request.constraints) }
        }
        let expected = selected(try scan(request))
        var request = request
        request.needsIdentifiers = false
        let found = selected(try scan(request))
        // Rows that are equal in the order are interchangeable.
        try require(
            found.map { "\($0)" }.sorted(), equals: expected.map { "\($0)" }.sorted(),
            "the rows without places for \(request.constraints) ordered by \(request.order)")
    }

    /// Throws unless a scan returns the rows that brute force finds.
    ///
    /// After checking the rows again, they must be exactly these rows, in the requested order, and
    /// with a limit the first of them.
    func requireScan(_ request: ColdScanRequest) throws {
        let what = "a scan for \(request.constraints) ordered by \(request.order)"
        let numbers = Set(request.batches.map(\.number))
        let expected = rows.filter {
            numbers.contains($0.location.batchNumber)
                && ValueOrder.matches($0.values, request.constraints)
        }
        let returned = try scan(request)
        for row in returned {
            try require(
                numbers.contains(row.location.batchNumber), "\(what) returned an unwanted batch")
        }
        let found = returned.filter { ValueOrder.matches($0.values, request.constraints) }
        for (left, right) in zip(returned, returned.dropFirst()) {
            try require(
                ValueOrder.compare(left.values, right.values, by: request.order) <= 0,
                "\(what): \(left.values) came before \(right.values)")
        }
        guard let limit = request.limit else {
            try require(found.located == expected, "\(what): \(found.located) are not \(expected)")
            return
        }
        // Rows that are equal in the order are interchangeable.
        let ordered = expected.sorted {
            ValueOrder.compare($0.values, $1.values, by: request.order) < 0
        }
        let count = min(limit, expected.count)
        try require(found.count >= count, "\(what) returned \(found.count) of \(count) rows")
        for (found, expected) in zip(found.prefix(count), ordered) {
            try require(rows.contains(found), "\(what) returned \(found), which nobody committed")
            try require(
                ValueOrder.compare(found.values, expected.values, by: request.order) == 0,
                "\(what), limit \(limit): expected \(expected.values), found \(found.values)")
        }
        let distinct = Set(found.map(\.location))
        try require(distinct.count == found.count, "\(what) returned a row twice")
    }
}
