/// `GO [count]` on a separate line: the end of a batch.
///
/// It is a command of the client, not a statement, so no semicolon ends it.
struct GoLine: Equatable, Sendable {
    /// The number of runs of the batch, or `nil` if it is not in 1…2,147,483,647.
    let count: Int?
    /// The end of the line, before its line feed.
    let end: Int

    /// Creates the `GO` line that starts at `offset`, or `nil` if there is none.
    init?(_ bytes: [UInt8], at offset: Int) {
        guard bytes.byte(at: offset).asUppercase == UInt8(ascii: "G"),
            bytes.byte(at: offset + 1).asUppercase == UInt8(ascii: "O")
        else { return nil }
        var before = offset - 1
        while before >= 0, bytes[before] != .lineFeed {
            // The search ends at the first byte that is not white space, so each byte is read at
            // most once more.
            guard bytes[before].isSpace || Self.isOrderMark(bytes, endingAt: before) else {
                return nil
            }
            before -= 1
        }
        var cursor = offset + 2
        let hasSpace = Self.skipBlanks(bytes, &cursor)
        let digits = cursor
        while bytes.byte(at: cursor).isDigit { cursor += 1 }
        let digitsEnd = cursor
        guard digits == digitsEnd || hasSpace else { return nil }
        _ = Self.skipBlanks(bytes, &cursor)
        let isComment =
            bytes.byte(at: cursor) == UInt8(ascii: "-")
            && bytes.byte(at: cursor + 1) == UInt8(ascii: "-")
        if isComment { cursor = bytes.endOfLine(from: cursor) }
        guard cursor == bytes.count || bytes[cursor] == .lineFeed else { return nil }
        end = cursor
        if digits == digitsEnd {
            count = 1
        } else {
            let number = Int32(String(decoding: bytes[digits..<digitsEnd], as: UTF8.self))
            count = number.flatMap { $0 > 0 ? Int($0) : nil }
        }
    }

    private static func skipBlanks(_ bytes: [UInt8], _ cursor: inout Int) -> Bool {
        let start = cursor
        while cursor < bytes.count, bytes[cursor].isSpace, bytes[cursor] != .lineFeed {
            cursor += 1
        }
        return cursor > start
    }

    private static func isOrderMark(_ bytes: [UInt8], endingAt offset: Int) -> Bool {
        offset < 3 && bytes.starts(with: [0xEF, 0xBB, 0xBF])
    }
}
