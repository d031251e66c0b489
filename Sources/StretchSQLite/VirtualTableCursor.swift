internal import CSQLite

/// The storage of SQLite's cursor: plain data, so that callbacks per row need no reference
/// counting.
struct CursorStorage {
    enum Source {
        case end, hot, page
    }

    var base = sqlite3_vtab_cursor.init()
    let table: UnsafePointer<csqlite_routines>
    /// The owner of the objects to which the pointers below refer.
    let box: Unmanaged<ScanBox>
    let vtab: UnsafeMutablePointer<TableStorage>
    let columnOffsets: UnsafeMutablePointer<Int>
    /// The inner statement's values of its current row that can be accessed without a call.
    let hotValues: UnsafeMutablePointer<OpaquePointer?>
    /// The value of the inner statement's first column; if its address changes, all addresses have
    /// changed.
    var firstHotValue: OpaquePointer?
    /// The statement of the located values.
    var locatedStatement: OpaquePointer?
    var nextFree: UnsafeMutablePointer<CursorStorage>?

    var source = Source.end
    var hot: OpaquePointer?
    var hotColumns: UnsafePointer<Int32>
    var pageColumns: UnsafePointer<Int32>
    var pageRowidColumn: Int32 = -1
    var isUnique = false
    var endsAfterHotRow = false
    var isMerged = false
    /// Whether pages may follow.
    var hasPages = false
    /// In a merged scan, whether the inner statement is on a row.
    var hotHasRow = false
    /// In a merged scan, whether the page was opened.
    var hasOpenedPages = false
    var changeCounter: UnsafePointer<Int>
    var changeMark = 0
    var complete: OpaquePointer?

    var pageBytes: UnsafeRawPointer?
    var pageContent = PageContent.rows
    var pageRow = 0
    var pageRowCount = 0
    /// The first 64 columns of the page's row that an UPDATE leaves unchanged.
    var unchangedColumns: UInt64 = 0
}

/// The objects of one cursor, which is used for one scan at a time.
final class ScanBox {
    /// The running scan.
    var running: RunningScan?
    var scan: any VirtualTableScan {
        guard let running else { preconditionFailure("SQLite asks for a row of no scan") }
        return running.scan
    }
    /// The encoding of the inner statement's row, for comparing two rows.
    let scratch = RowBuffer(columnCount: 1, capacity: 64)
}

/// The state of the running scan in a cursor.
struct RunningScan {
    let scan: any VirtualTableScan
    let start: ScanStart
    var page: RowBuffer?
}

extension UnsafeMutablePointer where Pointee == CursorStorage {
    // MARK: Starting

    func begin(plan: Int32, arguments: Arguments) throws {
        end()
        let scan = try pointee.vtab.pointee.box._withUnsafeGuaranteedRef {
            try $0.virtualTable.makeScan(plan: plan, arguments: arguments)
        }
        let start = scan.start
        pointee.box._withUnsafeGuaranteedRef {
            $0.running = RunningScan(scan: scan, start: start)
        }
        pointee.hot = start.statement.handle
        pointee.hotColumns = start.hotColumns
        pointee.pageColumns = start.pageColumns
        pointee.pageRowidColumn = start.pageRowidColumn
        pointee.isUnique = start.isUnique
        pointee.endsAfterHotRow = start.endsAfterHotRow
        pointee.isMerged = !start.order.isEmpty
        pointee.changeCounter = start.changeCounter
        pointee.changeMark = start.changeCounter.pointee
        pointee.hasOpenedPages = false
        if pointee.locatedStatement != pointee.hot { pointee.firstHotValue = nil }
        let hasRow = try stepHot()
        pointee.hasPages = try scan.snapshotDidOpen(arguments: arguments)
        if !pointee.hasPages { pointee.isMerged = false }
        if pointee.isMerged {
            pointee.hotHasRow = hasRow
            try chooseMergedRow()
        } else if hasRow {
            pointee.source = .hot
        } else {
            try nextHotRunOrPage()
        }
    }

    /// Ends the scan and keeps the cursor.
    func end() {
        guard pointee.hot != nil else { return }
        pointee.hot = nil
        pointee.source = .end
        pointee.complete = nil
        pointee.pageBytes = nil
        pointee.box._withUnsafeGuaranteedRef { $0.running = nil }
    }

    // MARK: Advancing

    @inline(__always)
    func advance() throws {
        if pointee.source == .hot, !pointee.isMerged {
            pointee.complete = nil
            if pointee.endsAfterHotRow {
                pointee.source = .end
                return
            }
            if !pointee.isUnique, try stepHot() { return }
            try nextHotRunOrPage()
        } else if pointee.isMerged {
            try advanceMerged()
        } else {
            try advancePage()
        }
    }

