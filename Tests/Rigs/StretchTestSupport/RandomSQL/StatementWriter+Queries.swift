extension StatementWriter {
    /// A query with a determined answer.
    ///
    /// No floating-point sums, and integer sums only of small numbers: both depend on the order.
    /// Where equal values may differ (`1` and `1.0`), groups show the least exact expression.
    mutating func query(isOrdered: inout Bool) -> String {
        isOrdered = false
        switch generator.integer(0...13) {
        case 0...1: return "SELECT \(output()) FROM \(table.quotedName) WHERE \(condition(""))"
        case 2: return lookup()
        case 3...4:
            isOrdered = true
            return ordered()
        case 5: return aggregate()
        case 6: return group()
        case 7: return distinct()
        case 8: return window()
        case 9: return selfJoin()
        case 10: return correlated()
        case 11: return compound()
        case 12: return outerJoin()
        default: return membership()
        }
    }

    // MARK: Rows

    /// All columns, or some of them, or expressions over them.
    private mutating func output() -> String {
        switch generator.integer(0...3) {
        case 0: return "*"
        case 1: return table.columns.map(\.quotedName).joined(separator: ", ")
        case 2:
            let column = generator.choice(table.columns)
            return "\(column.quotedName), typeof(\(generator.choice(table.columns).quotedName))"
        default: return "\(generator.choice(table.columns).quotedName), 1"
        }
    }

    private mutating func lookup() -> String {
        let name = table.keyColumns.first(where: \.isRowIDAlias) != nil ? "rowid, *" : "*"
        let condition = keyEquality() ?? term("")
        return "SELECT \(name) FROM \(table.quotedName) WHERE \(condition)"
    }

    private mutating func ordered() -> String {
        // Without a total key, rows may tie that differ in the sign of a zero.
        let output =
            table.hasTotalKey
            ? "*" : table.columns.map { table.exactExpression(for: $0) }.joined(separator: ", ")
        let condition = generator.isOne(in: 2) ? " WHERE \(condition(""))" : ""
        let order = orderBy("")
        let limit = generator.isOne(in: 4) ? "" : limit()
        return "SELECT \(output) FROM \(table.quotedName)\(condition)\(order)\(limit)"
    }

    // MARK: Aggregates

    private mutating func aggregate() -> String {
        let column = generator.choice(table.columns)
        let name = column.quotedName
        let exact = table.exactExpression(for: column)
        let terms = [
            "count(*)", "count(\(name))", "count(DISTINCT \(name))", "min(\(exact))",
            "max(\(exact))", "sum(\(small(name)))", "avg(\(small(name)))",
        ]
        var output = Array(terms.shuffled(using: &generator).prefix(generator.integer(1...4)))
        if generator.isOne(in: 4) { output.append("count(*) FILTER (WHERE \(term("")))") }
        let condition = generator.isOne(in: 2) ? " WHERE \(condition(""))" : ""
        return "SELECT \(output.joined(separator: ", ")) FROM \(table.quotedName)\(condition)"
    }

    private mutating func group() -> String {
        let column = generator.choice(table.columns)
        let other = generator.choice(table.columns)
        let having = generator.choice([
            "", " HAVING count(*) > 1", " HAVING sum(\(small(other.quotedName))) > 3",
        ])
        let condition = generator.isOne(in: 2) ? " WHERE \(condition(""))" : ""
        return "SELECT min(\(table.exactExpression(for: column))), count(*), "
            + "max(\(table.exactExpression(for: other))), count(DISTINCT \(other.quotedName)) "
            + "FROM \(table.quotedName)\(condition) GROUP BY \(column.quotedName)\(having)"
    }

    private mutating func distinct() -> String {
        let column = generator.choice(table.columns)
        let source = "FROM \(table.quotedName) WHERE \(condition(""))"
        return generator.isOne(in: 2)
            ? "SELECT DISTINCT \(table.exactExpression(for: column)) \(source)"
            : "SELECT count(*) FROM (SELECT DISTINCT \(column.quotedName) \(source))"
    }

    private func small(_ name: String) -> String {
        "CASE WHEN typeof(\(name)) = 'integer' AND \(name) BETWEEN -1000 AND 1000 "
            + "THEN \(name) END"
    }

    private mutating func window() -> String {
        let column = generator.choice(table.columns)
        let name = column.quotedName
        let function = generator.choice([
            "count(*) OVER (PARTITION BY \(name))", "rank() OVER (ORDER BY \(name))",
            "dense_rank() OVER (ORDER BY \(name) DESC)",
            "row_number() OVER (PARTITION BY \(name)\(orderBy("")))",
            "sum(\(small(name))) OVER (\(orderBy("").dropFirst()) ROWS 2 PRECEDING)",
            "lag(\(table.exactExpression(for: column))) OVER (\(orderBy("").dropFirst()))",
        ])
        let outputs = table.columns.map { table.exactExpression(for: $0) }
        return "SELECT \(outputs.joined(separator: ", ")), \(function) FROM \(table.quotedName)"
    }

    // MARK: Several tables

    private mutating func selfJoin() -> String {
        let (left, right) = (generator.choice(table.columns), generator.choice(table.columns))
        return "SELECT count(*), count(b.\(left.quotedName)) FROM \(table.quotedName) AS a "
            + "JOIN \(table.quotedName) AS b ON a.\(left.quotedName) = b.\(right.quotedName) "
            + "WHERE \(term("a.")) AND \(term("b."))"
    }

    private mutating func outerJoin() -> String {
        let (left, right) = (generator.choice(table.columns), generator.choice(table.columns))
        return "SELECT count(*) FROM \(table.quotedName) AS a LEFT JOIN \(table.quotedName) AS b "
            + "ON a.\(left.quotedName) = b.\(right.quotedName) AND \(term("b.")) "
            + "WHERE b.\(right.quotedName) IS NULL"
    }

    private mutating func correlated() -> String {
        let column = generator.choice(table.columns).quotedName
        let inner = "FROM \(table.quotedName) AS i WHERE i.\(column) = o.\(column)"
        let output = table.columns.map { "o.\($0.quotedName)" }.joined(separator: ", ")
        return generator.isOne(in: 2)
            ? "SELECT \(output), (SELECT count(*) \(inner)) FROM \(table.quotedName) AS o "
                + "WHERE \(term("o."))"
            : "SELECT \(output) FROM \(table.quotedName) AS o "
                + "WHERE EXISTS (SELECT 1 \(inner) AND \(term("i.")))"
    }

    private mutating func membership() -> String {
        let (left, right) = (generator.choice(table.columns), generator.choice(table.columns))
        let verb = generator.isOne(in: 4) ? "NOT IN" : "IN"
        return "SELECT * FROM \(table.quotedName) WHERE \(left.quotedName) \(verb) "
            + "(SELECT \(right.quotedName) FROM \(table.quotedName) WHERE \(condition("")))"
    }

    private mutating func compound() -> String {
        let columns = table.columns.shuffled(using: &generator).prefix(2)
        let output = columns.map { table.exactExpression(for: $0) }.joined(separator: ", ")
        let verb = generator.choice(["UNION", "UNION ALL", "EXCEPT", "INTERSECT"])
        return "SELECT \(output) FROM \(table.quotedName) WHERE \(condition("")) \(verb) "
            + "SELECT \(output) FROM \(table.quotedName) WHERE \(condition(""))"
    }
}
