internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchMigration
internal import StretchSQLite

/// The selection of cold rows by a scan.
struct ColdSelection {
    var constraints: [ColdConstraint] = []
    /// The comparisons with the key that SQLite does not repeat.
    var exactTerms: [(comparison: IndexRequest.Operator, value: Value)] = []
    /// Whether the hot side was queried with all comparisons of the plan.
    let comparesAllTerms: Bool

    init(comparesAllTerms: Bool) {
        self.comparesAllTerms = comparesAllTerms
    }
}

/// The cold rows of one scan, page by page.
///
/// First come rows that are only counted, then those of batches without hidden rows, then all
/// others.
final class ColdPages {
    /// Rows whose number alone is needed.
    private struct Counted {
        /// Their batches, until the remote has been verified to hold them.
        var unproved: [ManifestBatch]
        /// The remaining rows, and the rows already returned.
        var left: Int64
        var passed: Int64 = 0
        var page: RowBuffer?
    }

    /// Batches of which all rows are visible.
    private struct Proved {
        let batches: [ManifestBatch]
        let content: PageContent
        var stream: Stream?
    }

    /// Rows some of which may be hidden.
    private struct Fetched {
        let batches: [ManifestBatch]
        var filter: ColdRowFilter?
        var stream: Stream?
    }

    /// Rows streamed from the remote.
    private struct Stream {
        let scan: any ColdScan
        let page: RowBuffer
        var maximumRowCount: Int

        /// Reads the next page; `nil` at the end.
        mutating func next(_ overlay: Overlay) throws -> RowBuffer? {
            defer {
                overlay.fetchedRowCount += page.rowCount
                // Few rows at first, for LIMIT; then more, for speed.
                maximumRowCount = min(maximumRowCount * 4, 2_048)
            }
            overlay.limitWait()
            return try scan.nextPage(into: page, maximumRowCount: maximumRowCount) ? page : nil
        }
    }

    private let table: OverlayTable
    private let plan: OverlayPlan
    private let selection: ColdSelection
    private let candidates: [ManifestBatch]
    private let isWholeRow: Bool
    private let changeMark: Int
    private var counted: Counted?
    private var proved: Proved?
    private var fetched: Fetched
    /// The content of the last page.
    private(set) var content = PageContent.rows

    init(
        of table: OverlayTable, plan: OverlayPlan, _ selection: ColdSelection,
        candidates: [ManifestBatch], isWholeRow: Bool, changeMark: Int
    ) throws {
        self.table = table
        self.plan = plan
        self.selection = selection
        self.candidates = candidates
        self.isWholeRow = isWholeRow
        self.changeMark = changeMark
        fetched = Fetched(batches: candidates)
        if plan.mayCount { try countRows() }
        if !isWholeRow { try findProvedBatches() }
    }

    // MARK: Choosing

    /// Counts the rows that need not be fetched to be counted.
    private func countRows() throws {
        let batches = try ProvedBatches(
            among: candidates, of: table, meeting: selection.exactTerms)
        let statements = try table.coldRowStatements()
        let rowCount = try batches.proved.reduce(into: Int64(0)) { count, batch in
            count += batch.visible.rowCount
            count -= try statements.tombstones.count(of: batch.visible)
        }
        counted = Counted(unproved: batches.proved, left: rowCount)
        fetched = Fetched(batches: batches.others)
    }

    /// Finds the batches without hidden rows, if this makes their rows cheaper.
    private func findProvedBatches() throws {
        let content: PageContent
        if plan.key.isDistinct {
            content = .distinctRows
        } else {
            // Checking each batch is cheaper than fetching the locations of many rows, but not of
            // few.
            guard table.schema.keyKind == .rowid, plan.key.orders.isEmpty,
                expectedRowCount(of: fetched.batches) ?? 0 >= 10_000
            else { return }
            content = .placelessRows
        }
        let batches = try ProvedBatches(
            among: fetched.batches, of: table, meeting: selection.exactTerms)
        let statements = try table.coldRowStatements()
        var (whole, others) = ([ManifestBatch](), batches.others)
        for batch in batches.proved {
            if try statements.tombstones.count(of: batch.visible) == 0 {
                whole.append(batch)
            } else {
                others.append(batch)
            }
        }
        if !whole.isEmpty { proved = Proved(batches: whole, content: content) }
        fetched = Fetched(batches: others)
    }