    /// Advances to the next row of the inner statement that is not superseded; `false` at the end.
    @inline(__always)
    private func stepHot() throws -> Bool {
        while true {
            let code = pointee.table.pointee.step(pointee.hot)
            if code == SQLITE_ROW {
                // SQLite keeps the values of a statement's rows at the same addresses. This is not
                // guaranteed, so it is checked once per row.
                let first = pointee.table.pointee.column_value(pointee.hot, 0)
                if first != pointee.firstHotValue { locateHotValues(first) }
                if pointee.changeCounter.pointee == pointee.changeMark { return true }
                if try !isSuperseded() { return true }
                continue
            }
            if code == SQLITE_DONE { return false }
            throw failure(code)
        }
    }

    @inline(never)
    private func locateHotValues(_ first: OpaquePointer?) {
        pointee.firstHotValue = first
        pointee.locatedStatement = pointee.hot
        pointee.box._withUnsafeGuaranteedRef { box in
            guard let start = box.running?.start else { return }
            for column in 0...pointee.vtab.pointee.columnCount {
                let inner = pointee.hotColumns[column]
                pointee.hotValues[column] =
                    inner >= 0 && start.hasDirectValue[column]
                    ? pointee.table.pointee.column_value(pointee.hot, inner) : nil
            }
        }
    }

    @inline(never)
    private func isSuperseded() throws -> Bool {
        let rowid = pointee.table.pointee.column_int64(pointee.hot, 0)
        return try pointee.box._withUnsafeGuaranteedRef {
            try $0.scan.isHotRowSuperseded(rowid: rowid)
        }
    }

    @inline(never)
    private func failure(_ code: Int32) -> SQLiteError {
        let table = pointee.table
        let routines = Routines(address: UnsafeRawPointer(table))
        return SQLiteError(routines, table.pointee.db_handle(pointee.hot), code: code)
    }

    @inline(never)
    private func nextHotRunOrPage() throws {
        while try pointee.box._withUnsafeGuaranteedRef({ try $0.scan.nextRun() }) {
            if try stepHot() {
                pointee.source = .hot
                return
            }
        }
        guard pointee.hasPages else {
            pointee.source = .end
            return
        }
        try openPage()
    }

    /// Moves to the first row of the next page, or to the end.
    private func openPage() throws {
        try pointee.box._withUnsafeGuaranteedRef { box in
            guard let page = try box.scan.nextPage() else {
                box.running?.page = nil
                pointee.pageBytes = nil
                pointee.source = .end
                return
            }
            show(page, of: box)
        }
    }

    private func show(_ page: RowBuffer, of box: ScanBox) {
        box.running?.page = page
        pointee.pageContent = box.scan.pageContent
        pointee.pageBytes = UnsafeRawPointer(page.base)
        pointee.pageRow = 0
        pointee.unchangedColumns = 0
        pointee.pageRowCount = page.rowCount
        pointee.source = .page
        locateColumns(of: page)
    }

    /// Replaces a page that lacks a requested value.
    @inline(never)
    private func replacePage() throws {
        try pointee.box._withUnsafeGuaranteedRef { box in
            show(try box.scan.replacePage(from: pointee.pageRow), of: box)
        }
    }

    private func advancePage() throws {
        pointee.pageRow += 1
        pointee.unchangedColumns = 0
        guard pointee.pageRow < pointee.pageRowCount else { return try openPage() }
        pointee.box._withUnsafeGuaranteedRef { box in
            if let page = box.running?.page { locateColumns(of: page) }
        }
    }

    private func locateColumns(of page: RowBuffer) {
        var offset = page.rowOffsets[pointee.pageRow]
        for column in 0..<page.columnCount {
            pointee.columnOffsets[column] = offset
            offset += EncodedValue(address: UnsafeRawPointer(page.base + offset)).encodedByteCount
        }
    }

    // MARK: Merging

    private func advanceMerged() throws {
        if pointee.source == .hot {
            pointee.complete = nil
            pointee.hotHasRow = try stepHot()
        } else if pointee.source == .page {
            try advancePage()
            // The end of the pages is not yet the end of the scan.
            if pointee.source == .end, !pointee.hotHasRow { return }
        }
        try chooseMergedRow()
    }

    private func chooseMergedRow() throws {
        if !pointee.hasOpenedPages {
            let mustOpen =
                try !pointee.hotHasRow
                || pointee.box._withUnsafeGuaranteedRef { box in
                    guard let start = box.running?.start else { return true }
                    return try box.scan.mustOpenPages(before: start.statement)
                }
            if mustOpen {
                pointee.hasOpenedPages = true
                try openPage()
            }
        }
        guard pointee.pageBytes != nil else {
            pointee.source = pointee.hotHasRow ? .hot : .end
            return
        }
        pointee.source = pointee.hotHasRow && hotComesFirst() ? .hot : .page
    }

