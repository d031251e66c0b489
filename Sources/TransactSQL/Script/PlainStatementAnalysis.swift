/// Removes SQL Server's parts from a SQLite statement, or refuses them.
struct PlainStatementAnalysis {
    private let bytes: [UInt8]
    private let range: Range<Int>
    private let head: StatementHead
    private let search: PlainStatementSearch
    private let counter: PositionCounter

    /// - Parameters:
    ///   - range: The statement, including the white space before it.
    ///   - counter: A counter at or before the statement.
    init(
        _ bytes: [UInt8], range: Range<Int>, head: StatementHead, search: PlainStatementSearch,
        counter: PositionCounter
    ) {
        self.bytes = bytes
        self.range = range
        self.head = head
        self.search = search
        self.counter = counter
    }

    /// Returns the statement whose first word is at `start`.
    func statement(at start: SourcePosition) throws(TransactSQLError) -> PlainStatement {
        let variable = head.isSelect ? assignedVariable(from: start.offset) : nil
        guard !search.isUnchanged else {
            return PlainStatement(
                text: String(decoding: bytes[range], as: UTF8.self), overrides: [],
                assignedVariable: variable)
        }
        let pieces = pieces(from: start.offset)
        var counter = counter
        if let tableOption = search.tableOptionOffset,
            let index = pieces.firstIndex(where: { $0.range.contains(tableOption) }),
            isOptionList(pieces, index)
        {
            throw Refusal.tableOption.error(at: counter.position(at: tableOption, in: bytes))
        }
        var text = Array(bytes[range])
        var overrides: [OverrideHint] = []
        var next = 0
        for hint in search.hintOffsets {
            while pieces[next].range.lowerBound < hint { next += 1 }
            guard isOptionList(pieces, next) else { continue }
            let with = pieces[next - 2].range.lowerBound
            let position = counter.position(at: with, in: bytes)
            overrides.append(try override(in: pieces, at: next, position))
            let close = pieces[next + 3].range.upperBound
            for index in with..<close where !bytes[index].isSpace {
                text[index - range.lowerBound] = UInt8(ascii: " ")
            }
        }
        return PlainStatement(
            text: String(decoding: text, as: UTF8.self), overrides: overrides,
            assignedVariable: variable)
    }

    private func pieces(from start: Int) -> [PlainPiece] {
        var scanner = PlainScanner(bytes, from: start)
        var pieces: [PlainPiece] = []
        while let piece = scanner.next(), piece.range.lowerBound < range.upperBound {
            pieces.append(piece)
        }
        return pieces
    }

    /// Returns whether `WITH (` precedes the word.
    private func isOptionList(_ pieces: [PlainPiece], _ index: Int) -> Bool {
        index >= 2 && isSymbol("(", pieces[index - 1]) && word(pieces[index - 2]) == "WITH"
    }

    private func override(
        in pieces: [PlainPiece], at index: Int, _ position: SourcePosition
    ) throws(TransactSQLError) -> OverrideHint {
        let rest = pieces[index...].dropFirst().prefix(3)
        guard rest.count == 3, isSymbol("=", pieces[index + 1]),
            let mode = OverrideHint.Mode(rawValue: word(pieces[index + 2])),
            isSymbol(")", pieces[index + 3])
        else {
            throw TransactSQLError(
                .syntax, "incorrect syntax in the hint REMOTE_DATA_ARCHIVE_OVERRIDE", at: position,
                expected: "= LOCAL_ONLY, REMOTE_ONLY or STAGE_ONLY, and a closing parenthesis",
                hint: "Write WITH (REMOTE_DATA_ARCHIVE_OVERRIDE = LOCAL_ONLY) behind the table.")
        }
        try checkVerb(pieces, position)
        guard let place = table(before: index - 2, in: pieces), let table = name(pieces[place])
        else {
            throw TransactSQLError(
                .syntax, "the hint REMOTE_DATA_ARCHIVE_OVERRIDE follows no table", at: position,
                expected: "a table before WITH",
                hint: "Write the hint behind the table's name or its alias.")
        }
        let isQualified = place >= 2 && isSymbol(".", pieces[place - 1])
        let first = isQualified ? pieces[place - 2] : pieces[place]
        let start = first.range.lowerBound - range.lowerBound
        let end = pieces[place].range.upperBound - range.lowerBound
        return OverrideHint(
            table: table, tableRange: start..<end, hasAlias: place < index - 3, mode: mode,
            position: position)
    }

    private func checkVerb(
        _ pieces: [PlainPiece], _ position: SourcePosition
    ) throws(TransactSQLError) {
        switch word(pieces[0]) {
        case "INSERT", "REPLACE":
            throw TransactSQLError(
                .hintOnInsert, "the hint REMOTE_DATA_ARCHIVE_OVERRIDE is not for INSERT",
                at: position, hint: "Insert without it: new rows are local rows.")
        case "CREATE":
            throw TransactSQLError(
                .hintInView,
                "the hint REMOTE_DATA_ARCHIVE_OVERRIDE cannot be part of a view or a trigger",
                at: position, hint: "Write the hint in the statement that needs it.")
        default: return
        }
    }

    /// Returns the index of the table's name before `index`.
    ///
    /// The text is `table`, `schema.table`, `table alias` or `table AS alias`.
    private func table(before index: Int, in pieces: [PlainPiece]) -> Int? {
        guard index >= 1, name(pieces[index - 1]) != nil else { return nil }
        guard index >= 2 else { return index - 1 }
        if word(pieces[index - 2]) == "AS" {
            return index >= 3 && name(pieces[index - 3]) != nil ? index - 3 : nil
        }
        return name(pieces[index - 2]) != nil ? index - 2 : index - 1
    }

    /// Words that precede a table and are not names.
    private static let introductions: Set = [
        "ABORT", "AS", "BY", "DELETE", "FAIL", "FROM", "IGNORE", "IN", "INTO", "JOIN", "ON", "OR",
        "REPLACE", "ROLLBACK", "SELECT", "SET", "TABLE", "UPDATE", "USING", "WHERE",
    ]

    private func name(_ piece: PlainPiece) -> String? {
        switch piece.kind {
        case .word:
            return Self.introductions.contains(word(piece))
                ? nil : String(decoding: bytes[piece.range], as: UTF8.self)
        case .quoted:
            return String(decoding: bytes[piece.range].dropFirst().dropLast(), as: UTF8.self)
        case .semicolon, .symbol: return nil
        }
    }

    private func word(_ piece: PlainPiece) -> String {
        piece.kind == .word ? bytes.uppercased(piece.range) : ""
    }

    private func isSymbol(_ symbol: Character, _ piece: PlainPiece) -> Bool {
        piece.kind == .symbol && bytes[piece.range.lowerBound] == symbol.asciiValue
    }

    /// Returns the variable of `SELECT @name =`.
    private func assignedVariable(from start: Int) -> String? {
        var scanner = PlainScanner(bytes, from: start)
        guard scanner.next() != nil, let at = scanner.next(), isSymbol("@", at),
            let name = scanner.next(), name.kind == .word,
            name.range.lowerBound == at.range.upperBound,
            let sign = scanner.next(), isSymbol("=", sign),
            bytes.byte(at: sign.range.upperBound) != UInt8(ascii: "=")
        else { return nil }
        return "@" + String(decoding: bytes[name.range], as: UTF8.self)
    }
}
