internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchMigration
internal import StretchSQLite

/// Rows prefetched for a statement that looks up cold rows one by one, as in the inner loop of a
/// join.
///
/// Otherwise each lookup would be a round trip.
///
/// After some lookups in one run of a statement, a rehearsal of the statement determines the values
/// that it will look up, and one request fetches their rows. The rehearsal is only a prediction: a
/// value that it did not find is looked up individually, and unused rows are harmless. Tombstones
/// and hot rows are checked when a row is used, not when it is fetched.
final class ColdLookups {
    /// The number of individual lookups before the first rehearsal, and before further ones.
    static let patience = (first: 8, further: 2)
    /// The maximum number of values of the first rehearsal, because a statement may need no more.
    static let firstValueCount = 250
    static let maximumValueCount = 32_000
    /// The maximum size of cached rows, in bytes.
    static let maximumByteCount = 8 << 20

    /// The common properties of lookups that differ only in their value.
    private struct Shape: Hashable {
        let plan: ObjectIdentifier
        let isWholeRow: Bool
        let column: Int64
        let collation: Collation
        let run: StatementRun
        let dataVersion: UInt32
        let position: TimelinePosition
    }

    private var shape: Shape?
    /// The number of lookups of the run, and of individual lookups left before a rehearsal.
    private var lookupCount = 0
    private var patience = 0
    /// The maximum number of values of the next rehearsal; zero for no rehearsal.
    private var valueLimit = 0
    private var rows: RowBuffer?
    /// The rows of each requested value, including values without rows.
    private var places: [[UInt8]: [Int]] = [:]

    /// Returns the rows of a lookup, if they are known.
    ///
    /// Other rows may be included only as far as the remote may return more rows than requested.
    ///
    /// - Returns: `nil` if the remote must be queried.
    func rows(
        of request: ColdScanRequest, plan: OverlayPlan, in table: OverlayTable, isWholeRow: Bool
    ) throws -> RowBuffer? {
        guard request.constraints.count == 1, request.order.isEmpty, plan.listTerm == nil,
            case .equal(let value) = request.constraints[0].comparison,
            let place = request.columns.firstIndex(of: request.constraints[0].column)
        else { return nil }
        let constraint = request.constraints[0]
        var key: [UInt8] { KeyIdentity.encode([value], [constraint.collation]) }
        if let rehearsal = table.overlay.rehearsal {
            let isOurs = shape?.run == rehearsal.run && shape?.plan == ObjectIdentifier(plan)
            let key = key
            if isOurs, let known = known(key) {
                rehearsal.skip(plan)
                return known
            }
            // The lookups of another loop do not justify a round trip here.
            return try rehearsal.note(value, key, plan, columnCount: request.columns.count)
        }
        let overlay = table.overlay
        guard
            let run = table.connection.onlyRun(
                exceptPrefix: Overlay.innerMark, after: overlay.lastRun)
        else { return nil }
        overlay.lastRun = run
        let now = Shape(
            plan: ObjectIdentifier(plan), isWholeRow: isWholeRow, column: constraint.column,
            collation: constraint.collation, run: run, dataVersion: table.overlay.dataVersion,
            position: request.position)
        if shape != now {
            shape = now
            (lookupCount, patience) = (0, ColdLookups.patience.first)
            valueLimit = ColdLookups.firstValueCount
            (rows, places) = (nil, [:])
        }
        lookupCount += 1
        if rows != nil, let known = known(key) { return known }
        patience -= 1
        guard patience < 0, valueLimit > 0 else { return nil }
        patience = ColdLookups.patience.further
        try fetchAhead(request, place: place, plan: plan, table: table, run: run)
        return known(key)
    }

    private func known(_ key: [UInt8]) -> RowBuffer? {
        guard let rows, let found = places[key] else { return nil }
        let result = RowBuffer(columnCount: rows.columnCount, capacity: 256)
        for row in found { result.appendRow(row, of: rows) }
        return result
    }

    /// Rehearses the statement, and fetches the rows of the values that it will look up.
    private func fetchAhead(
        _ request: ColdScanRequest, place: Int, plan: OverlayPlan, table: OverlayTable,
        run: StatementRun
    ) throws {
        let rehearsal = Rehearsal(
            run, plan: plan, skipping: lookupCount - 1, maximumValueCount: valueLimit)
        guard table.overlay.rehearse(rehearsal), rehearsal.values.count > 1 else {
            // A statement that cannot be predicted is not rehearsed again.
            valueLimit = 0
            return
        }
        let constraint = ColdConstraint(
            column: request.constraints[0].column, comparison: .oneOf(rehearsal.values),
            collation: request.constraints[0].collation)
        let candidates = table.manifest.candidates(for: [constraint])
        var request = request
        request.constraints = [constraint]
        request.batches = candidates.map(\.visible)
        let fetched = RowBuffer(columnCount: request.columns.count)
        var found: [[UInt8]: [Int]] = [:]
        for key in rehearsal.keys { found[key] = [] }
        let page = RowBuffer(columnCount: request.columns.count)
        let scan = try table.scan(request, candidates)
        while try scan.nextPage(into: page, maximumRowCount: 2_048) {
            table.overlay.fetchedRowCount += page.rowCount
            for row in 0..<page.rowCount {
                let value = page.value(row: row, column: place).value
                let key = KeyIdentity.encode([value], [constraint.collation])
                // The remote may return more rows than requested.
                guard found[key] != nil else { continue }
                found[key]?.append(fetched.rowCount)
                fetched.appendRow(row, of: page)
            }
            guard fetched.byteCount <= ColdLookups.maximumByteCount else {
                // Fewer values next time, because it is unknown which of these are complete.
                valueLimit /= 8
                return
            }
        }
        (rows, places) = (fetched, found)
        if fetched.byteCount < ColdLookups.maximumByteCount / 8 {
            valueLimit = min(valueLimit * 8, ColdLookups.maximumValueCount)
        }
    }
}

extension RowBuffer {
    /// The buffer, or `nil` if it is empty.
    var nonempty: RowBuffer? { rowCount > 0 ? self : nil }
}