    /// Returns the approximate number of rows that meet the constraints; `nil` if unknown.
    private func expectedRowCount(of batches: [ManifestBatch]) -> Int64? {
        let keyColumn = table.schema.key.first.map { table.columnIDs[$0] }
        // Batches selected by a key range contain few other rows.
        guard selection.constraints.allSatisfy({ $0.column == keyColumn && !$0.isEquality }) else {
            return nil
        }
        return batches.reduce(0) { $0 + $1.visible.rowCount }
    }

    /// Returns whether a cold row can precede the hot statement's current row.
    func mayComeBefore(_ statement: Statement) -> Bool {
        guard let order = plan.key.orders.first else { return true }
        let column = order.column >= 0 ? order.column : table.schema.key[0]
        guard let collation = table.schema.columns[column].collation,
            let bound = table.manifest.bound(
                of: table.columnID(column), isMaximum: order.isDescending, in: candidates)
        else { return true }
        let value = statement.column(
            order.column >= 0 ? Int(plan.hotColumns[column]) : 0)
        let result = value.compare(bound, collation)
        // Equal values may be in any order, unless there are further terms.
        if result == 0 { return plan.key.orders.count > 1 }
        return order.isDescending ? result < 0 : result > 0
    }

    // MARK: Pages

    /// Returns the next visible rows, or `nil` at the end.
    func next() throws -> RowBuffer? {
        if let page = try nextCounted() { return page }
        if let page = try nextProved() { return page }
        content = .rows
        return try nextFetched()
    }

    private func nextCounted() throws -> RowBuffer? {
        guard var counted, counted.left > 0 else { return nil }
        try prove(counted.unproved)
        counted.unproved = []
        let rowCount = min(counted.left, 2_048)
        counted.left -= rowCount
        counted.passed += rowCount
        if counted.page?.rowCount != Int(rowCount) {
            let page = RowBuffer(columnCount: 0)
            for _ in 0..<rowCount { page.beginRow(identifier: 0) }
            counted.page = page
        }
        self.counted = counted
        content = .count
        return counted.page
    }

    /// Verifies that the remote has the rows of batches.
    private func prove(_ batches: [ManifestBatch]) throws {
        guard !batches.isEmpty, let record = table.overlay.record else { return }
        let request = ColdScanRequest(
            relation: table.table.relation, position: record.position,
            batches: batches.map(\.visible), columns: [], limit: 0)
        _ = try table.scan(request, batches)
    }

    /// Returns the next rows of the batches without hidden rows.
    private func nextProved() throws -> RowBuffer? {
        guard let proved, let record = table.overlay.record else { return nil }
        if proved.stream == nil {
            let isDistinct = proved.content == .distinctRows
            let count = isDistinct ? plan.usedColumnCount : plan.coldColumnIDs.count
            var request = ColdScanRequest(
                relation: table.table.relation, position: record.position,
                batches: proved.batches.map(\.visible),
                columns: Array(plan.coldColumnIDs.prefix(count)),
                constraints: selection.constraints)
            // The batches were chosen by these comparisons, if there are no other constraints.
            request.selectsAll = selection.constraints.count == selection.exactTerms.count
            request.knownValues = table.manifest.values(in: selection.constraints, [])
            request.needsIdentifiers = false
            request.mayOmitDuplicates = isDistinct
            request.expectedRowCount = expectedRowCount(of: proved.batches)
            self.proved?.stream = Stream(
                scan: try table.scan(request, proved.batches),
                page: RowBuffer(columnCount: count),
                maximumRowCount: isDistinct ? 2_048 : 32)
        }
        content = proved.content
        if let page = try self.proved?.stream?.next(table.overlay) { return page }
        self.proved = nil
        return nil
    }

