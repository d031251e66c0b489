/// Properties of a statement's text that limit the use of conditions offered to virtual tables.
///
/// SQLite offers a condition without its origin and without the affinity of its right side. A
/// condition is therefore used only if the text excludes an origin for which it would omit required
/// rows.
package struct StatementShape: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The statement may use LEFT, RIGHT or FULL JOIN.
    ///
    /// LIKE, GLOB and NOT NULL in the ON clause are then offered to the left table, whose rows they
    /// must not exclude: <https://sqlite.org/lang_select.html#the_from_clause>.
    package static let joinsOuter = Self(rawValue: 1)
    /// The statement may look up a row value in a list.
    ///
    /// Each column is then offered as equal to a value that lost the affinity of its list.
    package static let listsRowValues = Self(rawValue: 2)
    /// The statement may have several tables or subqueries, so a right side can be a column with an
    /// affinity.
    package static let comparesTables = Self(rawValue: 4)

    /// The statement may delete rows that are in the way of others, by REPLACE.
    package static let replaces = Self(rawValue: 8)

    /// The statement may name the rowid of a table.
    package static let namesRowid = Self(rawValue: 16)

    /// The shape of a statement whose text is unknown.
    package static let unknown: Self = [
        .joinsOuter, .listsRowValues, .comparesTables, .replaces, .namesRowid,
    ]

    /// Creates the shape of a statement, or of the definition of a view or a trigger.
    package init(of sql: String) {
        self = []
        var tokens = SQLTokenizer(sql)
        var (queryCount, depth) = (0, 0)
        // The depths of the open FROM clauses.
        var sources: [Int] = []
        var isAfterGroup = false
        while let token = tokens.next() {
            switch token.kind {
            case .symbol where token.isSymbol("("): depth += 1
            case .symbol where token.isSymbol(")"):
                depth -= 1
                sources.removeAll { $0 > depth }
            case .symbol where token.isSymbol(","):
                if sources.last == depth { insert(.comparesTables) }
            case .word where token.isKeyword("IN"):
                if isAfterGroup { insert(.listsRowValues) }
            case .word where token.isKeyword(in: ["LEFT", "RIGHT", "FULL", "OUTER"]):
                insert([.joinsOuter, .comparesTables])
            case .word where token.isKeyword(in: ["JOIN", "WITH", "TRIGGER"]):
                insert(.comparesTables)
            case .word where token.isKeyword(in: ["SELECT", "UPDATE"]):
                queryCount += 1
            case .word where token.isKeyword("FROM"): sources.append(depth)
            case .word where token.isKeyword("REPLACE"): insert(.replaces)
            case .word where token.isKeyword(in: ["WHERE", "GROUP", "ORDER", "LIMIT", "UNION"]):
                sources.removeAll { $0 == depth }
            default: break
            }
            if token.isName("rowid") || token.isName("_rowid_") || token.isName("oid") {
                insert(.namesRowid)
            }
            let isNegation = token.isKeyword("NOT")
            isAfterGroup = token.isSymbol(")") || (isNegation && isAfterGroup)
        }
        if queryCount > 1 || sources.count > 1 { insert(.comparesTables) }
    }
}
