internal import CSQLite

/// A virtual table whose rows are those of an inner statement, followed by or merged with rows from
/// elsewhere: <https://sqlite.org/vtab.html>.
///
/// An object of this kind decides; `VirtualTableModule` serves SQLite's callbacks for each row,
/// with
/// neither allocation nor reference counting.
package protocol VirtualTable: AnyObject {
    /// The connection that the table belongs to.
    var connection: Connection { get }

    /// The CREATE TABLE statement for `sqlite3_declare_vtab`.
    var declaration: String { get }

    /// The columns of the declaration that make up the key of a row, when the declaration ends in
    /// a hidden key column and has no rowid; empty when rows have rowids.
    var hiddenKeyColumns: [Int] { get }

    /// Whether an UPDATE must tell which columns of a row from elsewhere it leaves alone, instead
    /// of
    /// getting their values.
    var reportsUnchangedColumns: Bool { get }

    /// Whether SQLite may drop the table.
    var allowsDropping: Bool { get }

    /// Chooses a plan.
    func plan(_ request: IndexRequest) throws -> IndexPlan

    /// Starts a scan: chooses and binds the inner statement.
    func makeScan(plan: Int32, arguments: Arguments) throws -> any VirtualTableScan

    /// Applies an INSERT, UPDATE or DELETE of one row.
    ///
    /// - Parameter arguments: As for `xUpdate`: <https://sqlite.org/vtab.html#xupdate>.
    /// - Returns: The rowid of an inserted row.
    func update(_ arguments: Arguments, _ conflict: ConflictMode) throws -> Int64?

    /// A writing statement begins a transaction on the table.
    func begin() throws
    /// A savepoint, or a statement inside a transaction, begins.
    func savepoint()
    /// The transaction has ended.
    func end(isCommitted: Bool)
}

/// What a constraint conflict does: <https://sqlite.org/lang_conflict.html>.
package enum ConflictMode: String {
    case rollback = "ROLLBACK"
    case abort = "ABORT"
    case fail = "FAIL"
    case ignore = "IGNORE"
    case replace = "REPLACE"

    init(code: Int32) {
        switch code {
        case SQLITE_ROLLBACK: self = .rollback
        case SQLITE_FAIL: self = .fail
        case SQLITE_IGNORE: self = .ignore
        case SQLITE_REPLACE: self = .replace
        default: self = .abort
        }
    }
}

/// One scan of a virtual table, from its start until the cursor drops it.
///
/// What it took, such as a statement out of a pool, its deinitializer gives back.
package protocol VirtualTableScan: AnyObject {
    /// How the scan starts; asked once.
    var start: ScanStart { get }

    /// The inner statement has taken its first step, so that the snapshot is open.
    ///
    /// - Returns: Whether rows from elsewhere may belong to the scan.
    func snapshotDidOpen(arguments: Arguments) throws -> Bool

    /// Binds the inner statement for its next run; `false` when there is none.
    func nextRun() throws -> Bool

    /// Whether the current row of the inner statement must be left out; asked only after the
    /// counter of `ScanStart.changeCounter` has changed.
    func isHotRowSuperseded(rowid: Int64) throws -> Bool

    /// In a merged scan, before the first page: whether a row from elsewhere can come before the
    /// inner statement's current row.
    func mustOpenPages(before statement: Statement) throws -> Bool

    /// The next rows from elsewhere, none of them empty, or `nil` at the end.
    func nextPage() throws -> RowBuffer?

    /// What the page that came last has of its rows.
    var pageContent: PageContent { get }

    /// SQLite asked for something of a row that its page does not have.
    ///
    /// - Parameter row: The row's place in the page that came last.
    /// - Returns: A page of whole rows instead; the first one takes the row's place, and the rest
    ///   of the scan follows.
    func replacePage(from row: Int) throws -> RowBuffer

    /// A statement that stands on the complete row with the given rowid.
    func completeRow(rowid: Int64) throws -> Statement

    /// SQLite asked for the rowid of a row from elsewhere: it may be updated or deleted next.
    func willTouch(row: Int, of page: RowBuffer, rowid: Int64)
}

/// What a page has of rows from elsewhere.
package enum PageContent {
    /// All that the scan may be asked for.
    case rows
    /// The same, but not the rows' identifiers: only a column can be the rowid.
    case placelessRows
    /// The columns that the statement reads, and not the rowid: a row stands for all that equal it.
    case distinctRows
    /// Their number.
    case count
}

