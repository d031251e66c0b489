/// A token of a SQLite statement.
struct PlainPiece: Sendable {
    enum Kind: Equatable, Sendable {
        /// A bare name, a keyword, or a number.
        case word
        /// Text in quotes of any kind.
        case quoted
        /// A semicolon.
        case semicolon
        /// Any other byte.
        case symbol
    }

    let kind: Kind
    let range: Range<Int>
}

/// Splits text into pieces by SQLite's rules, as far as needed to find the ends of statements.
///
/// Each byte is read once. Unterminated quotes and comments extend to the end.
struct PlainScanner<Bytes: ScriptBytes> {
    let bytes: Bytes
    /// The offset at which the next piece is searched.
    private(set) var offset: Int
    /// Whether a skipped comment contains `/*`.
    private(set) var metNestedComment = false

    init(_ bytes: Bytes, from offset: Int) {
        self.bytes = bytes
        self.offset = offset
    }

    /// Returns the next piece, or `nil` at the end.
    mutating func next() -> PlainPiece? {
        skipSpace()
        guard offset < bytes.count else { return nil }
        let start = offset
        let byte = bytes[start]
        if byte.beginsWord || byte.isDigit {
            offset = bytes.endOfWord(from: start)
            return PlainPiece(kind: .word, range: start..<offset)
        }
        switch byte {
        case .semicolon:
            offset += 1
            return PlainPiece(kind: .semicolon, range: start..<offset)
        case .apostrophe, .quotationMark, .graveAccent:
            skipQuoted(until: byte)
            return PlainPiece(kind: .quoted, range: start..<offset)
        case UInt8(ascii: "["):
            skipQuoted(until: UInt8(ascii: "]"))
            return PlainPiece(kind: .quoted, range: start..<offset)
        default:
            offset += 1
            return PlainPiece(kind: .symbol, range: start..<offset)
        }
    }

    /// Skips white space, numbers and other symbols, as a fast path to words and the end of a
    /// statement.
    mutating func skipInsignificant() {
        var offset = offset
        while offset < bytes.count {
            if bytes[offset].isInsignificant {
                offset += 1
            } else if bytes[offset].isDigit {
                offset = bytes.endOfWord(from: offset)
            } else {
                break
            }
        }
        self.offset = offset
    }

    private mutating func skipSpace() {
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte.isSpace {
                offset += 1
            } else if byte == UInt8(ascii: "-"), bytes.byte(at: offset + 1) == byte {
                offset = bytes.endOfLine(from: offset)
            } else if byte == UInt8(ascii: "/"),
                let end = Comment.end(in: bytes, from: offset, isNested: false)
            {
                metNestedComment = metNestedComment || end.holdsOpener
                offset = end.offset
            } else if offset == 0, bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
                offset = 3
            } else {
                return
            }
        }
    }

    /// Skips quoted text; a doubled quote ends it and starts it again, with the same result.
    private mutating func skipQuoted(until closer: UInt8) {
        var end = offset + 1
        while end < bytes.count, bytes[end] != closer { end += 1 }
        offset = Swift.min(end + 1, bytes.count)
    }
}