    private func hotComesFirst() -> Bool {
        pointee.box._withUnsafeGuaranteedRef { box in
            guard let start = box.running?.start, let base = pointee.pageBytes else { return true }
            for term in start.order {
                box.scratch.removeAll()
                box.scratch.beginRow(identifier: 0)
                box.scratch.append(
                    columnOf: start.statement.handle, term.hotColumn, pointee.table)
                let hot = box.scratch.value(row: 0, column: 0)
                let cold = EncodedValue(address: base + pointee.columnOffsets[term.pageColumn])
                let result = hot.compare(
                    cold, foldsCase: term.foldsCase,
                    ignoresTrailingSpaces: term.ignoresTrailingSpaces)
                if result != 0 { return (result < 0) != term.isDescending }
            }
            return true
        }
    }

    // MARK: Values

    @inline(__always)
    func setResult(column: Int32, of context: OpaquePointer?) throws {
        let table = pointee.table
        if pointee.source == .hot {
            if let value = pointee.hotValues[Int(column)], pointee.complete == nil {
                StretchSQLite.setResult(copyOf: value, of: context, table)
                return
            }
            let inner = pointee.hotColumns[Int(column)]
            if inner >= 0, pointee.complete == nil {
                StretchSQLite.setResult(
                    copyOf: table.pointee.column_value(pointee.hot, inner), of: context, table)
            } else {
                try setCompleteResult(column: column, of: context)
            }
        } else {
            if pointee.pageContent == .count { try replacePage() }
            setPageResult(column: column, of: context)
        }
    }

    private func setPageResult(column: Int32, of context: OpaquePointer?) {
        let table = pointee.table
        let inner = pointee.pageColumns[Int(column)]
        guard inner >= 0, let base = pointee.pageBytes else {
            precondition(column == pointee.vtab.pointee.hiddenKeyColumn, "a page lacks a column")
            return StretchSQLite.setResult(keyOfPageRow(), of: context, table)
        }
        let value = EncodedValue(address: base + pointee.columnOffsets[Int(inner)])
        switch value.tag {
        case .null: table.pointee.result_null(context)
        case .integer: table.pointee.result_int64(context, value.integer)
        case .real: table.pointee.result_double(context, value.real)
        case .text: StretchSQLite.setResult(text: value.bytes, of: context, table)
        case .blob: StretchSQLite.setResult(blob: value.bytes, of: context, table)
        }
    }

    /// Returns a column that is not in the plan: an UPDATE reads all columns without declaring
    /// them.
    @inline(never)
    private func setCompleteResult(column: Int32, of context: OpaquePointer?) throws {
        let table = pointee.table
        if pointee.vtab.pointee.hiddenKeyColumn == column {
            return StretchSQLite.setResult(keyOfHotRow(), of: context, table)
        }
        if pointee.complete == nil {
            let rowid = table.pointee.column_int64(pointee.hot, 0)
            pointee.complete = try pointee.box._withUnsafeGuaranteedRef {
                try $0.scan.completeRow(rowid: rowid).handle
            }
        }
        StretchSQLite.setResult(
            copyOf: table.pointee.column_value(pointee.complete, column), of: context, table)
    }

    func rowid() throws -> Int64 {
        let table = pointee.table
        if pointee.source == .hot { return table.pointee.column_int64(pointee.hot, 0) }
        switch pointee.pageContent {
        case .rows, .placelessRows: break
        case .distinctRows, .count: try replacePage()
        }
        return pointee.box._withUnsafeGuaranteedRef { box in
            guard let page = box.running?.page, let base = pointee.pageBytes else { return 0 }
            var rowid: Int64?
            if pointee.pageRowidColumn >= 0 {
                let offset = pointee.columnOffsets[Int(pointee.pageRowidColumn)]
                let value = EncodedValue(address: base + offset)
                if value.tag == .integer { rowid = value.integer }
            }
            let shown = rowid ?? HiddenRowid.make(page.rowIdentifiers[pointee.pageRow])
            if pointee.pageContent == .rows {
                box.scan.willTouch(row: pointee.pageRow, of: page, rowid: shown)
                box.scan.willChange(page.rowIdentifiers[pointee.pageRow], pointee.unchangedColumns)
            }
            return shown
        }
    }

    /// Returns the hidden key of an external row: 1, and its identifier.
    private func keyOfPageRow() -> Value {
        pointee.box._withUnsafeGuaranteedRef { box in
            let identifier = box.running?.page?.rowIdentifiers[pointee.pageRow] ?? 0
            box.scan.willChange(identifier, pointee.unchangedColumns)
            return HiddenKey.cold(identifier).value
        }
    }

    /// Returns the hidden key of a row of the inner statement: 0, and its key values.
    private func keyOfHotRow() -> Value {
        let columns = pointee.vtab.pointee.box._withUnsafeGuaranteedRef { $0.hiddenKeyColumns }
        let row = RowBuffer(columnCount: columns.count)
        row.beginRow(identifier: 0)
        for column in columns {
            row.append(columnOf: pointee.hot!, pointee.hotColumns[column], pointee.table)
        }
        return .blob([0] + [UInt8](row.bytes))
    }
}
