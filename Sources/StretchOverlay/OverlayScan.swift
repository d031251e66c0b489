internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite
internal import StretchText

/// One scan of an overlay: hot rows by an inner statement, then cold rows, opened when they are
/// reached.
final class OverlayScan: VirtualTableScan {
    let table: OverlayTable
    var overlay: Overlay { table.overlay }
    var plan: OverlayPlan?
    private var statement: Statement?
    private var dropped: UInt64 = 0
    private var list: [Value] = []
    private var nextListIndex = 0
    var constraints: [ColdConstraint] = []
    /// The comparisons with the key that SQLite does not repeat.
    var exactTerms: [(comparison: IndexRequest.Operator, value: Value)] = []
    var candidates: [ManifestBatch] = []
    /// The candidates whose rows must be fetched.
    var fetchedBatches: [ManifestBatch] = []
    /// The candidates of which all rows are visible, and come as ``provedContent`` says.
    var provedBatches: [ManifestBatch] = []
    var provedContent = PageContent.rows
    var pageContent = PageContent.rows
    /// The batches of ``countedRows``, until the remote has proved to have them.
    var countedBatches: [ManifestBatch] = []
    /// The cold rows of which only the number matters: those to come, and those gone by.
    var countedRows = (left: Int64(0), passed: Int64(0))
    private(set) var isWholeRow = false
    /// The count of recalls when the scan began.
    private var changeMark = 0
    var cold: (any ColdScan)?
    var filter: ColdRowFilter?
    var page: RowBuffer?
    var pageRowCount = 0
    private var completeStatement: Statement?
    /// The rows of a lookup that were fetched ahead.
    private var fetched: RowBuffer?

    init(_ table: OverlayTable) {
        self.table = table
    }

    // MARK: Hot side

    func begin(plan number: Int32, arguments: Arguments) throws -> ScanStart {
        if overlay.queryMode == .disabled {
            throw StretchError(
                .wrongState, "queries of stretch-enabled tables are disabled",
                hint: "Set the query mode to LOCAL_AND_REMOTE.")
        }
        let plan = try table.plan(numbered: number)
        self.plan = plan
        table.openScanCount += 1
        changeMark = table.changeCounter.pointee
        dropped = 0
        nextListIndex = 0
        try readList(plan, arguments)
        for (index, term) in plan.key.terms.enumerated() where !term.isList {
            if term.comparison.hasValue, !isComparable(term, arguments[index]) {
                dropped |= 1 << UInt64(index)
            }
        }
        let statement = try plan.takeStatement(dropped: dropped, on: overlay.connection)
        self.statement = statement
        if overlay.tracksInnerStatements { overlay.innerStatements.insert(statement.handle) }
        for (index, term) in plan.key.terms.enumerated()
        where dropped & (1 << UInt64(index)) == 0 && term.comparison.hasValue && !term.isList
            && !term.isColdOnly
        {
            try statement.bind(arguments[index], at: index + 1)
        }
        let isUnique = plan.isUnique && dropped == 0
        if let index = plan.listTerm, dropped & listBit == 0 {
            // One run is needed for the snapshot; the others find nothing where no row is hot.
            if try !mayHaveHotRow(plan.key.terms[index].column) { nextListIndex = list.count - 1 }
            _ = try nextRun()
        }
        isWholeRow = table.writer.isWriting
        return ScanStart(
            statement: statement, hotColumns: UnsafePointer(plan.hotColumns),
            hasDirectValue: UnsafePointer(plan.hasDirectValue),
            pageColumns: UnsafePointer(isWholeRow ? plan.allPageColumns : plan.pageColumns),
            pageRowidColumn: rowidColumn(plan), isUnique: isUnique,
            // The hot row hides every cold row of its key.
            endsAfterHotRow: isUnique && plan.listTerm == nil,
            order: mergeTerms(plan), changeCounter: UnsafePointer(table.changeCounter))
    }

    /// Whether the inner comparison gives what SQLite's outer one does.
    ///
    /// A column of the table has its affinity inside; a right side that had one of its own outside
    /// has lost it.
    private func isComparable(_ term: OverlayPlan.Key.Term, _ value: ValuePointer) -> Bool {
        guard term.column >= 0 else { return true }
        guard table.schema.columns[term.column].affinity == .text else { return true }
        if value.isNumber { return false }
        guard term.mayHaveAffinity, value.isText, !value.isBound else { return true }
        // Texts that look like numbers begin before ":", and so are less than what does not.
        return value.firstByte.map { $0 >= UInt8(ascii: ":") } ?? false
    }

    private var listBit: UInt64 { plan?.listTerm.map { 1 << UInt64($0) } ?? 0 }