    /// Returns the next rows that are not hidden by a tombstone or a hot row.
    private func nextFetched() throws -> RowBuffer? {
        guard !fetched.batches.isEmpty else { return nil }
        if fetched.filter == nil, let ahead = try openFetched() {
            let visible = try fetched.filter?.visibleRows(of: ahead).nonempty
            if let visible { try requireUniqueKeys(visible) }
            return visible
        }
        guard let filter = fetched.filter else { return nil }
        while let page = try fetched.stream?.next(table.overlay) {
            let visible = try filter.visibleRows(of: page)
            if visible.rowCount > 0 {
                try requireUniqueKeys(visible)
                return visible
            }
        }
        return nil
    }

    /// Opens the remote's stream.
    ///
    /// - Returns: The rows, if they were prefetched, in which case there is no stream.
    private func openFetched() throws -> RowBuffer? {
        guard let record = table.overlay.record else { return nil }
        let columns = isWholeRow ? table.storedColumnIDs : plan.coldColumnIDs
        var request = ColdScanRequest(
            relation: table.table.relation, position: record.position,
            batches: fetched.batches.map(\.visible), columns: columns,
            constraints: selection.constraints,
            order: plan.key.orders.map { order in
                let column = order.column >= 0 ? order.column : table.schema.key[0]
                return OrderTerm(
                    column: table.columnID(column),
                    collation: table.schema.columns[column].collation ?? .binary,
                    isDescending: order.isDescending)
            })
        request.expectedRowCount = expectedRowCount(of: fetched.batches)
        request.hidesRows = isWholeRow
        request.knownValues = table.manifest.values(in: selection.constraints, request.order)
        let filter = try ColdRowFilter(
            table: table, keyColumns: keyPlaces, exactTerms: selection.exactTerms,
            isUnshadowed: plan.isUnique && plan.key.terms.count == 1
                && selection.comparesAllTerms && plan.listTerm == nil,
            changeMark: changeMark,
            rowidPlace: table.shownRowidPlace(plan, isWholeRow: isWholeRow))
        let ahead = try table.lookups.rows(
            of: request, plan: plan, in: table, isWholeRow: isWholeRow)
        if ahead == nil {
            fetched.stream = Stream(
                scan: try table.scan(request, fetched.batches),
                page: RowBuffer(columnCount: columns.count), maximumRowCount: 32)
        }
        fetched.filter = filter
        return ahead
    }

    /// The indexes of the key's columns in pages.
    private var keyPlaces: [Int] { isWholeRow ? table.schema.key : plan.keyPlaces }

    /// Checks that no two rows of a page have the same key, if the scan selects the rows of a key.
    ///
    /// - Throws: `damaged`, because all but one of the rows with a key are hidden.
    private func requireUniqueKeys(_ page: RowBuffer) throws {
        guard page.rowCount > 1, plan.isKeyGiven else { return }
        let collations = table.schema.keyTerms.map { $0.collation ?? .binary }
        var keys: Set<[UInt8]> = []
        for row in 0..<page.rowCount {
            let key = keyPlaces.map { page.value(row: row, column: $0).value }
            guard keys.insert(KeyIdentity.encode(key, collations)).inserted else {
                throw StretchError(
                    .damaged, "table \"\(table.schema.name)\": the remote has two rows of one key",
                    hint: "To see in which batches: \(advice: .verify).")
            }
        }
    }

    // MARK: Replacing

    /// Replaces the page with complete rows when SQLite requests a part of a row that the page
    /// lacks.
    func replacePage(from row: Int) throws -> RowBuffer {
        // Rows that represent others may be returned again; SQLite shows them once.
        var passed: Int64 = 0
        if content == .count, let counted {
            passed = counted.passed - Int64((counted.page?.rowCount ?? 0) - row)
        }
        counted = nil
        proved = nil
        fetched = Fetched(batches: candidates)
        while let page = try next() {
            if passed == 0 { return page }
            let rest = RowBuffer(columnCount: page.columnCount, capacity: page.byteCount)
            for row in 0..<page.rowCount where Int64(row) >= passed {
                rest.appendRow(row, of: page)
            }
            if rest.rowCount > 0 { return rest }
            passed -= Int64(page.rowCount)
        }
        throw StretchError(
            .damaged, "table \"\(table.schema.name)\": the remote has lost rows",
            hint: "To see which: \(advice: .verify).")
    }
}
