package import StretchEndpoint
package import StretchSQLite

/// The value range of a column in a batch, which contains every value except NULL.
///
/// The range is in SQLite's order of storage classes, and in the order of the column's collation.
package struct Zone: Hashable, Sendable {
    /// The maximum size of a text or blob that is kept as a bound, in bytes.
    package static let maximumBoundByteCount = 24

    /// The lower bound; `nil` if every value is NULL.
    package let minimum: Value?
    /// The upper bound; `nil` if there is none.
    package let maximum: Value?
    /// Whether any value is NULL.
    package let hasNull: Bool

    package init(minimum: Value?, maximum: Value?, hasNull: Bool) {
        self.minimum = minimum
        self.maximum = maximum
        self.hasNull = hasNull
    }

    /// Returns whether a row of the batch can meet a constraint; `true` if unknown.
    ///
    /// - Parameter collation: The collation of the column, which orders the bounds.
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
        // Numbers and blobs can also match, but an empty blob cannot: as a maximum it represents a
        // text that is too long to be a bound.
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
    /// Compares values in SQLite's order; see `EncodedValue.compare`.
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
    /// Compares values in SQLite's order under a built-in collation.
    package func compare(_ other: EncodedValue, _ collation: Collation) -> Int {
        compare(
            other, foldsCase: collation == .nocase, ignoresTrailingSpaces: collation == .rtrim)
    }
}

/// The zones of one batch by column id, in the catalog's encoding.
///
/// A zone is decoded when it is requested, because a database has many batches, and queries use few
/// of their columns.
package struct ZoneMap: Hashable, Sendable {
    /// For each column, ordered by id, the id, flags (1 minimum, 2 maximum, 4 NULL), and the
    /// existing bounds, encoded as a row.
    package let encoded: [UInt8]

    /// Returns the map without the zones of some columns.
    package func removing(_ columns: Set<Int64>) -> ZoneMap {
        ZoneMap(zones: zones.filter { !columns.contains($0.key) })
    }

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

    /// Creates the zones of a blob of the catalog.
    package init(encoded: [UInt8]) { self.encoded = encoded }

    /// All zones; empty for a damaged blob, which affects only speed.
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

    /// Returns the zone of a column, or `nil` if it is unknown.
    package func zone(of column: Int64) -> Zone? { zones[column] }

    /// Creates the zones of rows.
    ///
    /// - Parameters:
    ///   - rows: Rows with the given columns in order.
    ///   - columns: The id and the collation of each column; `nil` for a collation that is not
    ///     built in, in which case the column gets no zone.
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

    /// Returns a lower bound; a prefix is never greater than the whole in a built-in collation.
    private static func lowerBound(_ value: EncodedValue) -> Value {
        guard value.tag == .text || value.tag == .blob else { return value.value }
        let bytes = value.bytes.prefix(Zone.maximumBoundByteCount)
        return value.tag == .text ? .text(Text(bytes: Array(bytes))) : .blob(Array(bytes))
    }

    /// Returns an upper bound; every blob is greater than every text, but no value exceeds all
    /// blobs.
    private static func upperBound(_ value: EncodedValue) -> Value? {
        guard value.tag == .text || value.tag == .blob else { return value.value }
        guard value.bytes.count > Zone.maximumBoundByteCount else { return value.value }
        return value.tag == .text ? .blob([]) : nil
    }
}