    /// Takes an IN list whole, when each of its values can be compared as it is.
    private func readList(_ plan: OverlayPlan, _ arguments: Arguments) throws {
        list = []
        guard let index = plan.listTerm else { return }
        let affinity = table.schema.columns[plan.key.terms[index].column].affinity
        list = try arguments.list(at: index)
        if !list.allSatisfy({ $0.isComparable(to: affinity) }) { dropped |= listBit }
    }

    /// Whether the hot side can have a row of a long list; a question in place of a run for each
    /// value.
    private func mayHaveHotRow(_ column: Int) throws -> Bool {
        guard list.count > 16, table.schema.keyKind == .rowid, column == table.schema.key[0],
            let keys = try table.coldRowStatements().leadingKeys
        else { return true }
        var range = (first: Int64.max, last: Int64.min)
        for value in list {
            guard let key = value.integerValue else { return true }
            range = (min(range.first, key), max(range.last, key))
        }
        defer { keys.reset() }
        try keys.bind(integer: range.first, at: 1)
        try keys.bind(integer: range.last, at: 2)
        return try keys.step()
    }

    func nextRun() throws -> Bool {
        guard let plan, let statement, let index = plan.listTerm, dropped & listBit == 0 else {
            return false
        }
        statement.reset()
        guard nextListIndex < list.count else {
            // An empty list selects nothing.
            if list.isEmpty { try statement.bind(.null, at: index + 1) }
            return false
        }
        try statement.bind(list[nextListIndex], at: index + 1)
        nextListIndex += 1
        return true
    }

    func isHotRowSuperseded(rowid: Int64) throws -> Bool {
        guard let plan, let statement else { return false }
        let key: [Value]
        if table.schema.keyKind == .withoutRowid {
            key = table.schema.key.map { statement.column(Int(plan.hotColumns[$0])) }
        } else {
            key = [.integer(rowid)]
        }
        return table.recalledKeys[key].map { $0 > changeMark } ?? false
    }

    func completeRow(rowid: Int64) throws -> Statement {
        let columns = table.schema.columns.map { "h.\($0.name.quotedName)" }
        let statement =
            try completeStatement
            ?? overlay.connection.prepare(
                """
                \(Overlay.innerMark) SELECT \(columns.joined(separator: ", ")) \
                FROM main.\(table.schema.name.quotedName) \
                AS h WHERE h.\(table.schema.rowidName ?? "rowid") = ?
                """)
        completeStatement = statement
        statement.reset()
        try statement.bind(.integer(rowid), at: 1)
        guard try statement.step() else {
            throw SQLiteError(extendedCode: 1, message: "a row vanished under its own statement")
        }
        return statement
    }

    // MARK: Cold side

    private func readConstraints(_ plan: OverlayPlan, _ arguments: Arguments) {
        constraints = []
        exactTerms = []
        for (index, term) in plan.key.terms.enumerated() where dropped & (1 << UInt64(index)) == 0 {
            if term.isList {
                guard let collation = Collation(rawValue: term.collationName) else { continue }
                constraints.append(
                    ColdConstraint(
                        column: table.columnID(term.column), comparison: .oneOf(list),
                        collation: collation))
                continue
            }
            let value = arguments[index].value
            if term.isExact { exactTerms.append((term.comparison, value)) }
            if let constraint = table.coldConstraint(
                term.column, term.comparison, value, collationName: term.collationName)
            {
                constraints.append(constraint)
            }
        }
    }

    private func rowidColumn(_ plan: OverlayPlan) -> Int32 {
        guard table.schema.keyKind == .rowid, let key = table.schema.key.first else { return -1 }
        return isWholeRow ? plan.allPageColumns[key] : plan.pageColumns[key]
    }

    private func mergeTerms(_ plan: OverlayPlan) -> [MergeTerm] {
        let pages = isWholeRow ? plan.allPageColumns : plan.pageColumns
        return plan.key.orders.map { order in
            let column = order.column >= 0 ? order.column : table.schema.key[0]
            let collation = table.schema.columns[column].collation
            return MergeTerm(
                hotColumn: order.column >= 0 ? plan.hotColumns[column] : 0,
                pageColumn: Int(pages[column]), isDescending: order.isDescending,
                foldsCase: collation == .nocase, ignoresTrailingSpaces: collation == .rtrim)
        }
    }

    func snapshotDidOpen(arguments: Arguments) throws -> Bool {
        try overlay.refresh()
        guard !table.manifest.isEmpty, overlay.queryMode == .localAndRemote, let plan,
            !isProvedHot(plan, arguments)
        else { return false }
        readConstraints(plan, arguments)
        candidates = table.manifest.candidates(for: constraints)
        fetchedBatches = candidates
        if plan.mayCount { try countRows() }
        if !isWholeRow { try findProvedBatches(plan) }
        return !candidates.isEmpty
    }

