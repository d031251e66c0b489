internal import StretchCatalog
internal import StretchCore
internal import StretchSQLite
internal import StretchStaging

/// The staged rows of a stretch-enabled table, as a read-only virtual table.
///
/// A row occurs once for each batch in which it was migrated, with the table's current columns. No
/// constraint is used: every scan reads every batch, one at a time in memory.
final class StagedTable: VirtualTable {
    let table: OverlayTable
    /// For each column of a scan and a hidden key, -1, because there is no inner statement.
    let noColumns: UnsafeMutablePointer<Int32>
    /// For each column of a scan, its index in a page.
    let pageColumns: UnsafeMutablePointer<Int32>
    let hasDirectValue: UnsafeMutablePointer<Bool>

    init(_ table: OverlayTable) {
        self.table = table
        let count = table.schema.columns.count + 1
        noColumns = .allocate(capacity: count)
        noColumns.initialize(repeating: -1, count: count)
        pageColumns = .allocate(capacity: count)
        for column in 0..<count { (pageColumns + column).initialize(to: Int32(column)) }
        hasDirectValue = .allocate(capacity: count)
        hasDirectValue.initialize(repeating: false, count: count)
    }

    deinit {
        noColumns.deallocate()
        pageColumns.deallocate()
        hasDirectValue.deallocate()
    }

    var connection: Connection { table.connection }
    var declaration: String { "CREATE TABLE t(\(table.columnDefinitions.joined(separator: ", ")))" }
    var hiddenKeyColumns: [Int] { [] }
    var reportsUnchangedColumns: Bool { false }
    var allowsDropping: Bool { table.allowsDropping }

    func plan(_ request: IndexRequest) -> IndexPlan {
        var plan = IndexPlan()
        plan.cost = 1_000_000
        plan.rowCount = 1_000_000
        return plan
    }

    func makeScan(plan: Int32, arguments: Arguments) throws -> any VirtualTableScan {
        try StagedScan(self)
    }

    func update(_ arguments: Arguments, _ conflict: ConflictMode) throws -> Int64? {
        throw StretchError(
            .unsupported, "staged rows of table \"\(table.schema.name)\" are never changed",
            hint: "They are the remote's safety copy, and leave by themselves.")
    }

    func begin() {}
    func savepoint() {}
    func end(isCommitted: Bool) {}
}

/// One scan of staged rows, batch by batch, the oldest first.
final class StagedScan: VirtualTableScan {
    private let staged: StagedTable
    private var table: OverlayTable { staged.table }
    /// The inner statement, which has no row.
    private let statement: Statement
    private let file: StagingFile?
    /// The remaining batches, the next one last.
    private var numbers: [Int64]
    private var rowCount: Int64 = 0

    init(_ staged: StagedTable) throws {
        self.staged = staged
        let table = staged.table
        let overlay = table.overlay
        statement = try table.connection.prepare("\(Overlay.innerMark) SELECT 0 WHERE 0")
        file = try overlay.record.flatMap { record in
            try StagingFile.open(
                database: overlay.localPath, id: record.database, overlay.configuration,
                isCreating: false)
        }
        numbers = try file?.batches(relation: table.table.relation).reversed() ?? []
    }

    var start: ScanStart {
        ScanStart(
            statement: statement, hotColumns: UnsafePointer(staged.noColumns),
            hasDirectValue: UnsafePointer(staged.hasDirectValue),
            pageColumns: UnsafePointer(staged.pageColumns), pageRowidColumn: -1, isUnique: false,
            endsAfterHotRow: false, order: [],
            changeCounter: UnsafePointer(table.changeCounter))
    }

    func snapshotDidOpen(arguments: Arguments) -> Bool { !numbers.isEmpty }
    func nextRun() -> Bool { false }
    func isHotRowSuperseded(rowid: Int64) -> Bool { false }
    func mustOpenPages(before statement: Statement) -> Bool { true }
    let pageContent = PageContent.rows

    func nextPage() throws -> RowBuffer? {
        while let number = numbers.popLast() {
            // The batch was purged in the meantime.
            guard let batch = try file?.batch(number: number) else { continue }
            let page = withColumnsOfNow(batch.rows, batch.columns)
            for row in 0..<page.rowCount { page.rowIdentifiers[row] = rowCount + Int64(row) }
            rowCount += Int64(page.rowCount)
            return page
        }
        return nil
    }

    /// Returns the rows with the current columns: without dropped columns, with defaults for new
    /// ones.
    private func withColumnsOfNow(_ rows: RowBuffer, _ columns: [Int64]) -> RowBuffer {
        guard columns != table.columnIDs else { return rows }
        let defaults = Dictionary(
            table.table.currentColumns.map { ($0.id, $0.defaultValue) },
            uniquingKeysWith: { first, _ in first })
        let places = table.columnIDs.map { id in
            (place: columns.firstIndex(of: id), value: defaults[id] ?? .null)
        }
        let page = RowBuffer(columnCount: places.count, capacity: rows.byteCount)
        for row in 0..<rows.rowCount {
            page.beginRow(identifier: 0)
            for (place, value) in places {
                if let place {
                    page.append(rows.value(row: row, column: place))
                } else {
                    page.append(value)
                }
            }
        }
        return page
    }

    func replacePage(from row: Int) -> RowBuffer {
        preconditionFailure("a page of staged rows is whole")
    }

    func completeRow(rowid: Int64) -> Statement {
        preconditionFailure("no staged row is a row of the inner statement")
    }

    func willTouch(row: Int, of page: RowBuffer, rowid: Int64) {}
}
