import SQLText
import Stretch
import StretchCatalog
import StretchTestSupport
import Testing

@testable import StretchOverlay
@testable import StretchSQLite

/// A table of an in-memory database, and the questions that SQLite's planner asks about it.
struct PlannedTable {
    let schema: TableSchema
    var coldRowCount: Int64 = 1_000
    var shape: StatementShape = []
    var hasOwnPatterns = true

    /// - Parameter script: Makes a table `t`.
    init(_ script: String) throws {
        let connection = try Connection(path: ":memory:", access: .create, routines: .linked)
        try connection.execute(script)
        schema = try #require(try TableSchema(reading: "t", from: connection))
    }

    func plan(
        _ constraints: [IndexRequest.Constraint], orders: [IndexRequest.Order] = [],
        isDistinct: Bool = false, columnsUsed: UInt64 = .max
    ) throws -> (key: OverlayPlan.Key, answer: IndexPlan) {
        try OverlayPlanner(
            schema: schema, coldRowCount: coldRowCount, shape: shape,
            hasOwnPatterns: { hasOwnPatterns }
        ).plan(
            IndexRequest(
                constraints: constraints, orders: orders, isDistinct: isDistinct,
                columnsUsed: columnsUsed))
    }

    /// The order by columns, each ascending unless its name ends in `-`.
    func order(_ names: String...) -> [IndexRequest.Order] {
        names.map { name in
            let isDescending = name.utf8.last == UInt8(ascii: "-")
            return IndexRequest.Order(
                column: place(isDescending ? String(name.dropLast()) : name),
                isDescending: isDescending)
        }
    }

    /// The place of a column; `rowid` is -1.
    func place(_ name: String) -> Int {
        name == "rowid" ? -1 : schema.column(named: name) ?? schema.columns.count
    }

    /// A constraint between a column and a value.
    func constraint(
        _ name: String, _ comparison: IndexRequest.Operator, isUsable: Bool = true,
        collation: String = "BINARY", index: Int = 0, isList: Bool = false, isLiteral: Bool = false
    ) -> IndexRequest.Constraint {
        IndexRequest.Constraint(
            column: place(name), comparison: comparison, isUsable: isUsable,
            collationName: collation, index: index, isList: isList, isLiteral: isLiteral)
    }
}
