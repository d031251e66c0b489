internal import StretchText

/// Reads the uses of tables from one statement of a trigger.
///
/// Each name that could be one of the tables must turn out to be a target, a table in FROM, a
/// qualifier or a column in an INSERT's list; otherwise it is unclear.
struct TriggerStatementReader {
    /// The table that the statement writes.
    struct Target {
        /// The position of its name.
        let index: Int
        let events: [TriggerText.Event.Kind]
    }

    /// A table of the wanted ones in FROM.
    private struct Source {
        let table: SQLName
        /// The name by which columns are qualified.
        let name: SQLName
    }

    let tokens: [SQLToken]
    private let tables: Set<SQLName>
    /// The position after the group that starts at a position.
    private var ends: [Int: Int] = [:]
    private var accounted: Set<Int> = []
    private(set) var uses: [TriggerBody.Use] = []
    private(set) var unclear: SQLName?

    init(_ tokens: [SQLToken], tables: Set<SQLName>) {
        self.tokens = tokens
        self.tables = tables
        var open: [Int] = []
        for (index, token) in tokens.enumerated() {
            if token.isSymbol("(") { open.append(index) }
            if token.isSymbol(")"), let start = open.popLast() { ends[start] = index + 1 }
        }
    }

    private var mentions: [Int] {
        tokens.indices.filter { DependencyScan.isMention(of: tables, at: $0, in: tokens) }
    }

    var mentionsTable: Bool { !mentions.isEmpty }

    mutating func read() {
        if isStrange { return unclear = mentions.first.flatMap { tokens[$0].name } }
        readTarget()
        for index in tokens.indices where tokens[index].isKeyword("SELECT") {
            readQuery(after: index)
        }
        let names = Set(uses.map(\.table))
        for index in mentions where !accounted.contains(index) {
            guard let name = tokens[index].name else { continue }
            let isColumnOf = index + 1 < tokens.count && tokens[index + 1].isSymbol(".")
            guard isColumnOf, names.contains(name) else { return unclear = name }
        }
    }

    /// Whether the text has what a trigger's statement cannot have, or what would give NEW and OLD
    /// another meaning.
    private var isStrange: Bool {
        let columns = columnList ?? 0..<0
        return tokens.indices.contains { index in
            let token = tokens[index]
            if columns.contains(index) { return token.kind == .illegal }
            if token.kind == .illegal || token.kind == .parameter { return true }
            if token.isKeyword("WITH") { return true }
            guard token.isName("NEW") || token.isName("OLD"), token.kind != .string else {
                return false
            }
            let isColumn = index > 0 && tokens[index - 1].isSymbol(".")
            return !isColumn && !(index + 1 < tokens.count && tokens[index + 1].isSymbol("."))
        }
    }

    // MARK: Targets

    /// The written table, or `nil` for a query.
    var target: Target? {
        guard let first = tokens.first else { return nil }
        var index = 1
        func isKeyword(_ word: String) -> Bool {
            index < tokens.count && tokens[index].isKeyword(word)
        }
        var replaces = first.isKeyword("REPLACE")
        let isInsert = first.isKeyword("INSERT")
        let isUpdate = first.isKeyword("UPDATE")
        if isInsert || isUpdate, isKeyword("OR") {
            index += 1
            replaces = isKeyword("REPLACE")
            index += 1
        }
        var events: [TriggerText.Event.Kind]
        if isInsert || first.isKeyword("REPLACE") {
            guard isKeyword("INTO") else { return nil }
            events = [.insert]
            if conflictClause != nil { events.append(.update) }
            index += 1
        } else if isUpdate {
            events = [.update]
        } else if first.isKeyword("DELETE"), isKeyword("FROM") {
            events = [.delete]
            index += 1
        } else {
            return nil
        }
        if replaces { events.append(.delete) }
        guard index < tokens.count, tokens[index].identifierName != nil else { return nil }
        return Target(index: index, events: events)
    }

    /// The position of `ON CONFLICT` outside parentheses.
    private var conflictClause: Int? {
        clause("ON", in: tokens.indices) {
            $0 + 1 < tokens.count && tokens[$0 + 1].isKeyword("CONFLICT")
        }
    }

    /// The positions of an INSERT's list of columns, which may be called NEW and OLD.
    private var columnList: Range<Int>? {
        guard let target, target.events[0] == .insert else { return nil }
        let start = target.index + 1
        return ends[start].map { start..<$0 }
    }

    private mutating func readTarget() {
        guard let target else { return }
        let after = target.index + 1
        // Columns may have the name of a table.
        accounted.formUnion(columnList ?? 0..<0)
        guard let name = tokens[target.index].name, tables.contains(name) else { return }
        accounted.insert(target.index)
        if target.events[0] == .insert {
            uses.append(
                TriggerBody.Use(
                    table: name, kind: .insert(mayChange: target.events.count > 1), terms: []))
            return
        }
        let rest = after..<tokens.count
        var found: [TriggerBody.Term] = []
        if let start = clause("WHERE", in: rest) {
            let isAlone =
                target.events[0] == .delete || clause("FROM", in: rest, where: isFrom) == nil
            found = terms(
                of: Source(table: name, name: name), in: start + 1..<tokens.count,
                isAlone: isAlone)
        }
        uses.append(TriggerBody.Use(table: name, kind: .change, terms: found))
    }

