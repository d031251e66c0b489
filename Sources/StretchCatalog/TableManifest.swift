package import StretchEndpoint
package import StretchSQLite

/// The visible batches of one table, with an index of their zones.
package struct TableManifest {
    /// The batches, ordered by number.
    package private(set) var batches: [ManifestBatch] = []
    /// The zones of the batches, in order, for each requested column.
    private var zones: [Int64: [Zone?]] = [:]
    private var indexes: [Int64: ZoneIndex] = [:]
    /// The known values of each requested column.
    private var values: [Int64: [Value]] = [:]
    /// The collation of each column with usable zones, by column id.
    private let collations: [Int64: Collation]

    /// The range of all cold keys if the key is the rowid; the fastest proof that a key is not
    /// cold.
    package let rowids: ClosedRange<Int64>?
    /// The range of the stored rowids of cold rows in other tables; `nil` if none is stored.
    package let storedRowids: ClosedRange<Int64>?

    /// - Parameters:
    ///   - batches: The batches, ordered by number.
    ///   - collations: The collation of each column with usable zones, by column id.
    ///   - keyColumn: The id of the key's column if the key is the rowid, or `nil`.
    ///   - rowidColumn: The id of the column that stores other rowids, or `nil`.
    package init(
        batches: [ManifestBatch], collations: [Int64: Collation], keyColumn: Int64? = nil,
        rowidColumn: Int64? = nil
    ) {
        self.batches = batches
        self.collations = collations
        let keys = keyColumn.map { column in batches.map { $0.zones.zone(of: column) } }
        if let keyColumn { zones[keyColumn] = keys }
        let bounds = (keys ?? []).compactMap(Self.range)
        rowids = bounds.count == batches.count ? Self.range(of: bounds) : nil
        storedRowids = Self.range(
            of: rowidColumn.map { column in
                batches.compactMap { Self.range($0.zones.zone(of: column)) }
            } ?? [])
    }

    private static func range(_ zone: Zone?) -> ClosedRange<Int64>? {
        guard let minimum = zone?.minimum?.integerValue,
            let maximum = zone?.maximum?.integerValue, minimum <= maximum
        else { return nil }
        return minimum...maximum
    }

    private static func range(of ranges: [ClosedRange<Int64>]) -> ClosedRange<Int64>? {
        guard let least = ranges.map(\.lowerBound).min(),
            let greatest = ranges.map(\.upperBound).max()
        else { return nil }
        return least...greatest
    }

    package var isEmpty: Bool { batches.isEmpty }
    package var rowCount: Int64 { batches.reduce(0) { $0 + $1.visible.rowCount } }

    /// Returns the batches that can contain a row that meets all constraints.
    package mutating func candidates(for constraints: [ColdConstraint]) -> [ManifestBatch] {
        guard !batches.isEmpty else { return [] }
        var candidates: [Int]?
        for constraint in constraints where collations[constraint.column] == constraint.collation {
            if let found = index(for: constraint.column).candidates(for: constraint.comparison) {
                if candidates.map({ found.count < $0.count }) ?? true { candidates = found }
                if found.isEmpty { return [] }
            }
        }
        guard !constraints.isEmpty else { return batches }
        // For equalities the index gives the exact result.
        if let candidates, constraints.count == 1, constraints[0].isEquality {
            return candidates.map { batches[$0] }
        }
        var selected = candidates ?? Array(batches.indices)
        for constraint in constraints {
            guard let collation = collations[constraint.column] else { continue }
            let zones = zones(of: constraint.column)
            selected.removeAll { position in
                !(zones[position]?.canContain(constraint, collation: collation) ?? true)
            }
        }
        return selected.map { batches[$0] }
    }

    /// Returns the zone of a column in one of the batches, or `nil` if it is unknown.
    package mutating func zone(of column: Int64, in batch: ManifestBatch) -> Zone? {
        position(of: batch).flatMap { zones(of: column)[$0] }
    }

    /// Returns the minimum or maximum of a column over some batches, or `nil` if unknown.
    package mutating func bound(
        of column: Int64, isMaximum: Bool, in batches: [ManifestBatch]
    ) -> Value? {
        guard let collation = collations[column] else { return nil }
        let zones = zones(of: column)
        var result: Value?
        for batch in batches {
            guard let place = position(of: batch), let zone = zones[place] else { return nil }
            // NULL is less than every value.
            let value = isMaximum ? zone.maximum : zone.hasNull ? .null : zone.minimum
            if isMaximum, zone.minimum == nil {
                result = result ?? .null
                continue
            }
            guard let value else { return nil }
            guard let best = result else {
                result = value
                continue
            }
            let order = value.compare(best, collation)
            if isMaximum ? order > 0 : order < 0 { result = value }
        }
        return result
    }

    /// Returns values, from zones, of the columns that a scan's constraints and order use.
    package mutating func values(
        in constraints: [ColdConstraint], _ order: [OrderTerm]
    ) -> [Int64: [Value]] {
        var found: [Int64: [Value]] = [:]
        for column in constraints.map(\.column) + order.map(\.column) {
            found[column] = values(of: column)
        }
        return found
    }

    /// Returns one value of each storage class among the bounds of a column's zones.
    private mutating func values(of column: Int64) -> [Value] {
        if let known = values[column] { return known }
        var (ranks, found): (Set<Int>, [Value]) = ([], [])
        for zone in zones(of: column) {
            for case let value? in [zone?.minimum, zone?.maximum] {
                // As a maximum it represents a value that is too long to be a bound.
                guard value != .blob([]), ranks.insert(value.storageClass).inserted else {
                    continue
                }
                found.append(value)
            }
        }
        values[column] = found
        return found
    }

    /// Returns the index of a batch, by number.
    private func position(of batch: ManifestBatch) -> Int? {
        let number = batch.visible.number
        var (low, high) = (0, batches.count)
        while low < high {
            let middle = (low + high) / 2
            if batches[middle].visible.number < number { low = middle + 1 } else { high = middle }
        }
        return low < batches.count && batches[low].visible.number == number ? low : nil
    }

    private mutating func zones(of column: Int64) -> [Zone?] {
        if let known = zones[column] { return known }
        let found = batches.map { $0.zones.zone(of: column) }
        zones[column] = found
        return found
    }

    private mutating func index(for column: Int64) -> ZoneIndex {
        if let index = indexes[column] { return index }
        let index = ZoneIndex(zones(of: column), collation: collations[column] ?? .binary)
        indexes[column] = index
        return index
    }
}

