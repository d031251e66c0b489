/// Splits SQL text into tokens by SQLite's rules, and skips white space and comments.
///
/// The rules are those of `sqlite3GetToken` in SQLite's `tokenize.c`: a byte of 0x80 and above is a
/// letter, `$` is one too except at the start, a block comment may be unterminated, and the text
/// ends at the first NUL. Nothing is refused: text that SQLite does not recognize is a token of
/// kind ``SQLToken/Kind/illegal``. Where versions differ, the rules are those before SQLite 3.46:
/// digit separators (`1_000`) are illegal, and letters after a hexadecimal number are a word.
package struct SQLTokenizer: Sequence, IteratorProtocol, Sendable {
    private let bytes: [UInt8]
    private var position = 0

    /// Whether the text ends in a comment that would also include appended text.
    ///
    /// This is an unterminated block comment, or a line comment on the last line.
    package private(set) var isCommentOpen = false

    /// Creates a tokenizer at the start of `sql`.
    package init(_ sql: String) { self.init(Array(sql.utf8)) }

    /// Creates a tokenizer at the start of a UTF-8 text.
    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Returns the next token, or `nil` at the end; takes linear time for any text.
    package mutating func next() -> SQLToken? {
        skipSpace()
        guard position < bytes.count, bytes[position] != 0 else { return nil }
        let (kind, end) = scanToken(from: position)
        let range = position..<end
        position = end
        return SQLToken(kind, range, in: bytes)
    }

    /// Returns the byte at `index`, or the NUL that terminates every C string.
    private func byte(_ index: Int) -> UInt8 {
        index < bytes.count ? bytes[index] : 0
    }
}

// MARK: - White space and comments

extension SQLTokenizer {
    private mutating func skipSpace() {
        while true {
            switch byte(position) {
            // A vertical tab is space only after another space: SQLite's two tables differ.
            case 0x09, 0x0A, 0x0C, 0x0D, 0x20:
                repeat { position += 1 } while Self.isSpace(byte(position))
            case 0xEF where byte(position + 1) == 0xBB && byte(position + 2) == 0xBF:
                position += 3
            case UInt8(ascii: "-") where byte(position + 1) == UInt8(ascii: "-"):
                while byte(position) != 0, byte(position) != 0x0A { position += 1 }
                isCommentOpen = byte(position) == 0
            // SQLite reads "/*" as two operators at the end of the text.
            case UInt8(ascii: "/")
            where byte(position + 1) == UInt8(ascii: "*") && byte(position + 2) != 0:
                skipBlockComment()
            default:
                return
            }
        }
    }

    private mutating func skipBlockComment() {
        position += 3
        while byte(position) != 0 {
            position += 1
            if byte(position - 2) == UInt8(ascii: "*"), byte(position - 1) == UInt8(ascii: "/") {
                return
            }
        }
        isCommentOpen = true
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }
}

// MARK: - Tokens

extension SQLTokenizer {
    private typealias Scan = (kind: SQLToken.Kind, end: Int)

    private func scanToken(from start: Int) -> Scan {
        let first = byte(start)
        switch first {
        case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"):
            return scanQuoted(from: start, quote: first)
        case UInt8(ascii: "["):
            return scanBracketed(from: start)
        case UInt8(ascii: "?"):
            return (.parameter, endOfRun(from: start + 1, while: Self.isDigit))
        case UInt8(ascii: "$"), UInt8(ascii: "@"), UInt8(ascii: ":"), UInt8(ascii: "#"):
            return scanParameter(from: start)
        case UInt8(ascii: "x"), UInt8(ascii: "X"):
            guard byte(start + 1) == UInt8(ascii: "'") else { break }
            return scanBlob(from: start)
        case UInt8(ascii: "."):
            return Self.isDigit(byte(start + 1))
                ? scanNumber(from: start) : (.symbol, start + 1)
        default:
            break
        }
        if Self.isDigit(first) { return scanNumber(from: start) }
        if Self.isIdentifierByte(first) {
            return (.word, endOfRun(from: start, while: Self.isIdentifierByte))
        }
        return scanSymbol(from: start)
    }

    private func scanQuoted(from start: Int, quote: UInt8) -> Scan {
        var index = start + 1
        while byte(index) != 0 {
            if byte(index) == quote {
                guard byte(index + 1) == quote else {
                    return (quote == UInt8(ascii: "'") ? .string : .quotedName, index + 1)
                }
                index += 1
            }
            index += 1
        }
        return (.illegal, index)
    }

    private func scanBracketed(from start: Int) -> Scan {
        let end = endOfRun(from: start + 1) { $0 != UInt8(ascii: "]") }
        return byte(end) == 0 ? (.illegal, end) : (.quotedName, end + 1)
    }

