internal import StretchCatalog
internal import StretchEndpoint
internal import StretchSQLite

/// Compares rows of one batch with the zones by which readers skip the batch.
struct ZoneCheck {
    private struct Column {
        let name: String
        /// The collation, or `nil` without a zone.
        let collation: Collation?
        let zone: Zone?
        var strayCount: Int64 = 0
    }

    private var columns: [Column]
    /// The minimum and maximum of each column, in one row.
    private let bounds: RowBuffer

    /// - Parameters:
    ///   - columns: The columns of the rows, in order.
    ///   - collations: The collations with which readers use zones, by column id.
    init(_ columns: [CatalogColumn], of batch: ManifestBatch, collations: [Int64: Collation]) {
        let zones = batch.zones.zones
        self.columns = columns.map { column in
            let zone = column.dropped == nil ? zones[column.id] : nil
            return Column(
                name: column.name, collation: zone.flatMap { _ in collations[column.id] },
                zone: zone)
        }
        bounds = RowBuffer(columnCount: max(columns.count * 2, 1))
        bounds.beginRow(identifier: 0)
        for column in self.columns {
            bounds.append(column.zone?.minimum ?? .null)
            bounds.append(column.zone?.maximum ?? .null)
        }
    }

    /// Checks the rows of a page.
    mutating func look(at page: RowBuffer) {
        guard columns.contains(where: { $0.collation != nil }) else { return }
        for row in 0..<page.rowCount {
            var value = page.value(row: row, column: 0)
            var bound = bounds.value(row: 0, column: 0)
            for index in columns.indices {
                let (minimum, maximum) = (bound, bound.next)
                if let zone = columns[index].zone, let collation = columns[index].collation,
                    !Self.contains(value, zone, minimum, maximum, collation)
                {
                    columns[index].strayCount += 1
                }
                guard index + 1 < columns.count else { break }
                (value, bound) = (value.next, maximum.next)
            }
        }
    }

    private static func contains(
        _ value: EncodedValue, _ zone: Zone, _ minimum: EncodedValue, _ maximum: EncodedValue,
        _ collation: Collation
    ) -> Bool {
        guard value.tag != .null else { return zone.hasNull }
        guard zone.minimum != nil, minimum.compare(value, collation) <= 0 else { return false }
        return zone.maximum == nil || maximum.compare(value, collation) >= 0
    }

    /// The columns whose zones exclude values, each with the number of values; `nil` for none.
    var findings: String? {
        let found = columns.filter { $0.strayCount > 0 }
            .map { "\($0.strayCount) values of column \"\($0.name)\"" }
        return found.isEmpty ? nil : found.joined(separator: ", ")
    }
}
