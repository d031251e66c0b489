/// A piece of a statement of SQLite's.
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

/// Cuts text into pieces by SQLite's rules, just far enough to find where statements end.
///
/// Each byte is looked at once. Quotes and comments without an end take everything that follows.
struct PlainScanner<Bytes: ScriptBytes> {
    let bytes: Bytes
    /// Where the next piece is looked for.
    private(set) var offset: Int
    /// Whether a comment that was skipped holds `/*`.
    private(set) var metNestedComment = false

    init(_ bytes: Bytes, from offset: Int) {
        self.bytes = bytes
        self.offset = offset
    }

    /// The next piece, or `nil` at the end.
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

    /// Skips white space, numbers, and symbols that begin nothing: a quick way to what ends a
    /// statement and to its words.
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

    /// A doubled quote ends the text and begins it again, which comes to the same.
    private mutating func skipQuoted(until closer: UInt8) {
        var end = offset + 1
        while end < bytes.count, bytes[end] != closer { end += 1 }
        offset = Swift.min(end + 1, bytes.count)
    }
}
