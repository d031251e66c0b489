internal import StretchEndpoint
import StretchSQLite

extension EndpointConformance {
    static var constraintChecks: [Check] {
        let comparisons: [(String, @Sendable (Value) -> ColdConstraint.Comparison)] = [
            ("equal", { .equal($0) }), ("less", { .less($0) }),
            ("lessOrEqual", { .lessOrEqual($0) }), ("greater", { .greater($0) }),
            ("greaterOrEqual", { .greaterOrEqual($0) }), ("oneOf", { .oneOf([$0, "b", 1]) }),
        ]
        let single = comparisons.map { name, comparison in
            Check("\(name) finds what SQLite finds, in every storage class and collation") {
                let world = try ConformanceWorld($0)
                // Column 1 has an index for each collation, column 2 has none.
                try world.commitSamples()
                for collation in Collation.allCases {
                    for value in ValueOrder.samples {
                        for column: Int64 in [1, 2] {
                            try world.requireScan(
                                world.request(constraints: [
                                    ColdConstraint(
                                        column: column, comparison: comparison(value),
                                        collation: collation)
                                ]))
                        }
                    }
                }
            }
        }
        return single + [
            Check("prefixes find the texts that begin so, and all that is no text") {
                let world = try ConformanceWorld($0)
                try world.commitSamples()
                try world.commit(
                    ["abc", "aBC", "ABd", "ab\u{7f}", "Z", "[a", "5", "5a", "a\u{e4}"].map {
                        [.text($0), .text($0), 9]
                    })
                for collation in Collation.allCases {
                    for start in ["a", "AB", "aBc", "ab\u{7f}", "z", "Z", "[", "@", "_", "5", " "] {
                        for column: Int64 in [1, 2] {
                            guard let prefix = TextPrefix(Text(start)) else { continue }
                            try world.requireScan(
                                world.request(constraints: [
                                    ColdConstraint(
                                        column: column, comparison: .prefix(prefix),
                                        collation: collation)
                                ]))
                        }
                    }
                }
            },
            Check("NULL and not NULL are found") {
                let world = try ConformanceWorld($0)
                try world.commitSamples()
                for column: Int64 in [1, 2] {
                    for comparison in [ColdConstraint.Comparison.isNull, .isNotNull] {
                        try world.requireScan(
                            world.request(constraints: [
                                ColdConstraint(column: column, comparison: comparison)
                            ]))
                    }
                }
            },
            Check("all constraints of a scan hold together") {
                let world = try ConformanceWorld($0)
                try world.commitSamples()
                let bounds: [(Value, Value)] = [
                    (-1, "a"), (0.5, 9_223_372_036_854_775_808.0), ("A", "b"), ("", .blob([0x61])),
                    (5, 4),
                ]
                for (low, high) in bounds {
                    for collation in Collation.allCases {
                        try world.requireScan(
                            world.request(constraints: [
                                ColdConstraint(
                                    column: 1, comparison: .greaterOrEqual(low),
                                    collation: collation),
                                ColdConstraint(
                                    column: 1, comparison: .less(high), collation: collation),
                                ColdConstraint(column: 2, comparison: .isNotNull),
                                ColdConstraint(column: 3, comparison: .lessOrEqual(30)),
                            ]))
                    }
                }
            },
            Check("lists of any length find each row once, also in order and with a limit") {
                let world = try ConformanceWorld($0)
                try world.commit(
                    (0..<2_000).map { [.integer($0 * 2), .text("Key \($0)"), .integer($0)] })
                try world.commit(
                    (0..<2_000).map { [.text("key \($0)"), .real(Double($0)), .integer($0)] })
                for count in [0, 1, 2, 200, 201, 5_000, 40_000] {
                    try world.requireLists((0..<count).map(Value.alternatingNumber), .binary)
                    let half = count / 2
                    let upper = (0..<half).map { Value.text("KEY \($0)") }
                    let lower = (half..<count).map { Value.text("key \($0 - half)") }
                    try world.requireLists(upper + lower, .nocase)
                }
            },
            Check("hundreds of constraints on one scan are accepted") {
                let world = try ConformanceWorld($0)
                try world.commit((0..<20).map { [.integer($0), .integer($0), "x"] })
                let constraints = (0..<900).map {
                    ColdConstraint(column: 2, comparison: .less(.integer(Int64(1_000 - $0))))
                }
                try world.requireScan(world.request(constraints: constraints))
            },
        ]
    }