    // MARK: Queries

    private mutating func readQuery(after start: Int) {
        let all = start + 1..<endOfQuery(from: start + 1)
        guard let from = clause("FROM", in: all, where: isFrom) else { return }
        let condition = clause("WHERE", in: all)
        let ends = ["GROUP", "HAVING", "WINDOW"].compactMap { word in
            clause(word, in: all) { [self] index in
                index > from && (word != "WINDOW" || isWindow(index))
            }
        }
        let end = ends.min() ?? all.upperBound
        let (sources, count) = sources(in: from + 1..<min(condition ?? end, end))
        for source in sources {
            let found = condition.map {
                terms(of: source, in: $0 + 1..<max(end, $0 + 1), isAlone: count == 1)
            }
            uses.append(TriggerBody.Use(table: source.table, kind: .read, terms: found ?? []))
        }
    }

    private func isWindow(_ index: Int) -> Bool {
        index + 2 < tokens.count && tokens[index + 1].name != nil
            && tokens[index + 2].isKeyword("AS")
    }

    /// Returns whether FROM starts a list of tables; in IS DISTINCT FROM it does not.
    private func isFrom(_ index: Int) -> Bool {
        !(index > 0 && tokens[index - 1].isKeyword("DISTINCT"))
    }

    /// Returns the end of a query, at its parenthesis or at the next part of a compound.
    private func endOfQuery(from start: Int) -> Int {
        var index = start
        while index < tokens.count {
            let token = tokens[index]
            if token.isSymbol(")") { return index }
            if token.isKeyword(in: ["UNION", "EXCEPT", "INTERSECT", "ORDER", "LIMIT"]) {
                return index
            }
            if token.isKeyword("ON"), index + 1 < tokens.count,
                tokens[index + 1].isKeyword("CONFLICT")
            {
                return index
            }
            index = ends[index] ?? index + 1
        }
        return index
    }

    /// Returns the first keyword outside parentheses in a range.
    private func clause(
        _ keyword: String, in range: Range<Int>, where condition: (Int) -> Bool = { _ in true }
    ) -> Int? {
        var index = range.lowerBound
        while index < range.upperBound {
            if tokens[index].isKeyword(keyword), condition(index) { return index }
            index = ends[index] ?? index + 1
        }
        return nil
    }

    /// Returns the wanted tables of a FROM clause, and the number of all its tables.
    private mutating func sources(in range: Range<Int>) -> (found: [Source], count: Int) {
        var found: [Source] = []
        var (count, index, isExpected) = (0, range.lowerBound, true)
        while index < range.upperBound {
            let token = tokens[index]
            guard isExpected else {
                isExpected = token.isSymbol(",") || token.isKeyword("JOIN")
                index = ends[index] ?? index + 1
                continue
            }
            isExpected = false
            count += 1
            if let end = ends[index] {
                index = end
                continue
            }
            if token.isName("main"), index + 2 < range.upperBound,
                tokens[index + 1].isSymbol(".")
            {
                index += 2
            }
            let (place, name) = (index, tokens[index].name)
            index += 1
            guard let name, tables.contains(name), ends[index] == nil else { continue }
            accounted.insert(place)
            found.append(Source(table: name, name: alias(at: index, in: range) ?? name))
        }
        return (found, count)
    }

    private func alias(at index: Int, in range: Range<Int>) -> SQLName? {
        guard index < range.upperBound else { return nil }
        if tokens[index].isKeyword("AS") {
            return index + 1 < range.upperBound ? tokens[index + 1].name : nil
        }
        return tokens[index].isKeyword(in: Self.wordsAfterTables) ? nil : tokens[index].name
    }

    private static let wordsAfterTables = [
        "NATURAL", "LEFT", "RIGHT", "FULL", "OUTER", "INNER", "CROSS", "JOIN", "ON", "USING",
        "INDEXED", "NOT",
    ]

    // MARK: Conditions

    /// Returns the conditions joined by AND that equate a column of a table with known values.
    private func terms(
        of source: Source, in range: Range<Int>, isAlone: Bool
    ) -> [TriggerBody.Term] {
        conjuncts(of: range).flatMap { part in
            if let first = part.first, ends[first] == part.upperBound {
                return terms(of: source, in: first + 1..<part.upperBound - 1, isAlone: isAlone)
            }
            return term(of: source, in: part, isAlone: isAlone).map { [$0] } ?? []
        }
    }

