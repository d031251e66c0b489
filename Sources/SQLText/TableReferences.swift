internal import StretchText

/// The unqualified table names in the text of a view or a trigger.
///
/// They occur in FROM, after IN, and as targets of a trigger's statements.
///
/// Names of common table expressions in scope, columns and aliases are excluded:
/// <https://sqlite.org/lang_select.html>, <https://sqlite.org/lang_with.html>.
struct TableReferences {
    /// The tables that are read, in text order.
    private(set) var sources: [SQLToken] = []
    /// The targets of a trigger's statements, which cannot have a schema name.
    private(set) var targets: [SQLToken] = []

    /// The content of parentheses, or of a whole statement.
    private struct Group {
        /// Whether it is in a list of tables, in which a comma is followed by another table.
        var isInFrom = false
        /// Whether a table is expected next.
        var expectsTable = false
        /// The common table expressions that start here.
        var commonTables: Set<SQLName> = []
    }

    private static let endsOfFrom = [
        "WHERE", "GROUP", "HAVING", "ORDER", "LIMIT", "UNION", "EXCEPT", "INTERSECT", "SELECT",
        "VALUES", "SET",
    ]

    private let tokens: [SQLToken]
    private var groups = [Group()]
    private var group: Group {
        get { groups[groups.count - 1] }
        set { groups[groups.count - 1] = newValue }
    }

    init(in sql: String) {
        tokens = Array(SQLTokenizer(sql))
        var index = 0
        while index < tokens.count { index += read(at: index) }
    }

    /// Reads the construct that starts at a token.
    ///
    /// - Returns: The number of tokens.
    private mutating func read(at index: Int) -> Int {
        let token = tokens[index]
        switch token.kind {
        case .symbol:
            readSymbol(at: index)
            return 1
        case _ where group.expectsTable && token.identifierName != nil:
            group.expectsTable = false
            return readName(at: index)
        case .word: return readWord(at: index)
        default: return 1
        }
    }

    private mutating func readSymbol(at index: Int) {
        let token = tokens[index]
        if token.isSymbol("(") {
            var inner = Group()
            if group.expectsTable, !isQuery(at: index + 1) {
                inner.isInFrom = true
                inner.expectsTable = true
            }
            group.expectsTable = false
            groups.append(inner)
        } else if token.isSymbol(")") {
            if groups.count > 1 { groups.removeLast() }
        } else if token.isSymbol(";") {
            groups = [Group()]
        } else if token.isSymbol(",") {
            group.expectsTable = group.isInFrom
        }
    }

    private mutating func readWord(at index: Int) -> Int {
        let token = tokens[index]
        let previous = index > 0 ? tokens[index - 1] : nil
        if token.isKeyword("FROM") {
            // `IS DISTINCT FROM` is a comparison.
            if previous?.isKeyword("DISTINCT") ?? false { return 1 }
            if previous?.isKeyword("DELETE") ?? false {
                return 1 + readName(at: index + 1, isTarget: true)
            }
            (group.isInFrom, group.expectsTable) = (true, true)
        } else if token.isKeyword("JOIN") {
            (group.isInFrom, group.expectsTable) = (true, true)
        } else if token.isKeyword(in: Self.endsOfFrom) || isWindowClause(at: index) {
            (group.isInFrom, group.expectsTable) = (false, false)
        } else if token.isKeyword("IN") {
            return 1 + readName(at: index + 1)
        } else if token.isKeyword("INTO") {
            return 1 + readName(at: index + 1, isTarget: true)
        } else if token.isKeyword("UPDATE"), let previous,
            previous.isSymbol(";") || previous.isKeyword("BEGIN")
        {
            let isConditional = index + 1 < tokens.count && tokens[index + 1].isKeyword("OR")
            let start = isConditional ? 3 : 1
            return start + readName(at: index + start, isTarget: true)
        } else if token.isKeyword("WITH") {
            group.commonTables.formUnion(commonTables(at: index))
        }
        return 1
    }

    /// Reads a table's name, if there is one.
    private mutating func readName(at index: Int, isTarget: Bool = false) -> Int {
        guard index < tokens.count, let name = tokens[index].name else { return 0 }
        if index + 1 < tokens.count, tokens[index + 1].isSymbol(".") { return 3 }
        if isTarget {
            targets.append(tokens[index])
        } else if !groups.contains(where: { $0.commonTables.contains(name) }) {
            sources.append(tokens[index])
        }
        return 1
    }

    private func isQuery(at index: Int) -> Bool {
        guard index < tokens.count else { return false }
        return tokens[index].isKeyword(in: ["SELECT", "VALUES"])
            || tokens[index].isKeyword("WITH") && !commonTables(at: index).isEmpty
    }

    /// Returns whether `WINDOW name AS` follows; otherwise the word is an alias.
    private func isWindowClause(at index: Int) -> Bool {
        tokens[index].isKeyword("WINDOW") && index + 2 < tokens.count
            && tokens[index + 1].name != nil && tokens[index + 2].isKeyword("AS")
    }

    /// Returns the names of a WITH clause, visible in all its parts and its query; none if the word
    /// is a name.
    private func commonTables(at index: Int) -> Set<SQLName> {
        var names: Set<SQLName> = []
        var index = index + 1
        func isKeyword(_ word: String) -> Bool {
            index < tokens.count && tokens[index].isKeyword(word)
        }
        if isKeyword("RECURSIVE") { index += 1 }
        while index < tokens.count, let name = tokens[index].name {
            index = endOfGroup(at: index + 1)
            guard isKeyword("AS") else { break }
            index += 1
            if isKeyword("NOT") { index += 1 }
            if isKeyword("MATERIALIZED") { index += 1 }
            let end = endOfGroup(at: index)
            guard end > index else { break }
            names.insert(name)
            guard end < tokens.count, tokens[end].isSymbol(",") else { break }
            index = end + 1
        }
        return names
    }

    /// Returns the index after a group in parentheses, or the same index if none starts.
    private func endOfGroup(at index: Int) -> Int {
        guard index < tokens.count, tokens[index].isSymbol("(") else { return index }
        var (depth, end) = (0, index)
        repeat {
            if tokens[end].isSymbol("(") { depth += 1 }
            if tokens[end].isSymbol(")") { depth -= 1 }
            end += 1
        } while depth > 0 && end < tokens.count
        return end
    }
}
