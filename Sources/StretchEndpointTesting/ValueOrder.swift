internal import StretchEndpoint
import StretchSQLite

/// A second implementation of SQLite's order of values, the oracle of the conformance suite.
///
/// Source: <https://sqlite.org/datatype3.html#sort_order>.
enum ValueOrder {
    /// Boundary values of every storage class and collation.
    static let samples: [Value] = [
        .null, .integer(.min), .integer(-1), 0, 1, .integer(9_007_199_254_740_993),
        .integer(.max), .real(-.infinity), .real(-9_223_372_036_854_775_808), .real(-0.0), 0.0,
        .real(.leastNonzeroMagnitude), 0.5, 1.0, 9_007_199_254_740_992.0,
        9_223_372_036_854_775_808.0, 1e300,
        .real(.infinity), "", " ", "a", "A", "a ", "A  ", "b", "B", "ab", "_", "12", "1.0",
        .text(Text(bytes: [0x61, 0, 0x62])), .text(Text(bytes: [0x61, 0, 0x42])),
        .text(Text(bytes: [0x41, 0, 0x61, 0x63])), .text(Text(bytes: [0xff, 0xc3])),
        .text(Text(bytes: [0xed, 0xa0, 0x80])), "\u{e4}", "\u{c4}", "\u{10ffff}", "zz",
        .blob([]), .blob([0]), .blob([0x61]), .blob([0x61, 0x20]), .blob([0xff]),
    ]

    /// Compares two values as in ORDER BY; the result is negative, zero or positive.
    static func compare(_ left: Value, _ right: Value, _ collation: Collation) -> Int {
        let (leftRank, rightRank) = (rank(left), rank(right))
        guard leftRank == rightRank else { return leftRank - rightRank }
        switch (left, right) {
        case (.integer(let left), .integer(let right)): return sign(left, right)
        case (.real(let left), .real(let right)): return sign(left, right)
        case (.integer(let left), .real(let right)): return compare(left, right)
        case (.real(let left), .integer(let right)): return -compare(right, left)
        case (.text(let left), .text(let right)):
            return compare(left.bytes, right.bytes, collation)
        case (.blob(let left), .blob(let right)): return compare(left, right, .binary)
        default: return 0
        }
    }

    /// Returns whether a value meets a comparison, as in a WHERE clause.
    static func matches(
        _ value: Value, _ comparison: ColdConstraint.Comparison, _ collation: Collation
    ) -> Bool {
        func both(_ other: Value, _ holds: (Int) -> Bool) -> Bool {
            value != .null && other != .null && holds(compare(value, other, collation))
        }
        switch comparison {
        case .equal(let other): return both(other) { $0 == 0 }
        case .oneOf(let others): return others.contains { both($0) { $0 == 0 } }
        case .less(let other): return both(other) { $0 < 0 }
        case .lessOrEqual(let other): return both(other) { $0 <= 0 }
        case .greater(let other): return both(other) { $0 > 0 }
        case .greaterOrEqual(let other): return both(other) { $0 >= 0 }
        case .prefix(let prefix):
            guard case .text(let text) = value else { return value != .null }
            return begins(text.bytes, with: prefix.text.bytes, foldsCase: collation == .nocase)
        case .isNull: return value == .null
        case .isNotNull: return value != .null
        }
    }

    private static func begins(
        _ bytes: [UInt8], with prefix: [UInt8], foldsCase: Bool
    ) -> Bool {
        let pairs = zip(bytes, prefix)
        return bytes.count >= prefix.count
            && pairs.allSatisfy { left, right in
                let isLetter = (0x41...0x5a).contains(right & ~0x20)
                return left == right || foldsCase && isLetter && left ^ right == 0x20
            }
    }

    /// Returns whether a row of the columns 1, 2, 3 … meets all constraints.
    static func matches(_ row: [Value], _ constraints: [ColdConstraint]) -> Bool {
        constraints.allSatisfy {
            matches(row[Int($0.column) - 1], $0.comparison, $0.collation)
        }
    }

    /// Compares two rows of the columns 1, 2, 3 … by an order.
    static func compare(_ left: [Value], _ right: [Value], by order: [OrderTerm]) -> Int {
        for term in order {
            let index = Int(term.column) - 1
            let result = compare(left[index], right[index], term.collation)
            if result != 0 { return term.isDescending ? -result : result }
        }
        return 0
    }

    private static func rank(_ value: Value) -> Int {
        switch value {
        case .null: 0
        case .integer, .real: 1
        case .text: 2
        case .blob: 3
        }
    }

    private static func sign<Number: Comparable>(_ left: Number, _ right: Number) -> Int {
        left < right ? -1 : left > right ? 1 : 0
    }

    private static func compare(_ left: Int64, _ right: Double) -> Int {
        if right >= 0x1p63 { return -1 }
        if right < -0x1p63 { return 1 }
        let whole = Int64(right.rounded(.towardZero))
        return left == whole ? sign(Double(whole), right) : sign(left, whole)
    }

    private static func compare(_ left: [UInt8], _ right: [UInt8], _ collation: Collation) -> Int {
        switch collation {
        case .binary: return bytes(left[...], right[...])
        case .rtrim: return bytes(trimmed(left), trimmed(right))
        case .nocase:
            // SQLite compares folded bytes up to the first NUL, and then the lengths.
            for (left, right) in zip(left, right) {
                let (left, right) = (folded(left), folded(right))
                if left != right { return sign(left, right) }
                if left == 0 { break }
            }
            return sign(left.count, right.count)
        }
    }

    private static func bytes(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Int {
        for (left, right) in zip(left, right) where left != right { return sign(left, right) }
        return sign(left.count, right.count)
    }

    private static func trimmed(_ bytes: [UInt8]) -> ArraySlice<UInt8> {
        bytes[..<(bytes.lastIndex { $0 != 0x20 }.map { $0 + 1 } ?? 0)]
    }

    private static func folded(_ byte: UInt8) -> UInt8 {
        (0x41...0x5a).contains(byte) ? byte | 0x20 : byte
    }
}
