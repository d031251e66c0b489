internal import StretchCatalog
package import StretchEndpoint
package import StretchSQLite

/// The visible batches of one table with the ranges of some columns, cached between the batches of
/// a run.
struct KeyManifest {
    struct Entry {
        let batch: VisibleBatch
        /// The zone of the column, or `nil` when the batch has none.
        let zone: Zone?
    }

    private var table: Int64?
    /// The batches, by the id of each column that was asked for.
    private var entries: [Int64: [Entry]] = [:]

    /// Returns the batches of a table with the zones of a column, read from the catalog at the
    /// first call.
    mutating func entries(
        of table: StretchedTable, column: Int64, catalog: Catalog
    ) throws -> [Entry] {
        if self.table != table.id { (self.table, entries) = (table.id, [:]) }
        if let known = entries[column] { return known }
        let found = try catalog.batches(table: table.id).map {
            Entry(batch: $0.visible, zone: $0.zones.zone(of: column))
        }
        entries[column] = found
        return found
    }

    /// Adds a batch that became visible.
    mutating func append(_ moving: MovingBatch, number: Int64) {
        guard table == moving.table.id else { return }
        let batch = VisibleBatch(
            id: moving.batch.id, number: number, rowCount: moving.batch.rowCount)
        for column in entries.keys {
            entries[column]?.append(Entry(batch: batch, zone: moving.zones.zone(of: column)))
        }
    }

    /// Removes a batch that left the manifest.
    mutating func remove(number: Int64) {
        for column in entries.keys { entries[column]?.removeAll { $0.batch.number == number } }
    }
}

/// Encodes keys as bytes that are equal if and only if the keys are equal under their collations.
package enum KeyIdentity {
    package static func encode(_ values: [Value], _ collations: [Collation]) -> [UInt8] {
        Value.encode(zip(values, collations).map { fold($0, $1) })
    }

    private static func fold(_ value: Value, _ collation: Collation) -> Value {
        switch (value, collation) {
        case (.real(let number), _):
            // 1 and 1.0 are the same key: https://sqlite.org/datatype3.html#comparison_expressions
            return Int64(exactly: number).map(Value.integer) ?? value
        case (.text(let text), .nocase):
            return .text(Text(bytes: text.bytes.foldingCase()))
        case (.text(let text), .rtrim):
            return .text(Text(bytes: Array(text.bytes.dropTrailingSpaces())))
        default: return value
        }
    }
}

extension [UInt8] {
    /// As in SQLite's NOCASE, only the length counts after a NUL.
    fileprivate func foldingCase() -> [UInt8] {
        let end = firstIndex(of: 0) ?? count
        return self[..<end].map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }
            + [UInt8](repeating: 0, count: count - end)
    }

    fileprivate func dropTrailingSpaces() -> ArraySlice<UInt8> {
        var count = self.count
        while count > 0, self[count - 1] == 0x20 { count -= 1 }
        return self[..<count]
    }
}
