public import StretchSQLite

/// A statement that changes rows, with values for its parameters `?1`, `?2` ….
///
/// What it does is determined by the rows alone, and so is whether it fails. Which constraint an
/// error names may depend on the order in which rows are visited: compare primary result codes.
public struct RandomStatement: Sendable {
    /// The text of one statement.
    public let sql: String
    /// The value of each parameter.
    public let values: [Value]
    /// Whether it has a RETURNING clause; the order of the rows is not determined.
    public let isReturningRows: Bool
}

/// A query with values for its parameters `?1`, `?2` …, whose answer is determined by the rows.
public struct RandomQuery: Sendable {
    /// The text of one statement.
    public let sql: String
    /// The value of each parameter.
    public let values: [Value]
    /// Whether the order of the answer is determined; else compare it as a multiset.
    public let isOrdered: Bool
}

extension RandomTable {
    /// Draws a condition over the table's columns, without parameters and without subqueries.
    ///
    /// - Parameter qualifier: The table's alias in the statement; `nil` leaves columns bare.
    public func randomCondition(
        qualifier: String? = nil, using generator: inout SeededGenerator
    ) -> String {
        write(&generator, bindsValues: false) { $0.condition(qualifier.map { "\($0)." } ?? "") }.0
    }

    /// Draws a deterministic condition that can decide which rows are eligible.
    public func randomFilterPredicate(using generator: inout SeededGenerator) -> String {
        write(&generator, bindsValues: false) { $0.filterPredicate() }.0
    }

    /// Draws an ORDER BY clause over bare columns that leaves no tie, and a LIMIT clause.
    ///
    /// Rows that tie in all of it are equal but for `0.0` and `-0.0`, and only in a table without
    /// a total key: there, select ``exactExpression(for:qualifier:)`` and not the columns.
    public func randomOrderAndLimit(using generator: inout SeededGenerator) -> String {
        write(&generator, bindsValues: false) { $0.orderBy("") + $0.limit() }.0
    }

    /// Draws an INSERT with any conflict clause, one or more rows, and sometimes RETURNING.
    public func randomInsert(using generator: inout SeededGenerator) -> RandomStatement {
        let (sql, values) = write(&generator) { $0.insert() }
        return RandomStatement(
            sql: sql, values: values, isReturningRows: sql.contains(" RETURNING "))
    }

    /// Draws an UPDATE of one row by key or of rows by condition.
    ///
    /// The key itself changes, and OR REPLACE or OR FAIL is used, only where one row at most is
    /// concerned: elsewhere the result would depend on the order of the rows.
    public func randomUpdate(using generator: inout SeededGenerator) -> RandomStatement {
        let (sql, values) = write(&generator) { $0.update() }
        return RandomStatement(sql: sql, values: values, isReturningRows: false)
    }

    /// Draws a DELETE of one row by key or of rows by condition; now and then of all rows.
    public func randomDelete(using generator: inout SeededGenerator) -> RandomStatement {
        let (sql, values) = write(&generator) { $0.delete() }
        return RandomStatement(sql: sql, values: values, isReturningRows: false)
    }

    /// Draws an INSERT (half of the time), an UPDATE or a DELETE.
    public func randomChange(using generator: inout SeededGenerator) -> RandomStatement {
        switch generator.integer(0...9) {
        case 0...4: randomInsert(using: &generator)
        case 5...7: randomUpdate(using: &generator)
        default: randomDelete(using: &generator)
        }
    }

    /// Draws a query: lookups, aggregates, groups, windows, joins, subqueries, compounds, limits.
    public func randomQuery(using generator: inout SeededGenerator) -> RandomQuery {
        var isOrdered = false
        let (sql, values) = write(&generator) { $0.query(isOrdered: &isOrdered) }
        return RandomQuery(sql: sql, values: values, isOrdered: isOrdered)
    }

    /// An expression that tells a column's values apart as far as SQL can.
    ///
    /// It is the column itself where equal values are identical, else type and bytes as text,
    /// compared as BINARY. Only `0.0` and `-0.0` give the same text.
    public func exactExpression(for column: Column, qualifier: String? = nil) -> String {
        let name = (qualifier.map { "\($0)." } ?? "") + column.quotedName
        guard !column.hasExactEquality else { return name }
        return "(typeof(\(name)) || coalesce(hex(\(name)), ''))"
    }

    private func write(
        _ generator: inout SeededGenerator, bindsValues: Bool = true,
        _ body: (inout StatementWriter) -> String
    ) -> (String, [Value]) {
        var writer = StatementWriter(
            table: self, bindsValues: bindsValues, generator: generator)
        let sql = body(&writer)
        generator = writer.generator
        return (sql, writer.values)
    }
}
