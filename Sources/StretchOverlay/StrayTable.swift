internal import StretchCore
internal import StretchSQLite

/// A virtual table of the module `stretch` in the file itself, where it has no meaning.
///
/// It has no rows, and can be dropped.
final class StrayTable: VirtualTable {
    private let name: String
    let connection: Connection

    init(name: String, connection: Connection) {
        self.name = name
        self.connection = connection
    }

    var declaration: String { "CREATE TABLE t(value)" }
    var hiddenKeyColumns: [Int] { [] }
    var reportsUnchangedColumns: Bool { false }
    var allowsDropping: Bool { true }

    func plan(_ request: IndexRequest) throws -> IndexPlan { throw refusal }

    func makeScan(plan: Int32, arguments: Arguments) throws -> any VirtualTableScan {
        throw refusal
    }

    func update(_ arguments: Arguments, _ conflict: ConflictMode) throws -> Int64? { throw refusal }

    func begin() {}
    func savepoint() {}
    func end(isCommitted: Bool) {}

    private var refusal: StretchError {
        StretchError(
            .unsupported, "table \"\(name)\" uses the module \"stretch\" and has no rows",
            hint: "Drop it: the overlay is created by Stretch, not by statements.")
    }
}
