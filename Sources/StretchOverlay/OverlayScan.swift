internal import StretchCatalog
internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite
internal import StretchText

/// One scan of an overlay: hot rows from an inner statement, then cold rows, opened on demand.
final class OverlayScan: VirtualTableScan {
    private let table: OverlayTable
    private let plan: OverlayPlan
    /// The inner statement, which is returned to its plan.
    private let statement: Statement
    private let isTracked: Bool
    /// The terms, one bit each, whose value cannot be compared in the inner statement.
    private let dropped: UInt64
    /// The values of the IN list that is processed as a whole.
    private let list: [Value]
    private var nextListIndex = 0
    private let isWholeRow: Bool
    /// The count of recalls at the start of the scan.
    private let changeMark: Int
    private var completeStatement: Statement?
    /// The cold rows, if there may be any.
    private var cold: ColdPages?

    /// Chooses and binds the inner statement.
    init(_ table: OverlayTable, plan: OverlayPlan, _ arguments: Arguments) throws {
        let overlay = table.overlay
        if overlay.queryMode == .disabled {
            throw StretchError(
                .wrongState, "queries of stretch-enabled tables are disabled",
                hint: "A deauthorized file must be connected: \(advice: .reauthorize). Otherwise: "
                    + "\(advice: .setQueryMode).")
        }
        var dropped: UInt64 = 0
        list = try OverlayScan.list(of: plan, table, arguments, &dropped)
        for (index, term) in plan.key.terms.enumerated() where !term.isList {
            if term.comparison.hasValue, !table.isComparable(term, arguments[index]) {
                dropped |= 1 << UInt64(index)
            }
        }
        self.table = table
        self.plan = plan
        self.dropped = dropped
        changeMark = table.changeCounter.pointee
        isWholeRow = table.writer.isWriting
        isTracked = overlay.tracksInnerStatements
        statement = try plan.takeStatement(dropped: dropped, on: overlay.connection)
        // From here on the scan is initialized: if one of these calls fails, `deinit` releases
        // everything.
        table.openScanCount += 1
        if isTracked { overlay.innerStatements.insert(statement.handle) }
        for (index, term) in plan.key.terms.enumerated()
        where dropped & (1 << UInt64(index)) == 0 && term.comparison.hasValue && !term.isList
            && !term.isColdOnly
        {
            try statement.bind(arguments[index], at: index + 1)
        }
        if let index = plan.listTerm, dropped & plan.listBit == 0 {
            // One run is needed for the snapshot; the others find nothing if no row is hot.
            if try !mayHaveHotRow(plan.key.terms[index].column) { nextListIndex = list.count - 1 }
            _ = try nextRun()
        }
    }

    deinit {
        if isTracked { table.overlay.innerStatements.remove(statement.handle) }
        plan.putStatement(statement, dropped: dropped)
        if let completeStatement { table.putCompleteStatement(completeStatement) }
        // The remote's stream ends before other scans are notified.
        cold = nil
        table.openScanCount -= 1
    }

    // MARK: Hot side

    var start: ScanStart {
        let isUnique = plan.isUnique && dropped == 0
        let pageColumns = isWholeRow ? plan.allPageColumns : plan.pageColumns
        return ScanStart(
            statement: statement, hotColumns: UnsafePointer(plan.hotColumns),
            hasDirectValue: UnsafePointer(plan.hasDirectValue),
            pageColumns: UnsafePointer(pageColumns), pageRowidColumn: rowidColumn(of: pageColumns),
            isUnique: isUnique,
            // The hot row hides every cold row of its key.
            endsAfterHotRow: isUnique && plan.listTerm == nil,
            order: mergeTerms(pageColumns), changeCounter: UnsafePointer(table.changeCounter))
    }

    private func rowidColumn(of pageColumns: UnsafeMutablePointer<Int32>) -> Int32 {
        if let place = table.shownRowidPlace(plan, isWholeRow: isWholeRow) { return Int32(place) }
        guard table.schema.keyKind == .rowid, let key = table.schema.key.first else { return -1 }
        return pageColumns[key]
    }

    private func mergeTerms(_ pageColumns: UnsafeMutablePointer<Int32>) -> [MergeTerm] {
        plan.key.orders.map { order in
            let column = order.column >= 0 ? order.column : table.schema.key[0]
            let collation = table.schema.columns[column].collation
            return MergeTerm(
                hotColumn: order.column >= 0 ? plan.hotColumns[column] : 0,
                pageColumn: Int(pageColumns[column]), isDescending: order.isDescending,
                foldsCase: collation == .nocase, ignoresTrailingSpaces: collation == .rtrim)
        }
    }

