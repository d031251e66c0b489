/// A set of rows, each a number that is never given again: an update makes a new row.
struct RowSet: OptionSet, Hashable, Sendable {
    let rawValue: UInt128

    /// The most rows that one walk makes.
    static let capacity = 128

    init(rawValue: UInt128) { self.rawValue = rawValue }

    init(row: Int) { self.init(rawValue: 1 << UInt128(row)) }

    /// The rows from `first` on, `count` of them.
    init(from first: Int, count: Int) {
        self.init(rawValue: ((1 << UInt128(count)) - 1) << UInt128(first))
    }

    var count: Int { rawValue.nonzeroBitCount }

    /// The rows in their order.
    var rows: [Int] { (0..<RowSet.capacity).filter { contains(RowSet(row: $0)) } }

    /// The first rows, at most `count`.
    func prefix(_ count: Int) -> RowSet {
        var rest = rawValue
        for _ in 0..<count where rest != 0 { rest &= rest - 1 }
        return RowSet(rawValue: rawValue & ~rest)
    }

    /// One of the rows, the same for the same choice; `nil` when there is none.
    func row(_ choice: Int) -> RowSet? {
        guard !isEmpty else { return nil }
        var rest = rawValue
        for _ in 0..<(choice % count) { rest &= rest - 1 }
        return RowSet(rawValue: rest & ~(rest &- 1))
    }

    /// The bytes that stand for the SHA-256 of the rows.
    var digest: [UInt8] {
        withUnsafeBytes(of: rawValue.littleEndian) { Array($0) }
    }
}

extension RowSet: CustomStringConvertible {
    var description: String {
        "{" + rows.map { String($0) }.joined(separator: " ") + "}"
    }
}
