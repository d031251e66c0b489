internal import StretchCatalog
internal import StretchEndpoint
internal import StretchSQLite

/// The batches of a scan in which no row can be hidden by a hot row and all rows meet the
/// comparisons.
///
/// The zones prove both.
///
/// For them the manifest is sufficient, without reading rows.
struct ProvedBatches {
    private(set) var proved: [ManifestBatch] = []
    /// All other batches of the scan.
    private(set) var others: [ManifestBatch] = []

    /// - Parameters:
    ///   - batches: The batches of the scan.
    ///   - terms: Comparisons with the rowid; the scan must have no others.
    init(
        among batches: [ManifestBatch], of table: OverlayTable,
        meeting terms: [(comparison: IndexRequest.Operator, value: Value)]
    ) throws {
        let keyColumn = table.schema.key.first.map { table.columnIDs[$0] }
        guard table.schema.keyKind.isKeyed else {
            proved = batches
            return
        }
        guard let keyColumn, let hotKeys = try table.coldRowStatements().leadingKeys else {
            others = batches
            return
        }
        let hull = (
            table.manifest.bound(of: keyColumn, isMaximum: false, in: batches),
            table.manifest.bound(of: keyColumn, isMaximum: true, in: batches)
        )
        // A single query suffices if there is no hot key in the whole range.
        let isSurelyHotFree = try !ProvedBatches.holds(hotKeys, from: hull.0, through: hull.1)
        for batch in batches {
            let zone = table.manifest.zone(of: keyColumn, in: batch)
            let isProved =
                try terms.allSatisfy { ProvedBatches.meets($0.comparison, $0.value, zone) }
                && (isSurelyHotFree
                    || !ProvedBatches.holds(hotKeys, from: zone?.minimum, through: zone?.maximum))
            if isProved { proved.append(batch) } else { others.append(batch) }
        }
    }

    /// Returns whether a hot row can have a key in a range; `true` if a bound is unknown.
    private static func holds(
        _ statement: Statement, from first: Value?, through last: Value?
    ) throws -> Bool {
        guard let first, let last else { return true }
        defer { statement.reset() }
        try statement.bind(first, at: 1)
        try statement.bind(last, at: 2)
        return try statement.step()
    }

    private static func meets(
        _ comparison: IndexRequest.Operator, _ value: Value, _ zone: Zone?
    ) -> Bool {
        // SQLite applies INTEGER affinity to other values first.
        guard case .integer = value, let minimum = zone?.minimum, let maximum = zone?.maximum
        else { return false }
        switch comparison {
        case .less: return maximum.compare(value, .binary) < 0
        case .lessOrEqual: return maximum.compare(value, .binary) <= 0
        case .greater: return minimum.compare(value, .binary) > 0
        case .greaterOrEqual: return minimum.compare(value, .binary) >= 0
        default: return false
        }
    }
}
