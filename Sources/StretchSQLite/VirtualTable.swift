internal import CSQLite

/// A virtual table with the rows of an inner statement, followed by or merged with external rows:
/// <https://sqlite.org/vtab.html>.
///
/// An object of this type makes decisions per scan; `VirtualTableModule` implements SQLite's
/// callbacks per row, without allocation or reference counting.
package protocol VirtualTable: AnyObject {
    /// The connection that the table belongs to.
    var connection: Connection { get }

    /// The CREATE TABLE statement for `sqlite3_declare_vtab`.
    var declaration: String { get }

    /// The key columns, if the declaration ends with a hidden key column and has no rowid.
    ///
    /// Empty if rows have rowids.
    var hiddenKeyColumns: [Int] { get }

    /// Whether an UPDATE reports unchanged columns of an external row instead of their values.
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

    /// Called when a writing statement starts a transaction on the table.
    func begin() throws
    /// Called when a savepoint, or a statement inside a transaction, starts.
    func savepoint()
    /// Called when the transaction has ended.
    func end(isCommitted: Bool)
}

/// The conflict resolution of a statement: <https://sqlite.org/lang_conflict.html>.
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

/// One scan of a virtual table, from its start until the cursor releases it.
///
/// Its deinitializer returns resources, such as a pooled statement.
package protocol VirtualTableScan: AnyObject {
    /// The start of the scan; called once.
    var start: ScanStart { get }

    /// Called when the inner statement has taken its first step, so that the snapshot is open.
    ///
    /// - Returns: Whether the scan may have external rows.
    func snapshotDidOpen(arguments: Arguments) throws -> Bool

    /// Binds the inner statement for its next run; `false` if there is none.
    func nextRun() throws -> Bool

    /// Returns whether the current row of the inner statement must be skipped.
    ///
    /// Called only after the counter of `ScanStart.changeCounter` has changed.
    func isHotRowSuperseded(rowid: Int64) throws -> Bool

    /// Returns whether an external row can precede the inner statement's current row.
    ///
    /// Called in a merged scan before the first page.
    func mustOpenPages(before statement: Statement) throws -> Bool

    /// Returns the next nonempty page of external rows, or `nil` at the end.
    func nextPage() throws -> RowBuffer?

    /// The content of the last page.
    var pageContent: PageContent { get }

    /// Called when SQLite requests a part of a row that its page lacks.
    ///
    /// - Parameter row: The row's index in the last page.
    /// - Returns: A page of complete rows that starts with this row; the rest of the scan follows.
    func replacePage(from row: Int) throws -> RowBuffer

    /// Returns a statement positioned on the complete row with the given rowid.
    func completeRow(rowid: Int64) throws -> Statement

    /// Called when SQLite requests the rowid of an external row, which may be updated or deleted
    /// next.
    func willTouch(row: Int, of page: RowBuffer, rowid: Int64)

    /// Called when SQLite requests the identity of an external row.
    ///
    /// - Parameters:
    ///   - identifier: The row's identifier in its page.
    ///   - unchangedColumns: The first 64 columns that an UPDATE of the row leaves unchanged.
    func willChange(_ identifier: Int64, _ unchangedColumns: UInt64)
}

extension VirtualTableScan {
    package func willChange(_ identifier: Int64, _ unchangedColumns: UInt64) {}
}

/// The content of a page of external rows.
package enum PageContent {
    /// Complete rows.
    case rows
    /// Rows without identifiers; only a column can be the rowid.
    case placelessRows
    /// The columns that the statement reads, without the rowid; one row represents all equal rows.
    case distinctRows
    /// The number of rows only.
    case count
}

/// The start of a scan.
package struct ScanStart {
    /// The inner statement, bound; its first column is the rowid.
    package let statement: Statement
    /// For each column of the declaration, the column of the inner statement, or -1.
    package let hotColumns: UnsafePointer<Int32>
    /// For each column of the declaration, whether its value may be passed on without a copy.
    ///
    /// A copy is needed if the value can be the column's default, which belongs to the inner
    /// statement, and for a hidden key.
    package let hasDirectValue: UnsafePointer<Bool>
    /// For each column of the declaration, the column of the pages, or -1.
    package let pageColumns: UnsafePointer<Int32>
    /// The column of the pages that is the rowid, or -1 if the rowid is computed from the row's
    /// identifier.
    package let pageRowidColumn: Int32
    /// Whether a run of the inner statement returns at most one row.
    package let isUnique: Bool
    /// Whether the scan ends after the inner statement's row.
    package let endsAfterHotRow: Bool
    /// The order of both sides of a merged scan.
    package let order: [MergeTerm]
    /// A counter of changes that may hide rows of running scans.
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

/// A term of the sort order of a merged scan.
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

/// A request of SQLite's query planner: <https://sqlite.org/vtab.html#xbestindex>.
package struct IndexRequest {
    package enum Operator {
        case equal, greater, lessOrEqual, less, greaterOrEqual, isNull, isNotNull, identical
        case like, glob, other
    }

    package struct Constraint {
        /// The index of the column; -1 for the rowid.
        package let column: Int
        package let comparison: Operator
        package let isUsable: Bool
        package let collationName: String
        /// The index in SQLite's array.
        package let index: Int
        /// Whether the right side is a list that can be processed as a whole.
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
    /// Whether duplicates, compared by the columns that the statement reads without the rowid, may
    /// be omitted: <https://sqlite.org/c3ref/vtab_distinct.html>.
    package let isDistinct: Bool
    /// The columns that the statement reads; the last bit represents all columns from 63 on.
    package let columnsUsed: UInt64
}

/// The plan returned to SQLite's query planner.
package struct IndexPlan {
    /// The constraints whose values become the arguments of the scan, in order.
    ///
    /// SQLite does not check an exact constraint again.
    package var arguments: [(constraint: Int, isList: Bool, isExact: Bool)] = []
    /// The number by which the scan identifies the plan.
    package var number: Int32 = 0
    package var cost: Double = 0
    package var rowCount: Int64 = 0
    package var isOrdered = false
    package var isUnique = false

    package init() {}
}

extension Arguments {
    /// Returns the values of an argument that is a list processed as a whole:
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