    /// Returns the values of an IN list, if each can be compared without conversion.
    private static func list(
        of plan: OverlayPlan, _ table: OverlayTable, _ arguments: Arguments,
        _ dropped: inout UInt64
    ) throws -> [Value] {
        guard let index = plan.listTerm else { return [] }
        let affinity = table.schema.columns[plan.key.terms[index].column].affinity
        let list = try arguments.list(at: index)
        if !list.allSatisfy({ $0.isComparable(to: affinity) }) { dropped |= plan.listBit }
        return list
    }

    /// Returns whether the hot side can have a row of a long list; one query in place of a run for
    /// each value.
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
        guard let index = plan.listTerm, dropped & plan.listBit == 0 else { return false }
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
        let key: [Value]
        if table.schema.keyKind == .withoutRowid {
            key = table.schema.key.map { statement.column(Int(plan.hotColumns[$0])) }
        } else {
            key = [.integer(rowid)]
        }
        return table.recalledKeys[key].map { $0 > changeMark } ?? false
    }

    func completeRow(rowid: Int64) throws -> Statement {
        let statement = try completeStatement ?? table.takeCompleteStatement()
        completeStatement = statement
        statement.reset()
        try statement.bind(.integer(rowid), at: 1)
        guard try statement.step() else {
            throw SQLiteError(extendedCode: 1, message: "a row vanished under its own statement")
        }
        return statement
    }

    // MARK: Cold side

    func snapshotDidOpen(arguments: Arguments) throws -> Bool {
        try table.overlay.refresh()
        guard !table.manifest.isEmpty, table.overlay.queryMode == .localAndRemote,
            !isProvedHot(arguments)
        else { return false }
        let selection = coldSelection(arguments)
        let candidates = table.manifest.candidates(for: selection.constraints)
        guard !candidates.isEmpty else { return false }
        cold = try ColdPages(
            of: table, plan: plan, selection, candidates: candidates, isWholeRow: isWholeRow,
            changeMark: changeMark)
        return true
    }

    /// Returns whether a rowid comparison is outside the range of all cold rowids, the fastest
    /// check for point reads.
    private func isProvedHot(_ arguments: Arguments) -> Bool {
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

    /// Returns the selection of cold rows.
    private func coldSelection(_ arguments: Arguments) -> ColdSelection {
        var selection = ColdSelection(comparesAllTerms: dropped == 0)
        for (index, term) in plan.key.terms.enumerated() where dropped & (1 << UInt64(index)) == 0 {
            if term.isList {
                guard let collation = Collation(rawValue: term.collationName) else { continue }
                selection.constraints.append(
                    ColdConstraint(
                        column: table.columnID(term.column), comparison: .oneOf(list),
                        collation: collation))
                continue
            }
            let value = arguments[index].value
            if term.isExact { selection.exactTerms.append((term.comparison, value)) }
            if let constraint = table.coldConstraint(
                term.column, term.comparison, value, collationName: term.collationName)
            {
                selection.constraints.append(constraint)
            }
        }
        return selection
    }

    func mustOpenPages(before statement: Statement) throws -> Bool {
        cold?.mayComeBefore(statement) ?? true
    }

    func nextPage() throws -> RowBuffer? { try cold?.next() }

    var pageContent: PageContent { cold?.content ?? .rows }

    func replacePage(from row: Int) throws -> RowBuffer {
        guard let cold else { preconditionFailure("a scan without cold rows has no page") }
        return try cold.replacePage(from: row)
    }

    func willTouch(row: Int, of page: RowBuffer, rowid: Int64) {
        guard table.writer.isWriting else { return }
        let location = ColdLocation(packed: page.rowIdentifiers[row])
        if table.schema.keyKind == .rowid || plan.key.showsRowid {
            table.writer.noteLocation(location, ofKey: rowid)
        }
        if isWholeRow, let place = table.storedRowidPlace,
            let stored = page.value(row: row, column: place).value.integerValue
        {
            table.writer.noteRowid(stored, of: location)
        }
    }

    func willChange(_ identifier: Int64, _ unchangedColumns: UInt64) {
        guard table.writer.isWriting, !table.uniqueChecks.isEmpty else { return }
        table.writer.noteUnchanged(unchangedColumns, at: identifier)
    }
}
