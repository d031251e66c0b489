/// What the text of a statement tells about conditions that SQLite offers to virtual tables.
///
/// SQLite takes such a condition for advice and says neither where it comes from nor which affinity
/// its right side has. So each is used only where the text excludes the place in which the rows
/// that it leaves out would be missed.
package struct StatementShape: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// It may join tables by LEFT, RIGHT or FULL JOIN.
    ///
    /// LIKE, GLOB and NOT NULL in the ON clause are then offered to the left table, whose rows they
    /// must not leave out: <https://sqlite.org/lang_select.html#the_from_clause>.
    package static let joinsOuter = Self(rawValue: 1)
    /// It may look a row value up in a list.
    ///
    /// Each column is then offered as equal to a value that lost the affinity of its list.
    package static let listsRowValues = Self(rawValue: 2)
    /// It may have several tables, or subqueries: a right side can be a column with an affinity.
    package static let comparesTables = Self(rawValue: 4)

    /// What is assumed of a statement whose text is not known.
    package static let unknown: Self = [.joinsOuter, .listsRowValues, .comparesTables]

    /// The shape of one statement, or of the definition of a view or a trigger.
    package init(of sql: String) {
        self = []
        var tokens = SQLTokenizer(sql)
        var (queryCount, depth) = (0, 0)
        // The depths of the FROM clauses that are open.
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
            case .word where token.isKeyword(in: ["WHERE", "GROUP", "ORDER", "LIMIT", "UNION"]):
                sources.removeAll { $0 == depth }
            default: break
            }
            let isNegation = token.isKeyword("NOT")
            isAfterGroup = token.isSymbol(")") || (isNegation && isAfterGroup)
        }
        if queryCount > 1 || sources.count > 1 { insert(.comparesTables) }
    }
}
