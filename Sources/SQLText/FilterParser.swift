internal import StretchCore
internal import StretchText

/// Parses a filter predicate by the syntax of SQLite's expressions, without precedence.
///
/// It accepts a single expression that depends only on its row. SQLite checks other errors, such as
/// the number of arguments or a missing `AND` of `BETWEEN`. Grammar:
/// <https://sqlite.org/lang_expr.html>.
struct FilterParser {
    private static let maximumDepth = 100

    let text: String
    let columns: Set<SQLName>
    var reader: SQLTokenReader
    var slots: [FilterPredicate.Slot] = []
    /// The function calls, an inner one before the one around it.
    var calls: [FilterPredicate.Call] = []
    /// The number of date function calls that enclose the expression.
    var dateCallDepth = 0
    private var depth = 0

    init(_ text: String, columns: [String]) {
        self.text = text
        self.columns = Set(columns.map { SQLName($0) })
        reader = SQLTokenReader(text)
    }

    /// Parses the whole text.
    ///
    /// - Returns: The positions of columns and of the current time, in text order.
    mutating func parse() throws(StretchError) -> [FilterPredicate.Slot] {
        try checkTokens()
        try parseExpression()
        if let rest = reader.peek {
            throw refusal(
                rest, "is not expected here", "Write one condition over the columns of the table.")
        }
        return slots
    }

    // MARK: Expressions

    mutating func parseExpression() throws(StretchError) {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maximumDepth else {
            throw refusal(
                reader.peek, "is nested more than \(Self.maximumDepth) deep",
                "Write the condition with fewer parentheses.")
        }
        repeat {
            try parseOperand()
            while try acceptPostfix() {}
        } while try acceptBinaryOperator()
    }

    /// Parses expressions in parentheses, after the opening parenthesis.
    ///
    /// - Returns: The number of expressions.
    @discardableResult
    mutating func parseList() throws(StretchError) -> Int {
        guard !reader.accept(symbol: ")") else { return 0 }
        var count = 0
        repeat {
            try parseExpression()
            count += 1
        } while reader.accept(symbol: ",")
        try expect(symbol: ")")
        return count
    }

    private mutating func parseOperand() throws(StretchError) {
        while reader.accept(keyword: "NOT")
            || ["-", "+", "~"].contains(where: { reader.accept(symbol: $0) })
        {}
        guard let token = reader.next() else { throw refusal(nil, "", "") }
        switch token.kind {
        case .number, .blob: return
        case .string: return try checkString(token)
        case .word: return try parseWord(token)
        case .quotedName: return try parseName(token)
        case .symbol, .parameter, .illegal:
            guard token.isSymbol("("), try parseList() > 0 else {
                throw refusal(token, "appears where a value is expected", Self.conditionHint)
            }
        }
    }

    private mutating func parseWord(_ token: SQLToken) throws(StretchError) {
        switch token.text.foldingCase {
        case "null": return
        case "case": return try parseCase()
        case "cast": if reader.accept(symbol: "(") { return try parseCast() }
        case "current_timestamp": return slots.append(.currentTime(token.range, characters: 0..<19))
        case "current_date": return slots.append(.currentTime(token.range, characters: 0..<10))
        case "current_time": return slots.append(.currentTime(token.range, characters: 11..<19))
        case "with" where isColumn(token): break
        case "select", "values", "exists", "with":
            throw refusal(token, "starts a subquery", Self.rowHint)
        case let word where FilterParser.reservedWords.contains(SQLName(word)):
            let isColumn = isColumn(token)
            throw refusal(
                token, "is a keyword of SQL",
                isColumn
                    ? "Put the column's name in double quotes: \"\(token.text)\"."
                    : Self.conditionHint)
        default: break
        }
        try parseName(token)
    }

