internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchMigration
internal import StretchSQLite

/// Cold rows that need not be fetched, or not each of them.
extension OverlayScan {
    /// Counts the rows that need not be fetched for that.
    func countRows() throws {
        let batches = try ProvedBatches(among: candidates, of: table, meeting: exactTerms)
        let statements = try table.coldRowStatements()
        for batch in batches.proved {
            let hidden = try statements.tombstones.count(of: batch.visible)
            countedRows.left += batch.visible.rowCount - hidden
        }
        fetchedBatches = batches.others
        countedBatches = batches.proved
    }

    /// Makes the remote prove that it has the rows that are counted.
    private func checkCountedBatches() throws {
        guard !countedBatches.isEmpty, let record = overlay.record else { return }
        let request = ColdScanRequest(
            relation: table.table.relation, position: record.position,
            batches: countedBatches.map(\.visible), columns: [], limit: 0)
        countedBatches = []
        _ = try table.remote().scan(request)
    }

    /// About how many rows of batches meet the constraints; `nil` when the manifest does not tell.
    func expectedRowCount(of batches: [ManifestBatch]) -> Int64? {
        let keyColumn = table.schema.key.first.map { table.columnIDs[$0] }
        // The batches of a range of keys have few others.
        guard constraints.allSatisfy({ $0.column == keyColumn && !$0.isEquality }) else {
            return nil
        }
        return batches.reduce(0) { $0 + $1.visible.rowCount }
    }

    /// Finds the batches that have no hidden row, where that makes their rows cheaper.
    func findProvedBatches(_ plan: OverlayPlan) throws {
        if plan.key.isDistinct {
            provedContent = .distinctRows
        } else {
            // A look at each batch is cheaper than the places of many rows, not than those of few.
            guard table.schema.keyKind == .rowid, plan.key.orders.isEmpty,
                expectedRowCount(of: fetchedBatches) ?? 0 >= 10_000
            else { return }
            provedContent = .placelessRows
        }
        let batches = try ProvedBatches(among: fetchedBatches, of: table, meeting: exactTerms)
        let statements = try table.coldRowStatements()
        fetchedBatches = batches.others
        for batch in batches.proved {
            if try statements.tombstones.count(of: batch.visible) == 0 {
                provedBatches.append(batch)
            } else {
                fetchedBatches.append(batch)
            }
        }
    }

    /// Checks that no two rows of a page have one key, where the scan asks for the rows of a key.
    ///
    /// - Throws: `damaged`: of the rows of a key all but one are hidden.
    func requireUniqueKeys(_ page: RowBuffer) throws {
        guard page.rowCount > 1, let plan, plan.isKeyGiven else { return }
        let places = isWholeRow ? table.schema.key : plan.keyPlaces
        let collations = table.schema.keyTerms.map { $0.collation ?? .binary }
        var keys: Set<[UInt8]> = []
        for row in 0..<page.rowCount {
            let key = places.map { page.value(row: row, column: $0).value }
            guard keys.insert(KeyIdentity.encode(key, collations)).inserted else {
                throw StretchError(
                    .damaged, "table \"\(table.schema.name)\": the remote has two rows of one key",
                    hint: "Run stretch verify to see in which batches.")
            }
        }
    }

    func nextCountedPage() throws -> RowBuffer? {
        guard countedRows.left > 0 else { return nil }
        try checkCountedBatches()
        let rowCount = min(countedRows.left, 2_048)
        countedRows.left -= rowCount
        countedRows.passed += rowCount
        if let page, pageContent == .count, page.rowCount == rowCount { return page }
        let page = RowBuffer(columnCount: 0)
        for _ in 0..<rowCount { page.beginRow(identifier: 0) }
        self.page = page
        pageContent = .count
        return page
    }

    func replacePage(from row: Int) throws -> RowBuffer {
        // Rows that stand for others may come again: SQLite shows them once.
        var passed =
            pageContent == .count ? countedRows.passed - Int64((page?.rowCount ?? 0) - row) : 0
        countedRows = (0, 0)
        provedBatches = []
        (fetchedBatches, cold, filter) = (candidates, nil, nil)
        while let page = try nextPage() {
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
            hint: "Run stretch verify to see which.")
    }

    /// The next rows of the batches without a hidden one.
    func nextProvedPage() throws -> RowBuffer? {
        guard let plan, let record = overlay.record, !provedBatches.isEmpty else { return nil }
        if cold == nil {
            let isDistinct = provedContent == .distinctRows
            let count = isDistinct ? plan.usedColumnCount : plan.coldColumnIDs.count
            var request = ColdScanRequest(
                relation: table.table.relation, position: record.position,
                batches: provedBatches.map(\.visible),
                columns: Array(plan.coldColumnIDs.prefix(count)), constraints: constraints)
            // The batches were chosen by these comparisons, where there are no other constraints.
            request.selectsAll = constraints.count == exactTerms.count
            request.knownValues = table.manifest.values(in: constraints, [])
            request.needsIdentifiers = false
            request.mayOmitDuplicates = isDistinct
            request.expectedRowCount = expectedRowCount(of: provedBatches)
            cold = try table.remote().scan(request)
            page = RowBuffer(columnCount: count)
            pageRowCount = isDistinct ? 2_048 : 32
        }
        pageContent = provedContent
        guard let cold, let page else { return nil }
        if try nextPage(of: cold, into: page) { return page }
        (self.cold, provedBatches) = (nil, [])
        return nil
    }
}
