/// A list of replacements in one text, applied together.
struct SQLEdits {
    private var edits: [(range: Range<Int>, replacement: String)] = []

    /// Replaces the bytes of `range`; ranges must be ascending and must not overlap.
    mutating func replace(_ range: Range<Int>, with replacement: String) {
        precondition(range.lowerBound >= (edits.last?.range.upperBound ?? 0), "edits in order")
        edits.append((range, replacement))
    }

    /// Inserts text before the byte at `offset`.
    mutating func insert(_ text: String, at offset: Int) {
        replace(offset..<offset, with: text)
    }

    /// Returns the text with all replacements, and no other byte changed.
    ///
    /// If a replacement would join two words (`INTO"t"` and `main.`), a space is inserted.
    func applied(to sql: String) -> String {
        guard !edits.isEmpty else { return sql }
        let source = Array(sql.utf8)
        var result: [UInt8] = []
        var position = 0
        for edit in edits {
            result += source[position..<edit.range.lowerBound]
            position = edit.range.upperBound
            let next =
                edit.replacement.utf8.first ?? (position < source.count ? source[position] : 0)
            if let last = result.last, SQLTokenizer.isIdentifierByte(last),
                SQLTokenizer.isIdentifierByte(next)
            {
                result.append(UInt8(ascii: " "))
            }
            result += edit.replacement.utf8
        }
        result += source[position...]
        return String(decoding: result, as: UTF8.self)
    }
}
