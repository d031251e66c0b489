/// A list of replacements in one text, applied together.
struct SQLEdits {
    private var edits: [(range: Range<Int>, replacement: String)] = []

    /// Replaces the bytes of `range`; ranges are added in rising order and do not overlap.
    mutating func replace(_ range: Range<Int>, with replacement: String) {
        precondition(range.lowerBound >= (edits.last?.range.upperBound ?? 0), "edits in order")
        edits.append((range, replacement))
    }

    /// Puts text before the byte at `offset`.
    mutating func insert(_ text: String, at offset: Int) {
        replace(offset..<offset, with: text)
    }

    /// The text with all replacements made, and no other byte changed.
    ///
    /// Where a replacement would make one word of two (`INTO"t"` and `main.`), a space parts them.
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
