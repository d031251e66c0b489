internal import SQLText
internal import StretchCatalog
internal import StretchSQLite
internal import StretchText

extension OverlayTriggers {
    /// Returns the calls that make cold rows hot with which a new row would violate a constraint.
    func uniqueCalls(_ table: OverlayTable) -> String {
        table.uniqueChecks.indices.map { uniqueCall(table, $0) }.joined()
    }

    /// Returns triggers for rows that are about to get other values in a constraint's columns.
    func uniqueTriggers(_ table: OverlayTable) -> [Definition] {
        let name = "main.\(table.schema.name.quotedName)"
        var triggers = table.uniqueChecks.enumerated().map { number, check in
            let columns = check.constraint.columns.map { table.schema.columns[$0] }
            let names = columns.map(\.name.quotedName)
            // The list of an UPDATE never names a generated column.
            let list =
                columns.contains(where: \.isGenerated)
                ? "" : " OF \(names.joined(separator: ", "))"
            let changed = names.map { "NEW.\($0) IS NOT OLD.\($0) COLLATE BINARY" }
            return trigger(
                "unique_update_\(table.table.id)_\(number)",
                "BEFORE UPDATE\(list) ON \(name) WHEN \(changed.joined(separator: " OR "))",
                uniqueCall(table, number))
        }
        // A key has a trigger of its own, which makes these calls too.
        if !table.schema.keyKind.isKeyed, !table.uniqueChecks.isEmpty {
            triggers.append(
                trigger(
                    "unique_insert_\(table.table.id)", "BEFORE INSERT ON \(name)",
                    uniqueCalls(table)))
        }
        return triggers
    }

    private func uniqueCall(_ table: OverlayTable, _ number: Int) -> String {
        let values = table.uniqueChecks[number].constraint.terms.map { term in
            let column = table.schema.columns[term.column]
            let value = "NEW.\(column.name.quotedName)"
            // REPLACE puts the default in the place of a NULL that must not be, after the triggers.
            guard column.isNotNull, let literal = column.defaultLiteral else { return value }
            return "ifnull(\(value), \(literal))"
        }
        let arguments = ["\(overlay.triggerKey)", "\(table.table.id)", "\(number)"] + values
        return call("stretch_recall_unique(\(arguments.joined(separator: ", ")))")
    }
}

extension ColumnSchema {
    /// The DEFAULT as it is stored, if it is a number or a string.
    fileprivate var defaultLiteral: String? {
        var tokens = Array(SQLTokenizer(defaultText ?? ""))[...]
        let sign = tokens.count == 2 && tokens[0].isSymbol("-") ? "-" : ""
        if tokens.count == 2, tokens[0].isSymbol("-") || tokens[0].isSymbol("+") {
            tokens.removeFirst()
        }
        guard tokens.count == 1, let token = tokens.first else { return nil }
        let value: Value
        switch token.kind {
        case .string: value = .text(Text(token.identifierName ?? ""))
        case .number:
            guard let integer = Int64(sign + token.text) else { return sign + token.text }
            value = .integer(integer)
        default: return nil
        }
        switch value.applying(affinity) {
        case .integer(let number): return "\(number)"
        case .text(let text): return text.string?.quotedLiteral
        default: return nil
        }
    }
}
