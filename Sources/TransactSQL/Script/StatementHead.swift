/// The first words of a statement, which determine its kind.
struct StatementHead: Sendable {
    /// The treatment of a statement.
    enum Disposition: Equatable, Sendable {
        /// A SQLite statement, which is passed on unchanged.
        case plain
        /// A Transact-SQL statement, which is parsed.
        case administration
        /// A statement of SQL Server that is refused, with an alternative.
        case refused(Refusal)
    }

    let disposition: Disposition
    /// Whether it is `CREATE TRIGGER`, which ends at the semicolon after `END`.
    let isTrigger: Bool
    /// Whether it is `CREATE TABLE`.
    let isTable: Bool
    /// Whether it is `SELECT`.
    let isSelect: Bool
    /// Whether it starts like a statement of either language.
    let isKnown: Bool

    /// The maximum number of words read.
    private static let maximumWordCount = 6

    /// Reads the words that start at `offset`.
    init(_ bytes: [UInt8], at offset: Int) {
        var scanner = PlainScanner(bytes, from: offset)
        if let first = scanner.next(), let verb = bytes.packed(first.range),
            Self.plainVerbs.contains(verb)
        {
            (isTrigger, isTable, isKnown) = (false, false, true)
            isSelect = verb == Self.select
            disposition = isSelect ? Self.top(in: bytes, from: scanner) ?? .plain : .plain
            return
        }
        scanner = PlainScanner(bytes, from: offset)
        var words: [String] = []
        while words.count < Self.maximumWordCount, let next = Self.word(&scanner) {
            words.append(next)
        }
        isSelect = false
        let rest = Self.withoutExplain(words)
        let isTemporary = rest.count > 1 && ["TEMP", "TEMPORARY"].contains(rest[1])
        let object = rest.first == "CREATE" ? rest.dropFirst(isTemporary ? 2 : 1).first : nil
        isTrigger = object == "TRIGGER"
        isTable = object == "TABLE"
        isKnown = StatementVerb.all.contains(words.first ?? "")
        disposition = Self.disposition(of: words, bytes, at: offset)
    }

    /// The verbs that determine the statement alone, except `SELECT TOP`.
    ///
    /// They are packed, because most statements of a long script start with one.
    private static let plainVerbs = [
        "SELECT", "INSERT", "UPDATE", "DELETE", "VALUES", "PRAGMA", "REPLACE",
    ].compactMap { Array($0.utf8).packed(0..<$0.utf8.count) }
    private static let select = plainVerbs[0]

    private static func word(_ scanner: inout PlainScanner<[UInt8]>) -> String? {
        guard let piece = scanner.next(), piece.kind == .word, piece.range.count <= 32 else {
            return nil
        }
        return scanner.bytes.uppercased(piece.range)
    }

    private static func withoutExplain(_ words: [String]) -> [String] {
        guard words.first == "EXPLAIN" else { return words }
        return Array(words.dropFirst(words.count > 1 && words[1] == "QUERY" ? 3 : 1))
    }

    private static func disposition(
        of words: [String], _ bytes: [UInt8], at offset: Int
    ) -> Disposition {
        var length = words.count
        while length > 0 {
            if let found = StatementVerb.table[words.prefix(length).joined(separator: " ")] {
                return found
            }
            length -= 1
        }
        if words.starts(with: ["ALTER", "TABLE"]), setsTableOption(bytes, at: offset) {
            return .administration
        }
        return .plain
    }

    /// Returns whether `ALTER TABLE name` is followed by `SET`.
    private static func setsTableOption(_ bytes: [UInt8], at offset: Int) -> Bool {
        var scanner = PlainScanner(bytes, from: offset)
        for _ in 0..<2 { _ = scanner.next() }
        for _ in 0..<5 {
            guard let name = scanner.next(), name.kind == .word || name.kind == .quoted,
                let next = scanner.next()
            else { return false }
            if next.kind == .word { return bytes.uppercased(next.range) == "SET" }
            guard next.kind == .symbol, bytes[next.range.lowerBound] == UInt8(ascii: ".") else {
                return false
            }
        }
        return false
    }

    /// Returns whether the text is `SELECT TOP 10 a` or `SELECT TOP (10) a`, which are invalid in
    /// SQLite.
    ///
    /// A column or a function named `top` is not affected.
    private static func top(in bytes: [UInt8], from scanner: PlainScanner<[UInt8]>) -> Disposition?
    {
        var scanner = scanner
        guard var piece = scanner.next(), piece.kind == .word, piece.range.count <= 8 else {
            return nil
        }
        if bytes.uppercased(piece.range) == "DISTINCT" {
            guard let next = scanner.next(), next.kind == .word else { return nil }
            piece = next
        }
        guard bytes.uppercased(piece.range) == "TOP", var count = scanner.next() else { return nil }
        let isGroup = bytes[count.range.lowerBound] == UInt8(ascii: "(")
        if isGroup { count = scanner.next() ?? count }
        guard count.kind == .word, bytes[count.range.lowerBound].isDigit else { return nil }
        if isGroup {
            guard let close = scanner.next(), bytes[close.range.lowerBound] == UInt8(ascii: ")"),
                let next = scanner.next(), next.kind != .semicolon,
                next.kind != .symbol || bytes[next.range.lowerBound] == UInt8(ascii: "*"),
                next.kind != .word || !["FROM", "AS"].contains(bytes.uppercased(next.range))
            else { return nil }
        }
        return .refused(Refusal.top)
    }
}
