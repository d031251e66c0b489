package import StretchEndpoint
package import StretchSQLite

/// What a batch holds in one column: a range that contains every value other than NULL.
///
/// The range is in the order of the column's own collation, by SQLite's order of storage classes.
package struct Zone: Hashable, Sendable {
    /// The longest text or blob that is kept as a bound, in bytes.
    package static let maximumBoundByteCount = 24

    /// A value that no value of the column is less than; `nil` when every value is NULL.
    package let minimum: Value?
    /// A value that no value of the column is greater than; `nil` when there is no bound.
    package let maximum: Value?
    /// Whether a value is NULL.
    package let hasNull: Bool

    package init(minimum: Value?, maximum: Value?, hasNull: Bool) {
        self.minimum = minimum
        self.maximum = maximum
        self.hasNull = hasNull
    }

    /// Whether a row of the batch can meet a constraint; `true` when it cannot be told.
    ///
    /// - Parameter collation: The collation of the column, in whose order the bounds are.
    package func canContain(_ constraint: ColdConstraint, collation: Collation) -> Bool {
        switch constraint.comparison {
        case .isNull: return hasNull
        case .isNotNull: return minimum != nil
        default: break
        }
        guard let minimum else { return false }
        if case .prefix(let prefix) = constraint.comparison {
            return contains(
                prefix, anyCase: constraint.collation == .nocase, minimum, collation)
        }
        guard constraint.collation == collation else { return true }
        switch constraint.comparison {
        case .equal(let value): return contains(value, minimum, collation)
        case .oneOf(let values): return values.contains { contains($0, minimum, collation) }
        case .less(let value): return minimum.compare(value, collation) < 0
        case .lessOrEqual(let value): return minimum.compare(value, collation) <= 0
        case .greater(let value):
            return maximum.map { $0.compare(value, collation) > 0 } ?? true
        case .greaterOrEqual(let value):
            return maximum.map { $0.compare(value, collation) >= 0 } ?? true
        case .prefix, .isNull, .isNotNull: return true
        }
    }

    private func contains(
        _ prefix: TextPrefix, anyCase: Bool, _ minimum: Value, _ collation: Collation
    ) -> Bool {
        // Numbers and blobs may be found, too. An empty blob never is: as the greatest value it
        // stands for a text that is too long to be a bound.
        guard case .text = minimum, let maximum, collation != .rtrim else { return true }
        let range = collation == .nocase ? prefix.folded.range() : prefix.range(anyCase: anyCase)
        guard minimum.compare(.text(range.end), collation) < 0 else { return false }
        if case .text = maximum { return maximum.compare(.text(range.first), collation) >= 0 }
        return true
    }

    private func contains(_ value: Value, _ minimum: Value, _ collation: Collation) -> Bool {
        if case .null = value { return false }
        guard minimum.compare(value, collation) <= 0 else { return false }
        return maximum.map { $0.compare(value, collation) >= 0 } ?? true
    }
}

extension Value {
    /// SQLite's order of values; see `EncodedValue.compare`.
    package func compare(_ other: Value, _ collation: Collation) -> Int {
        if case .integer(let left) = self, case .integer(let right) = other {
            return left < right ? -1 : left > right ? 1 : 0
        }
        let buffer = RowBuffer(columnCount: 2, capacity: 64)
        buffer.beginRow(identifier: 0)
        buffer.append(self)
        buffer.append(other)
        return buffer.value(row: 0, column: 0)
            .compare(buffer.value(row: 0, column: 1), collation)
    }
}

extension EncodedValue {
    /// SQLite's order of values under a built-in collation.
    package func compare(_ other: EncodedValue, _ collation: Collation) -> Int {
        compare(
            other, foldsCase: collation == .nocase, ignoresTrailingSpaces: collation == .rtrim)
    }
}

