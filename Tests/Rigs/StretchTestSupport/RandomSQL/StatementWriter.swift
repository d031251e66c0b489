internal import StretchSQLite

/// Writes one statement about one table from left to right, and collects the values it binds.
struct StatementWriter {
    let table: RandomTable
    let bindsValues: Bool
    var generator: SeededGenerator
    private(set) var values: [Value] = []

    init(table: RandomTable, bindsValues: Bool, generator: SeededGenerator) {
        self.table = table
        self.bindsValues = bindsValues
        self.generator = generator
    }

    // MARK: Values

    /// A parameter or a literal for the value.
    mutating func operand(_ value: Value) -> String {
        guard bindsValues, !generator.isOne(in: 3) else { return value.literal }
        values.append(value)
        return "?\(values.count)"
    }

    /// A random value that suits the column.
    mutating func operand(for column: RandomTable.Column) -> String {
        operand(table.randomValue(for: column, using: &generator))
    }

    /// A random value to compare the column with: mostly suitable, sometimes of any type.
    mutating func comparand(_ column: RandomTable.Column) -> String {
        generator.isOne(in: 5)
            ? operand(RandomValue.any(&generator)) : operand(for: column)
    }

    // MARK: Conditions

    /// A condition of one to three terms.
    mutating func condition(_ qualifier: String) -> String {
        switch generator.integer(0...9) {
        case 0...4: term(qualifier)
        case 5...6: "\(term(qualifier)) AND \(term(qualifier))"
        case 7: "\(term(qualifier)) OR \(term(qualifier))"
        case 8: "NOT (\(term(qualifier)) AND \(term(qualifier)))"
        default: "(\(term(qualifier)) OR \(term(qualifier))) AND \(term(qualifier))"
        }
    }

    /// One comparison, in parentheses where it needs them.
    mutating func term(_ qualifier: String) -> String {
        let column = generator.choice(table.columns)
        let name = qualifier + column.quotedName
        switch generator.integer(0...15) {
        case 0...3: return "\(name) \(comparison()) \(comparand(column))"
        case 4:
            let items = (0..<generator.integer(0...6)).map { _ in comparand(column) }
            return "\(name) \(negation())IN (\(items.joined(separator: ", ")))"
        case 5:
            return "(\(name) \(negation())BETWEEN \(comparand(column)) AND \(comparand(column)))"
        case 6: return "\(name) \(negation())LIKE \(pattern(any: "%", one: "_"))"
        case 7: return "\(name) \(negation())GLOB \(pattern(any: "*", one: "?"))"
        case 8: return "\(name) IS \(negation())NULL"
        case 9: return "\(name) IS \(negation())\(comparand(column))"
        case 10: return "typeof(\(name)) = '\(generator.choice(["integer", "real", "text"]))'"
        case 11: return "length(\(name)) \(comparison()) \(generator.integer(0...6))"
        case 12: return "\(name) + \(generator.integer(-2...2)) \(comparison()) \(number())"
        case 13: return "\(name) % 3 = \(generator.integer(0...2))"
        case 14:
            let other = generator.choice(table.columns)
            return "\(name) \(comparison()) \(qualifier)\(other.quotedName)"
        default: return keyTerm(qualifier) ?? "coalesce(\(name), 0) = \(comparand(column))"
        }
    }

    /// A row-value comparison of the key, when it has several columns.
    private mutating func keyTerm(_ qualifier: String) -> String? {
        let columns = table.keyColumns
        guard columns.count > 1 else { return nil }
        let names = columns.map { qualifier + $0.quotedName }.joined(separator: ", ")
        let values = columns.map { operand(for: $0) }.joined(separator: ", ")
        return "(\(names)) \(generator.choice(["=", "<", ">="])) (\(values))"
    }

    /// A condition that one row at most meets, or `nil` in a table without a key.
    mutating func keyEquality(_ qualifier: String = "") -> String? {
        guard table.keyKind != .noKey else { return nil }
        return table.keyColumns.map { column in
            "\(qualifier)\(column.quotedName) = \(operand(for: column))"
        }.joined(separator: " AND ")
    }

    /// A condition without parameters that splits the rows in two shares worth having.
    mutating func filterPredicate() -> String {
        guard let key = table.keyColumns.first, !generator.isOne(in: 3) else {
            return condition("")
        }
        let bound =
            key.affinity == .text
            ? Value.text(generator.choice(["a", "ab", "Cd", "ef", "y"]))
            : .integer(Int64(generator.integer(0...(key.isRowIDAlias ? 80 : 9))))
        let range = "\(key.quotedName) \(generator.choice(["<", "<=", ">"])) \(bound.literal)"
        switch generator.integer(0...3) {
        case 0: return "\(range) AND \(term(""))"
        case 1: return "\(range) OR \(term(""))"
        default: return range
        }
    }

    private mutating func comparison() -> String {
        generator.choice(["=", "=", "=", "<", "<=", ">", ">=", "<>"])
    }

    private mutating func negation() -> String { generator.isOne(in: 4) ? "NOT " : "" }

    private mutating func number() -> String { operand(RandomValue.number(&generator)) }

    private mutating func pattern(any: String, one: String) -> String {
        let stem = generator.choice(["al", "Al", "b", "A", "ab", "1", "ä", "ta", ""])
        let pattern = generator.choice([
            "\(stem)\(any)", "\(any)\(stem)", "\(any)\(stem)\(any)", "\(stem)\(one)",
            "\(one)\(stem)\(any)", stem,
        ])
        return operand(.text(pattern))
    }

    // MARK: Order

    /// An ORDER BY clause that leaves no tie; see ``RandomTable/randomOrderAndLimit(using:)``.
    mutating func orderBy(_ qualifier: String) -> String {
        var terms: [String] = []
        for _ in 0..<generator.integer(0...2) {
            let name = qualifier + generator.choice(table.columns).quotedName
            terms.append(name + direction() + (generator.isOne(in: 8) ? " NULLS LAST" : ""))
        }
        if table.hasTotalKey {
            terms += table.keyColumns.map { qualifier + $0.quotedName + direction() }
        } else {
            let alias = qualifier.isEmpty ? nil : String(qualifier.dropLast())
            terms += table.columns.map {
                table.exactExpression(for: $0, qualifier: alias) + direction()
            }
        }
        return " ORDER BY \(terms.joined(separator: ", "))"
    }

    mutating func limit() -> String {
        let limit = " LIMIT \(generator.integer(0...12))"
        return generator.isOne(in: 3) ? "\(limit) OFFSET \(generator.integer(0...6))" : limit
    }

    private mutating func direction() -> String {
        generator.choice(["", "", " ASC", " DESC"])
    }
}
