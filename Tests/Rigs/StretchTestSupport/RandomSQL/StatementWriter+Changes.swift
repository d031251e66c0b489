extension StatementWriter {
    // MARK: INSERT

    mutating func insert() -> String {
        let isUpserting = generator.isOne(in: 4)
        let mode = isUpserting ? "" : conflictMode(isOneRow: true)
        let verb = mode == " OR REPLACE" && generator.isOne(in: 3) ? "REPLACE" : "INSERT\(mode)"
        guard !generator.isOne(in: 30) else {
            return "\(verb) INTO \(table.quotedName) DEFAULT VALUES"
        }
        let columns = insertedColumns()
        let names = columns.map(\.quotedName).joined(separator: ", ")
        let rows = (0..<generator.choice([1, 1, 1, 2, 4])).map { _ in
            "(\(columns.map { operand(for: $0) }.joined(separator: ", ")))"
        }
        var sql =
            "\(verb) INTO \(table.quotedName) (\(names)) VALUES \(rows.joined(separator: ", "))"
        if isUpserting { sql += upsert() }
        if generator.isOne(in: 5) { sql += returning() }
        return sql
    }

    /// All columns that a statement may set, or without some of those that have a default.
    private mutating func insertedColumns() -> [RandomTable.Column] {
        guard generator.isOne(in: 2) else { return table.writableColumns }
        let columns = table.writableColumns.filter { column in
            let isNeeded = column.isKey && !column.isRowIDAlias
            return isNeeded || !generator.isOne(in: 3)
        }
        return columns.isEmpty ? table.writableColumns : columns
    }

    private mutating func upsert() -> String {
        guard table.keyKind != .noKey, !generator.isOne(in: 4) else {
            return " ON CONFLICT DO NOTHING"
        }
        let target = table.keyColumns.map(\.quotedName).joined(separator: ", ")
        guard let column = table.plainColumns.randomElement(using: &generator),
            !generator.isOne(in: 4)
        else { return " ON CONFLICT (\(target)) DO NOTHING" }
        let name = column.quotedName
        let value =
            switch generator.integer(0...2) {
            case 0: "excluded.\(name)"
            case 1: "coalesce(excluded.\(name), \(table.quotedName).\(name))"
            default: operand(for: column)
            }
        let condition = generator.isOne(in: 4) ? " WHERE \(term("\(table.quotedName)."))" : ""
        return " ON CONFLICT (\(target)) DO UPDATE SET \(name) = \(value)\(condition)"
    }

    private mutating func returning() -> String {
        let column = generator.choice(table.columns).quotedName
        return generator.choice([" RETURNING *", " RETURNING \(column), length(\(column))"])
    }

    // MARK: UPDATE and DELETE

    mutating func update() -> String {
        let key = generator.isOne(in: 2) ? keyEquality() : nil
        let mode = conflictMode(isOneRow: key != nil)
        var assignments: [String] = []
        let count = min(table.plainColumns.count, generator.integer(1...2))
        for column in table.plainColumns.shuffled(using: &generator).prefix(count) {
            assignments.append("\(column.quotedName) = \(newValue(for: column))")
        }
        if key != nil, generator.isOne(in: 3) {
            let column = generator.choice(table.keyColumns)
            assignments.append("\(column.quotedName) = \(newKey(for: column))")
        }
        let condition = key ?? condition("")
        return "UPDATE\(mode) \(table.quotedName) SET \(assignments.joined(separator: ", ")) "
            + "WHERE \(condition)"
    }

    mutating func delete() -> String {
        guard !generator.isOne(in: 60) else { return "DELETE FROM \(table.quotedName)" }
        let key = generator.isOne(in: 2) ? keyEquality() : nil
        // Two conditions, so that a table does not run empty at once.
        let condition = key ?? "(\(condition(""))) AND (\(condition("")))"
        return "DELETE FROM \(table.quotedName) WHERE \(condition)"
    }

    private mutating func newValue(for column: RandomTable.Column) -> String {
        let name = column.quotedName
        // Increments only: the smallest integer minus 1 would be a real that equals it.
        switch (generator.integer(0...5), column.affinity) {
        case (0, .integer), (0, .numeric), (0, .real):
            return "\(name) + \(generator.integer(1...3))"
        case (0, .text): return "substr(\(name) || 'x', 1, 20)"
        case (1, _) where !table.isStrict: return generator.choice(table.columns).quotedName
        default: return operand(for: column)
        }
    }

    private mutating func newKey(for column: RandomTable.Column) -> String {
        guard column.isRowIDAlias, generator.isOne(in: 2) else { return operand(for: column) }
        return "\(column.quotedName) + \(generator.integer(1...5))"
    }

    /// A conflict clause; only harmless ones where several rows are visited in any order.
    ///
    /// ROLLBACK is left to callers: it ends the transaction that they compare in.
    private mutating func conflictMode(isOneRow: Bool) -> String {
        guard generator.isOne(in: 2) else { return "" }
        return generator.choice(
            isOneRow
                ? [
                    " OR REPLACE", " OR REPLACE", " OR IGNORE", " OR IGNORE", " OR FAIL",
                    " OR ABORT",
                ]
                : [" OR IGNORE", " OR ABORT"])
    }
}