extension Value {
    fileprivate var storageClass: Int {
        switch self {
        case .null: 0
        case .integer: 1
        case .real: 2
        case .text: 3
        case .blob: 4
        }
    }
}

/// Finds the batches whose range of one column overlaps a value or a range, without visiting all.
///
/// Batches are sorted by their minimum, each with the greatest maximum so far. A backward search
/// for ranges that end after a value can thus stop as soon as no earlier range does.
private struct ZoneIndex {
    private struct Entry {
        let minimum: Value
        let maximum: Value?
        /// The greatest maximum up to here; `nil` if one is unbounded.
        var greatestMaximum: Value?
        let batch: Int
    }

    private var entries: [Entry] = []
    /// Batches without a zone, which are always candidates.
    private var unknown: [Int] = []
    private let collation: Collation

    init(_ zones: [Zone?], collation: Collation) {
        self.collation = collation
        for (batch, zone) in zones.enumerated() {
            guard let zone else {
                unknown.append(batch)
                continue
            }
            // Only NULLs, which no comparison with a value selects.
            guard let minimum = zone.minimum else { continue }
            entries.append(
                Entry(
                    minimum: minimum, maximum: zone.maximum, greatestMaximum: zone.maximum,
                    batch: batch))
        }
        entries.sort { $0.minimum.compare($1.minimum, collation) < 0 }
        for position in entries.indices.dropFirst() {
            guard let before = entries[position - 1].greatestMaximum,
                let maximum = entries[position].maximum
            else {
                entries[position].greatestMaximum = nil
                continue
            }
            if before.compare(maximum, collation) > 0 { entries[position].greatestMaximum = before }
        }
    }

    /// Returns candidates in batch order, or `nil` if the comparison cannot use the index.
    func candidates(for comparison: ColdConstraint.Comparison) -> [Int]? {
        var found: [Int] = []
        switch comparison {
        case .equal(let value): collect(from: value, through: value, into: &found)
        case .oneOf(let values):
            for value in values { collect(from: value, through: value, into: &found) }
        case .less(let value), .lessOrEqual(let value):
            collect(from: nil, through: value, into: &found)
        case .greater(let value), .greaterOrEqual(let value):
            collect(from: value, through: nil, into: &found)
        case .prefix, .isNull, .isNotNull: return nil
        }
        if found.count <= 1, unknown.isEmpty { return found }
        return (Set(found).sorted() + unknown).sorted()
    }

    /// Collects the batches with a minimum up to `last` and a maximum from `first` on.
    private func collect(from first: Value?, through last: Value?, into found: inout [Int]) {
        var end = entries.count
        if let last {
            if case .null = last { return }
            var low = 0
            while low < end {
                let middle = (low + end) / 2
                if entries[middle].minimum.compare(last, collation) <= 0 {
                    low = middle + 1
                } else {
                    end = middle
                }
            }
        }
        var position = end - 1
        while position >= 0 {
            if let first, let greatest = entries[position].greatestMaximum,
                greatest.compare(first, collation) < 0
            {
                return
            }
            let maximum = entries[position].maximum
            if first.map({ first in maximum.map { $0.compare(first, collation) >= 0 } ?? true })
                ?? true
            {
                found.append(entries[position].batch)
            }
            position -= 1
        }
    }
}
