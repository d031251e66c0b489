internal import StretchCore
internal import StretchEndpoint
import StretchSQLite

/// Checks that rows damaged by another program cause an error and never a result.
extension EndpointConformance {
    /// The checks of a conformance that can damage rows.
    public static var damageChecks: [Check] {
        RowDamage.allCases.flatMap { damage in
            [false, true].map { hidesBatch in
                let others = hidesBatch ? ", beside batches of others" : ""
                return Check("a scan that meets a row \(damage) is damaged\(others)") {
                    try check($0, damage, hidesBatch: hidesBatch)
                }
            }
        }
    }

    private static func check(
        _ conformance: EndpointConformance, _ damage: RowDamage, hidesBatch: Bool
    ) throws {
        let world = try ConformanceWorld(conformance)
        for first: Int64 in [0, 10, 20] {
            try world.commit((first..<first + 10).map { [.integer($0), "x", 0.5] })
        }
        if hidesBatch {
            world.move(to: world.position, seeing: Array(world.batches.dropLast()))
        }
        try world.requireScans(meeting: nil, insteadOf: damage, hidesBatch: hidesBatch)
        try conformance.damage(damage, world.batches[1].id, 3)
        // The second time without a cache.
        for _ in 1...2 {
            try world.requireScans(meeting: damage, insteadOf: damage, hidesBatch: hidesBatch)
            world.endpoint = try conformance.makeEndpoint()
        }
        // A scan of another batch does not read it if single rows can be duplicated.
        guard damage != .doubled else { return }
        var other = world.request()
        other.batches = [world.batches[0]]
        try require(world.scan(other).count, equals: 10, "rows of the sound batch")
    }
}

extension ConformanceWorld {
    /// Runs all kinds of scans that detect damage of the row with key 13, before and after the
    /// damage.
    fileprivate func requireScans(
        meeting found: RowDamage?, insteadOf damage: RowDamage, hidesBatch: Bool
    ) throws {
        let wholeCount = hidesBatch ? 20 : 30
        // The endpoint may return more rows than a constraint selects.
        func require(_ request: ColdScanRequest, _ count: Int?, _ what: String) throws {
            guard found != nil else {
                let rows = try scan(request)
                return try StretchEndpointTesting.require(
                    rows.count, equals: count ?? rows.count, what)
            }
            try StretchEndpointTesting.require(.damaged, what) { _ = try scan(request) }
            try StretchEndpointTesting.require(.damaged, "\(what), by small pages") {
                _ = try scan(request, pageRowCount: 1)
            }
        }
        let all = request()
        try require(all, wholeCount, "a scan of all rows")
        try require(
            request(order: [OrderTerm(column: 1, isDescending: true)]), wholeCount,
            "a scan in order")
        var long = all
        long.expectedRowCount = 1_000_000
        try require(long, wholeCount, "a long scan")
        let key = ColdConstraint(column: 1, comparison: .equal(13))
        let range = ColdConstraint(column: 1, comparison: .greaterOrEqual(13))
        if damage == .lost || damage == .doubled {
            for order in [[], [OrderTerm(column: 1)]] {
                var placeless = request(order: order)
                placeless.needsIdentifiers = false
                try require(placeless, wholeCount, "a scan without places")
            }
            // The reader knows that no row is excluded.
            let known = ColdConstraint(column: 1, comparison: .greaterOrEqual(0))
            var placeless = request(constraints: [known])
            placeless.needsIdentifiers = false
            placeless.selectsAll = true
            try require(placeless, wholeCount, "a scan without places of a known range")
        }
        guard damage != .lost else { return }
        try require(request(constraints: [key]), nil, "a scan for one key")
        try require(request(constraints: [range]), nil, "a scan of a range")
        try require(
            request(constraints: [range], order: [OrderTerm(column: 1)]), nil,
            "a scan of a range in order")
        if damage == .doubled {
            try require(
                request(order: [OrderTerm(column: 1)], limit: 16), nil, "a scan with a limit")
        }
        // Also for one of two rows at a location, which is otherwise returned without its location.
        var hiding = request(constraints: [key])
        hiding.hidesRows = true
        try require(hiding, nil, "a scan for one key whose row is hidden")
    }
}