    /// Parses a column or a function call.
    private mutating func parseName(_ token: SQLToken) throws(StretchError) {
        if reader.accept(symbol: "(") {
            let slotCount = slots.count
            try parseCall(token)
            let hasColumn = slots.dropFirst(slotCount).contains(where: \.isColumn)
            return calls.append(
                FilterPredicate.Call(
                    name: SQLName(token.identifierName ?? ""),
                    range: token.range.lowerBound..<reader.lastEnd, isConstant: !hasColumn))
        }
        if reader.peek?.isSymbol(".") ?? false {
            throw refusal(
                token, "qualifies a name", "Write the column's name alone, without a table.")
        }
        if isColumn(token) { return slots.append(.column(token.range)) }
        guard !token.isKeyword(in: ["TRUE", "FALSE"]) else { return }
        let isQuoted = token.kind == .quotedName
        throw refusal(
            token, "is not a column of the table",
            token.name.map(Self.foreignTimes.contains) ?? false
                ? Self.timeHint
                : isQuoted
                    ? "Put text in single quotes; double quotes are for the names of columns."
                    : "Check the name, and put text in single quotes.")
    }

    private func isColumn(_ token: SQLToken) -> Bool {
        token.kind != .string
            && columns.contains(SQLName(token.identifierName ?? ""))
    }

    /// Parses `CASE [x] WHEN a THEN b … [ELSE c] END`, after CASE.
    private mutating func parseCase() throws(StretchError) {
        if !(reader.peek?.isKeyword("WHEN") ?? false) { try parseExpression() }
        while reader.accept(keyword: "WHEN") {
            try parseExpression()
            try expect(keyword: "THEN")
            try parseExpression()
        }
        if reader.accept(keyword: "ELSE") { try parseExpression() }
        try expect(keyword: "END")
    }

    /// Parses `CAST(x AS type)`, after the opening parenthesis.
    private mutating func parseCast() throws(StretchError) {
        try parseExpression()
        try expect(keyword: "AS")
        while reader.acceptName() != nil {}
        if reader.accept(symbol: "(") { try parseList() }
        try expect(symbol: ")")
    }

    // MARK: Operators

    /// Accepts a postfix operator.
    private mutating func acceptPostfix() throws(StretchError) -> Bool {
        if reader.accept(keyword: "ISNULL") || reader.accept(keyword: "NOTNULL") { return true }
        if reader.accept(keywords: "NOT", "NULL") { return true }
        if reader.accept(keyword: "COLLATE") {
            guard reader.acceptName() != nil else {
                throw refusal(reader.peek, "appears where a collation is expected", "Name one.")
            }
            return true
        }
        guard reader.accept(keyword: "IN") || reader.accept(keywords: "NOT", "IN") else {
            return false
        }
        guard reader.accept(symbol: "(") else {
            throw refusal(
                reader.peek, "appears where a list in parentheses is expected", Self.rowHint)
        }
        try parseList()
        return true
    }

    private mutating func acceptBinaryOperator() throws(StretchError) -> Bool {
        if Self.operators.contains(where: { reader.accept(symbol: $0) }) { return true }
        if reader.accept(keyword: "IS") {
            _ = reader.accept(keyword: "NOT")
            _ = reader.accept(keywords: "DISTINCT", "FROM")
            return true
        }
        let bookmark = reader
        let isNegated = reader.accept(keyword: "NOT")
        if ["LIKE", "GLOB", "BETWEEN"].contains(where: { reader.accept(keyword: $0) }) {
            return true
        }
        if let token = reader.peek, token.isKeyword(in: ["MATCH", "REGEXP"]) {
            throw refusal(
                token, "is an operator that SQLite leaves to the program", "Use LIKE or GLOB.")
        }
        if isNegated { reader = bookmark }
        return ["AND", "OR", "ESCAPE"].contains { reader.accept(keyword: $0) }
    }

    private static let operators = [
        "||", "->", "->>", "*", "/", "%", "+", "-", "<<", ">>", "&", "|", "<", "<=", ">", ">=",
        "=", "==", "<>", "!=",
    ]
}