    static var orderChecks: [Check] {
        let single = Collation.allCases.map { collation in
            Check("the order under \(collation.rawValue) is SQLite's, up and down") {
                let world = try ConformanceWorld($0)
                try world.commitSamples()
                for column: Int64 in [1, 2] {
                    for isDescending in [false, true] {
                        let order = [
                            OrderTerm(
                                column: column, collation: collation, isDescending: isDescending)
                        ]
                        try world.requireScan(world.request(order: order))
                        for limit in [0, 1, 5, 1_000] {
                            try world.requireScan(world.request(order: order, limit: limit))
                        }
                    }
                }
            }
        }
        return single + [
            Check("an order of several terms is exact") {
                let world = try ConformanceWorld($0)
                try world.commit(
                    (0..<200).map { index -> [Value] in
                        [
                            .integer(Int64(index % 7)), .text(index % 3 == 0 ? "A" : "a"),
                            .integer(index),
                        ]
                    })
                let orders = [
                    [
                        OrderTerm(column: 1, isDescending: true),
                        OrderTerm(column: 2, collation: .nocase), OrderTerm(column: 3),
                    ],
                    [OrderTerm(column: 2), OrderTerm(column: 3, isDescending: true)],
                    [OrderTerm(column: 1), OrderTerm(column: 3)],
                ]
                for order in orders {
                    try world.requireScan(world.request(order: order))
                    try world.requireScan(world.request(order: order, limit: 17))
                }
            },
            Check("order and limit hold for the rows that constraints select") {
                let world = try ConformanceWorld($0)
                try world.commitSamples()
                for column: Int64 in [1, 2] {
                    try world.requireScan(
                        world.request(
                            constraints: [
                                ColdConstraint(column: column, comparison: .greater("A"))
                            ],
                            order: [OrderTerm(column: 3, isDescending: true)], limit: 4))
                }
            },
            Check("a limit without an order returns that many rows") {
                let world = try ConformanceWorld($0)
                for _ in 0..<4 { try world.commitSamples() }
                for limit in [0, 1, 50, 1_000] {
                    let expected = min(limit, world.rows.count)
                    let found = try world.scan(world.request(limit: limit))
                    try require(found.count, equals: expected, "rows with limit \(limit)")
                }
            },
        ]
    }
}

extension ConformanceWorld {
    /// Commits every sample value in columns 1 and 2 of two batches; column 3 is a number.
    func commitSamples() throws {
        let values = ValueOrder.samples.enumerated()
        try commit(values.filter { $0.offset % 2 == 0 }.map(ConformanceWorld.sample))
        try commit(values.filter { $0.offset % 2 == 1 }.reversed().map(ConformanceWorld.sample))
    }

    private static func sample(_ sample: (offset: Int, element: Value)) -> [Value] {
        [sample.element, sample.element, .integer(Int64(sample.offset))]
    }

    /// Checks a list on both columns with sets, because brute force would take too long.
    func requireLists(_ list: [Value], _ collation: Collation) throws {
        let wanted = Set(list.map { ConformanceWorld.folded($0, collation) })
        for column: Int64 in [1, 2] {
            let constraint = ColdConstraint(
                column: column, comparison: .oneOf(list), collation: collation)
            for (order, limit) in [([], nil), ([OrderTerm(column: 1)], nil), ([], 3 as Int?)] {
                let found = try scan(
                    request(constraints: [constraint], order: order, limit: limit))
                func matches(_ row: Row) -> Bool {
                    let value = row.values[Int(column) - 1]
                    return wanted.contains(ConformanceWorld.folded(value, collation))
                }
                let (matching, expected) = (found.filter(matches), rows.filter(matches))
                let what = "a list of \(list.count) values under \(collation), column \(column)"
                if let limit {
                    let count = min(limit, expected.count)
                    try require(matching.count >= count, "\(what): too few rows")
                } else {
                    try require(matching.located == expected, "\(what): other rows")
                }
                for (left, right) in zip(found, found.dropFirst()) {
                    let result = ValueOrder.compare(left.values, right.values, by: order)
                    try require(result <= 0, "\(what): another order")
                }
            }
        }
    }

    /// Returns a value that is identical for equal numbers and equal ASCII texts.
    private static func folded(_ value: Value, _ collation: Collation) -> Value {
        switch value {
        case .integer(let integer): .real(Double(integer))
        case .text(let text) where collation == .nocase: .text(text.description.lowercased())
        default: value
        }
    }
}

extension Value {
    /// Returns alternating integers and reals; each real equals the integer before it.
    fileprivate static func alternatingNumber(_ index: Int) -> Value {
        index % 2 == 0 ? .integer(Int64(index)) : .real(Double(index - 1))
    }
}
