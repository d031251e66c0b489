internal import CSQLite
internal import StretchText

extension IndexRequest {
    init(
        _ info: UnsafeMutablePointer<sqlite3_index_info>, _ table: UnsafePointer<csqlite_routines>
    ) {
        constraints = (0..<Int(info.pointee.nConstraint)).map { index in
            let constraint = info.pointee.aConstraint[index]
            let comparison = Operator(code: Int32(constraint.op))
            let collation =
                comparison == .other
                ? nil : table.pointee.vtab_collation(info, Int32(index))
            return Constraint(
                column: Int(constraint.iColumn), comparison: comparison,
                isUsable: constraint.usable != 0,
                collationName: collation.map { String(cString: $0).uppercasedASCII } ?? "BINARY",
                index: index,
                isList: comparison == .equal && table.pointee.vtab_in(info, Int32(index), -1) != 0,
                isLiteral: isLiteral(info, index, table))
        }
        orders = (0..<Int(info.pointee.nOrderBy)).map {
            let order = info.pointee.aOrderBy[$0]
            return Order(column: Int(order.iColumn), isDescending: order.desc != 0)
        }
        columnsUsed = info.pointee.colUsed
        isDistinct = (table.pointee.vtab_distinct.map { $0(info) } ?? 0) >= 2
    }
}

/// Whether the right side is a constant known to SQLite:
/// <https://sqlite.org/c3ref/vtab_rhs_value.html>.
private func isLiteral(
    _ info: UnsafeMutablePointer<sqlite3_index_info>, _ index: Int,
    _ table: UnsafePointer<csqlite_routines>
) -> Bool {
    var value: OpaquePointer?
    return table.pointee.vtab_rhs_value(info, Int32(index), &value) == SQLITE_OK
}

extension IndexRequest.Operator {
    init(code: Int32) {
        switch code {
        case SQLITE_INDEX_CONSTRAINT_EQ: self = .equal
        case SQLITE_INDEX_CONSTRAINT_GT: self = .greater
        case SQLITE_INDEX_CONSTRAINT_LE: self = .lessOrEqual
        case SQLITE_INDEX_CONSTRAINT_LT: self = .less
        case SQLITE_INDEX_CONSTRAINT_GE: self = .greaterOrEqual
        case SQLITE_INDEX_CONSTRAINT_ISNULL: self = .isNull
        case SQLITE_INDEX_CONSTRAINT_ISNOTNULL: self = .isNotNull
        case SQLITE_INDEX_CONSTRAINT_IS: self = .identical
        case SQLITE_INDEX_CONSTRAINT_LIKE: self = .like
        case SQLITE_INDEX_CONSTRAINT_GLOB: self = .glob
        default: self = .other
        }
    }
}