    private func scanBlob(from start: Int) -> Scan {
        var end = endOfRun(from: start + 2, while: Self.isHexDigit)
        var kind = SQLToken.Kind.blob
        if byte(end) != UInt8(ascii: "'") || (end - start) % 2 != 0 {
            kind = .illegal
            end = endOfRun(from: end) { $0 != UInt8(ascii: "'") }
        }
        return (kind, byte(end) == 0 ? end : end + 1)
    }

    private func scanNumber(from start: Int) -> Scan {
        if byte(start) == UInt8(ascii: "0"), SQLToken.folded(byte(start + 1)) == UInt8(ascii: "x"),
            Self.isHexDigit(byte(start + 2))
        {
            return (.number, endOfRun(from: start + 3, while: Self.isHexDigit))
        }
        var end = endOfRun(from: start, while: Self.isDigit)
        if byte(end) == UInt8(ascii: ".") {
            end = endOfRun(from: end + 1, while: Self.isDigit)
        }
        end = endOfExponent(from: end)
        let endOfLetters = endOfRun(from: end, while: Self.isIdentifierByte)
        return (endOfLetters == end ? .number : .illegal, endOfLetters)
    }

    /// Returns the end of `e5`, `E+5` or `e-5` at `start`, or `start` if there is none.
    private func endOfExponent(from start: Int) -> Int {
        guard SQLToken.folded(byte(start)) == UInt8(ascii: "e") else { return start }
        let sign = byte(start + 1)
        let hasSign = sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-")
        let digits = start + (hasSign ? 2 : 1)
        guard Self.isDigit(byte(digits)) else { return start }
        return endOfRun(from: digits, while: Self.isDigit)
    }

    /// Scans a named parameter, with the `::` and `(…)` of Tcl variables.
    private func scanParameter(from start: Int) -> Scan {
        var index = start + 1
        var letterCount = 0
        while true {
            let current = byte(index)
            if Self.isIdentifierByte(current) {
                letterCount += 1
                index += 1
            } else if current == UInt8(ascii: "("), letterCount > 0 {
                let end = endOfRun(from: index + 1) {
                    !Self.isSpace($0) && $0 != UInt8(ascii: ")")
                }
                guard byte(end) == UInt8(ascii: ")") else { return (.illegal, end) }
                return (.parameter, end + 1)
            } else if current == UInt8(ascii: ":"), byte(index + 1) == current {
                index += 2
            } else {
                return (letterCount > 0 ? .parameter : .illegal, index)
            }
        }
    }

    private func scanSymbol(from start: Int) -> Scan {
        let next = byte(start + 1)
        switch byte(start) {
        case UInt8(ascii: "-") where next == UInt8(ascii: ">"):
            return (.symbol, start + (byte(start + 2) == UInt8(ascii: ">") ? 3 : 2))
        case UInt8(ascii: "="), UInt8(ascii: "|"):
            return (.symbol, start + (next == byte(start) ? 2 : 1))
        case UInt8(ascii: "<"):
            let isPair = [UInt8(ascii: "="), UInt8(ascii: ">"), UInt8(ascii: "<")].contains(next)
            return (.symbol, start + (isPair ? 2 : 1))
        case UInt8(ascii: ">"):
            let isPair = next == UInt8(ascii: "=") || next == UInt8(ascii: ">")
            return (.symbol, start + (isPair ? 2 : 1))
        case UInt8(ascii: "!"):
            return next == UInt8(ascii: "=") ? (.symbol, start + 2) : (.illegal, start + 1)
        case UInt8(ascii: "-"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: ";"),
            UInt8(ascii: "+"), UInt8(ascii: "*"), UInt8(ascii: "/"), UInt8(ascii: "%"),
            UInt8(ascii: ","), UInt8(ascii: "&"), UInt8(ascii: "~"):
            return (.symbol, start + 1)
        default:
            return (.illegal, start + 1)
        }
    }

    /// Returns the first index from `start` whose byte does not match, or the end of the text.
    private func endOfRun(from start: Int, while holds: (UInt8) -> Bool) -> Int {
        var index = start
        while byte(index) != 0, holds(byte(index)) { index += 1 }
        return index
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(SQLToken.folded(byte))
    }

    /// Returns whether the byte can be part of an unquoted identifier: `IdChar` in SQLite's
    /// `tokenize.c`.
    static func isIdentifierByte(_ byte: UInt8) -> Bool {
        byte >= 0x80 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "$") || isDigit(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(SQLToken.folded(byte))
    }
}