    /// Returns the parts of a condition joined by AND; none if their limits are not certain.
    private func conjuncts(of range: Range<Int>) -> [Range<Int>] {
        let words = range.filter { tokens[$0].kind == .word }
        let caseCount = words.filter { tokens[$0].isKeyword("CASE") }.count
        guard caseCount == words.filter({ tokens[$0].isKeyword("END") }).count else { return [] }
        var parts: [Range<Int>] = []
        var (start, index, depth, isBetween) = (range.lowerBound, range.lowerBound, 0, false)
        while index < range.upperBound {
            let token = tokens[index]
            if token.isKeyword("CASE") { depth += 1 }
            if token.isKeyword("END") { depth -= 1 }
            if depth == 0 {
                if token.isKeyword("OR") { return [] }
                if token.isKeyword("BETWEEN") { isBetween = true }
                if token.isKeyword("AND") {
                    if !isBetween {
                        parts.append(start..<index)
                        start = index + 1
                    }
                    isBetween = false
                }
            }
            index = ends[index] ?? index + 1
        }
        return depth == 0 ? parts + [start..<range.upperBound] : []
    }

    private func term(
        of source: Source, in part: Range<Int>, isAlone: Bool
    ) -> TriggerBody.Term? {
        if let (name, end) = column(of: source, at: part.lowerBound, in: part, isAlone),
            end < part.upperBound
        {
            if tokens[end].isKeyword("IN"), ends[end + 1] == part.upperBound {
                return list(end + 2..<part.upperBound - 1).map {
                    TriggerBody.Term(column: name, values: $0, isList: true, isReversed: false)
                }
            }
            if isEquals(end), let (value, last) = operand(at: end + 1, in: part),
                last == part.upperBound
            {
                return TriggerBody.Term(
                    column: name, values: [value], isList: false, isReversed: false)
            }
        }
        guard let (value, end) = operand(at: part.lowerBound, in: part), end < part.upperBound,
            isEquals(end), let (name, last) = column(of: source, at: end + 1, in: part, isAlone),
            last == part.upperBound
        else { return nil }
        return TriggerBody.Term(column: name, values: [value], isList: false, isReversed: true)
    }

    private func isEquals(_ index: Int) -> Bool {
        tokens[index].isSymbol("=") || tokens[index].isSymbol("==")
    }

    private func list(_ range: Range<Int>) -> [TriggerBody.Operand]? {
        var values: [TriggerBody.Operand] = []
        var index = range.lowerBound
        while let (value, end) = operand(at: index, in: range) {
            values.append(value)
            if end == range.upperBound { return values }
            guard tokens[end].isSymbol(",") else { return nil }
            index = end + 1
        }
        return nil
    }

    /// Returns the column `c` or `t.c` of a table, and the position after it.
    private func column(
        of source: Source, at index: Int, in range: Range<Int>, _ isAlone: Bool
    ) -> (name: String, end: Int)? {
        guard index < range.upperBound, isPlainName(index),
            !tokens[index].isKeyword(in: Self.values)
        else { return nil }
        guard index + 2 < range.upperBound, tokens[index + 1].isSymbol(".") else {
            return isAlone ? tokens[index].identifierName.map { ($0, index + 1) } : nil
        }
        guard tokens[index].name == source.name, isPlainName(index + 2) else { return nil }
        return tokens[index + 2].identifierName.map { ($0, index + 3) }
    }

    /// Words that are values, also where a column has such a name.
    private static let values = [
        "NULL", "CURRENT_TIME", "CURRENT_DATE", "CURRENT_TIMESTAMP", "TRUE", "FALSE",
    ]

    private func isPlainName(_ index: Int) -> Bool {
        tokens[index].kind == .word || tokens[index].kind == .quotedName
    }

    private func operand(
        at index: Int, in range: Range<Int>
    ) -> (value: TriggerBody.Operand, end: Int)? {
        guard index < range.upperBound else { return nil }
        if let (image, count) = Self.image(in: tokens, at: index), index + count <= range.upperBound
        {
            return (image, index + count)
        }
        let isSigned = tokens[index].isSymbol("-") || tokens[index].isSymbol("+")
        let place = isSigned ? index + 1 : index
        guard place < range.upperBound else { return nil }
        let text = tokens[place].text
        switch tokens[place].kind {
        case .number: return (.literal(isSigned ? tokens[index].text + text : text), place + 1)
        case .string where !isSigned, .blob where !isSigned: return (.literal(text), place + 1)
        default: return nil
        }
    }

    /// Returns `NEW.c` or `OLD.c`, and the number of its tokens.
    static func image(
        in tokens: [SQLToken], at index: Int
    ) -> (value: TriggerBody.Operand, count: Int)? {
        guard index + 2 < tokens.count, tokens[index + 1].isSymbol("."),
            tokens[index].kind == .word || tokens[index].kind == .quotedName,
            tokens[index].isName("NEW") || tokens[index].isName("OLD"),
            tokens[index + 2].kind != .string, let column = tokens[index + 2].identifierName,
            index == 0 || !tokens[index - 1].isSymbol("."),
            index + 3 == tokens.count || !tokens[index + 3].isSymbol(".")
        else { return nil }
        return (.image(isNew: tokens[index].isName("NEW"), column: column), 3)
    }
}