    /// Whether a comparison with the rowid lies outside the range of all cold ones; the fastest
    /// proof, for point reads.
    private func isProvedHot(_ plan: OverlayPlan, _ arguments: Arguments) -> Bool {
        guard let rowids = table.manifest.rowids else { return false }
        for (index, term) in plan.key.terms.enumerated() where term.isExact {
            let value = arguments[index]
            guard value.isInteger else { continue }
            let isOutside =
                switch term.comparison {
                case .equal: !rowids.contains(value.integer)
                case .less: rowids.lowerBound >= value.integer
                case .lessOrEqual: rowids.lowerBound > value.integer
                case .greater: rowids.upperBound <= value.integer
                case .greaterOrEqual: rowids.upperBound < value.integer
                default: false
                }
            if isOutside { return true }
        }
        return false
    }

    func mustOpenPages(before statement: Statement) throws -> Bool {
        guard let plan, let order = plan.key.orders.first else { return true }
        let column = order.column >= 0 ? order.column : table.schema.key[0]
        guard let collation = table.schema.columns[column].collation,
            let bound = table.manifest.bound(
                of: table.columnID(column), isMaximum: order.isDescending, in: candidates)
        else { return true }
        let value = statement.column(
            order.column >= 0 ? Int(plan.hotColumns[column]) : 0)
        let result = value.compare(bound, collation)
        // Equal values may be in any order, unless further terms decide.
        if result == 0 { return plan.key.orders.count > 1 }
        return order.isDescending ? result < 0 : result > 0
    }

    func nextPage() throws -> RowBuffer? {
        if let counted = try nextCountedPage() { return counted }
        if let proved = try nextProvedPage() { return proved }
        pageContent = .rows
        guard !fetchedBatches.isEmpty else { return nil }
        if cold == nil, filter == nil {
            try openCold()
            if let fetched {
                let visible = try filter?.visibleRows(of: fetched).nonempty
                if let visible { try requireUniqueKeys(visible) }
                return visible
            }
        }
        guard let cold, let filter, let page else { return nil }
        while try nextPage(of: cold, into: page) {
            let visible = try filter.visibleRows(of: page)
            if visible.rowCount > 0 {
                try requireUniqueKeys(visible)
                return visible
            }
        }
        return nil
    }

    func nextPage(of cold: any ColdScan, into page: RowBuffer) throws -> Bool {
        defer { overlay.fetchedRowCount += page.rowCount }
        // Few rows first, for LIMIT; then more, for speed.
        defer { pageRowCount = min(pageRowCount * 4, 2_048) }
        return try cold.nextPage(into: page, maximumRowCount: pageRowCount)
    }

    private func openCold() throws {
        guard let plan, let record = overlay.record else { return }
        let columns = isWholeRow ? table.columnIDs : plan.coldColumnIDs
        var request = ColdScanRequest(
            relation: table.table.relation, position: record.position,
            batches: fetchedBatches.map(\.visible), columns: columns, constraints: constraints,
            order: plan.key.orders.map { order in
                let column = order.column >= 0 ? order.column : table.schema.key[0]
                return OrderTerm(
                    column: table.columnID(column),
                    collation: table.schema.columns[column].collation ?? .binary,
                    isDescending: order.isDescending)
            })
        request.expectedRowCount = expectedRowCount(of: fetchedBatches)
        request.hidesRows = isWholeRow
        request.knownValues = table.manifest.values(in: constraints, request.order)
        filter = try ColdRowFilter(
            table: table, keyColumns: isWholeRow ? table.schema.key : plan.keyPlaces,
            exactTerms: exactTerms,
            isUnshadowed: plan.isUnique && plan.key.terms.count == 1 && dropped == 0
                && plan.listTerm == nil, changeMark: changeMark)
        fetched = try table.lookups.rows(
            of: request, plan: plan, in: table, isWholeRow: isWholeRow)
        guard fetched == nil else { return }
        cold = try table.remote().scan(request)
        page = RowBuffer(columnCount: columns.count)
        pageRowCount = 32
    }

    func willTouch(row: Int, of page: RowBuffer, rowid: Int64) {
        guard table.writer.isWriting, table.schema.keyKind == .rowid else { return }
        table.writer.noteLocation(
            ColdLocation(packed: page.rowIdentifiers[row]), ofKey: rowid)
    }

    // MARK: End

    func end() {
        if let statement, let plan {
            if overlay.tracksInnerStatements { overlay.innerStatements.remove(statement.handle) }
            plan.putStatement(statement, dropped: dropped)
        }
        completeStatement?.reset()
        statement = nil
        plan = nil
        cold = nil
        filter = nil
        fetched = nil
        page = nil
        candidates = []
        fetchedBatches = []
        provedBatches = []
        countedRows = (0, 0)
        countedBatches = []
        pageContent = .rows
        table.openScanCount -= 1
    }
}