/// How a scan starts.
package struct ScanStart {
    /// The inner statement, bound; its first column is the rowid.
    package let statement: Statement
    /// For each column of the declaration the column of the inner statement, or -1.
    package let hotColumns: UnsafePointer<Int32>
    /// For each column of the declaration whether its value may be passed on without a copy that
    /// the inner statement vouches for: not where it can be the column's DEFAULT, which belongs to
    /// the inner statement; nor for a hidden key.
    package let hasDirectValue: UnsafePointer<Bool>
    /// For each column of the declaration the column of the pages, or -1.
    package let pageColumns: UnsafePointer<Int32>
    /// The column of the pages that is the rowid, or -1 when it is made of the row's identifier.
    package let pageRowidColumn: Int32
    /// Whether a run of the inner statement gives at most one row.
    package let isUnique: Bool
    /// Whether the scan is over after the inner statement's row.
    package let endsAfterHotRow: Bool
    /// The order of both sides, when they are merged.
    package let order: [MergeTerm]
    /// Counts what may hide rows of running scans.
    package let changeCounter: UnsafePointer<Int>

    package init(
        statement: Statement, hotColumns: UnsafePointer<Int32>,
        hasDirectValue: UnsafePointer<Bool>, pageColumns: UnsafePointer<Int32>,
        pageRowidColumn: Int32, isUnique: Bool, endsAfterHotRow: Bool, order: [MergeTerm],
        changeCounter: UnsafePointer<Int>
    ) {
        self.statement = statement
        self.hotColumns = hotColumns
        self.hasDirectValue = hasDirectValue
        self.pageColumns = pageColumns
        self.pageRowidColumn = pageRowidColumn
        self.isUnique = isUnique
        self.endsAfterHotRow = endsAfterHotRow
        self.order = order
        self.changeCounter = changeCounter
    }
}

/// A term of the order in which both sides of a merged scan are sorted.
package struct MergeTerm {
    package let hotColumn: Int32
    package let pageColumn: Int
    package let isDescending: Bool
    package let foldsCase: Bool
    package let ignoresTrailingSpaces: Bool

    package init(
        hotColumn: Int32, pageColumn: Int, isDescending: Bool, foldsCase: Bool,
        ignoresTrailingSpaces: Bool
    ) {
        self.hotColumn = hotColumn
        self.pageColumn = pageColumn
        self.isDescending = isDescending
        self.foldsCase = foldsCase
        self.ignoresTrailingSpaces = ignoresTrailingSpaces
    }
}

/// What SQLite's planner asks: <https://sqlite.org/vtab.html#xbestindex>.
package struct IndexRequest {
    package enum Operator {
        case equal, greater, lessOrEqual, less, greaterOrEqual, isNull, isNotNull, identical
        case like, glob, other
    }

    package struct Constraint {
        /// The place of the column; -1 for the rowid.
        package let column: Int
        package let comparison: Operator
        package let isUsable: Bool
        package let collationName: String
        /// The place in SQLite's array.
        package let index: Int
        /// Whether the right side is a list that can be taken whole.
        package let isList: Bool
        /// Whether the right side is a literal, which has no affinity.
        package let isLiteral: Bool
    }

    package struct Order: Hashable {
        package let column: Int
        package let isDescending: Bool

        package init(column: Int, isDescending: Bool) {
            self.column = column
            self.isDescending = isDescending
        }
    }

    package let constraints: [Constraint]
    package let orders: [Order]
    /// Whether rows that are equal in all columns that the statement reads may be left out but one;
    /// the rowid is no such column: <https://sqlite.org/c3ref/vtab_distinct.html>.
    package let isDistinct: Bool
    /// The columns that the statement reads; the last bit stands for all from 63 on.
    package let columnsUsed: UInt64
}

/// The answer to SQLite's planner.
package struct IndexPlan {
    /// The constraints whose values become the arguments of the scan, in that order.
    ///
    /// SQLite does not check a constraint again that is exact.
    package var arguments: [(constraint: Int, isList: Bool, isExact: Bool)] = []
    /// The number by which the scan finds the plan again.
    package var number: Int32 = 0
    package var cost: Double = 0
    package var rowCount: Int64 = 0
    package var isOrdered = false
    package var isUnique = false

    package init() {}
}

extension Arguments {
    /// The values of an argument that is a list taken whole:
    /// <https://sqlite.org/c3ref/vtab_in_first.html>.
    package func list(at index: Int) throws(SQLiteError) -> [Value] {
        let list = self[index].pointer
        var values: [Value] = []
        var value: OpaquePointer?
        var code = table.pointee.vtab_in_first(list, &value)
        while code == SQLITE_OK, let current = value {
            values.append(ValuePointer(pointer: current, table: table).value)
            code = table.pointee.vtab_in_next(list, &value)
        }
        guard code == SQLITE_OK || code == SQLITE_DONE else {
            throw SQLiteError(extendedCode: code, message: "cannot read the list of an IN operator")
        }
        return values
    }
}