/// The zones of one batch, by the id of the column, in the form that the catalog has.
///
/// A database has many batches and asks for few of their columns: a zone is decoded when it is
/// asked for.
package struct ZoneMap: Hashable, Sendable {
    /// For each column, in the order of ids, the id, flags (1 minimum, 2 maximum, 4 NULL), and the
    /// bounds that there are, encoded as a row.
    package let encoded: [UInt8]

    package init(zones: [Int64: Zone] = [:]) {
        var values: [Value] = []
        for (id, zone) in zones.sorted(by: { $0.key < $1.key }) {
            let flags: Int64 =
                (zone.minimum == nil ? 0 : 1) | (zone.maximum == nil ? 0 : 2)
                | (zone.hasNull ? 4 : 0)
            values += [.integer(id), .integer(flags)]
            if let minimum = zone.minimum { values.append(minimum) }
            if let maximum = zone.maximum { values.append(maximum) }
        }
        encoded = Value.encode(values)
    }

    /// The zones of a blob of the catalog.
    package init(encoded: [UInt8]) { self.encoded = encoded }

    /// All zones; damage costs only speed, so that a damaged blob gives none.
    package var zones: [Int64: Zone] {
        guard let values = Value.decode(encoded) else { return [:] }
        var zones: [Int64: Zone] = [:]
        var rest = values[...]
        while !rest.isEmpty {
            guard let id = rest.popFirst()?.integerValue,
                let flags = rest.popFirst()?.integerValue, (0...7).contains(flags),
                // A maximum without a minimum would mean that every value is NULL.
                flags & 3 != 2
            else { return [:] }
            let minimum = flags & 1 == 0 ? nil : rest.popFirst()
            let maximum = flags & 2 == 0 ? nil : rest.popFirst()
            guard (minimum != nil) == (flags & 1 != 0), (maximum != nil) == (flags & 2 != 0)
            else { return [:] }
            zones[id] = Zone(minimum: minimum, maximum: maximum, hasNull: flags & 4 != 0)
        }
        return zones
    }

    /// The zone of a column, or `nil` when it is not known.
    package func zone(of column: Int64) -> Zone? { zones[column] }

    /// The zones of rows.
    ///
    /// - Parameters:
    ///   - rows: Rows that have the columns in order.
    ///   - columns: The id and the collation of each column; `nil` for a collation that is not
    ///     built in, whose column gets no zone.
    package init(of rows: RowBuffer, columns: [(id: Int64, collation: Collation?)]) {
        guard rows.rowCount > 0 else {
            self.init()
            return
        }
        var bounds: [(minimum: EncodedValue?, maximum: EncodedValue?, hasNull: Bool)] =
            Array(repeating: (nil, nil, false), count: columns.count)
        for row in 0..<rows.rowCount {
            var value = rows.value(row: row, column: 0)
            for column in columns.indices {
                defer { value = value.next }
                guard let collation = columns[column].collation else { continue }
                guard value.tag != .null else {
                    bounds[column].hasNull = true
                    continue
                }
                if let minimum = bounds[column].minimum, minimum.compare(value, collation) <= 0 {
                } else {
                    bounds[column].minimum = value
                }
                if let maximum = bounds[column].maximum, maximum.compare(value, collation) >= 0 {
                } else {
                    bounds[column].maximum = value
                }
            }
        }
        var zones: [Int64: Zone] = [:]
        for (column, bound) in zip(columns, bounds) where column.collation != nil {
            zones[column.id] = Zone(
                minimum: bound.minimum.map(ZoneMap.lowerBound),
                maximum: bound.maximum.flatMap(ZoneMap.upperBound), hasNull: bound.hasNull)
        }
        self.init(zones: zones)
    }

    /// A prefix is never greater than the whole, in any built-in collation.
    private static func lowerBound(_ value: EncodedValue) -> Value {
        guard value.tag == .text || value.tag == .blob else { return value.value }
        let bytes = value.bytes.prefix(Zone.maximumBoundByteCount)
        return value.tag == .text ? .text(Text(bytes: Array(bytes))) : .blob(Array(bytes))
    }

    /// Every blob is greater than every text; nothing is greater than every blob.
    private static func upperBound(_ value: EncodedValue) -> Value? {
        guard value.tag == .text || value.tag == .blob else { return value.value }
        guard value.bytes.count > Zone.maximumBoundByteCount else { return value.value }
        return value.tag == .text ? .blob([]) : nil
    }
}
