/// Splits Transact-SQL into tokens, from any offset of a script; a copy serves as a bookmark.
///
/// Comments nest, as in SQL Server. At the start of a token, typographic quotes are quotes: ‘a’,
/// ’a’, “a” are strings, with or without `N`. A batch ends at `GO` on a separate line.
struct TokenReader: Sendable {
    let bytes: [UInt8]
    private var offset: Int
    private var counter: PositionCounter
    /// The next token.
    private(set) var current: Token
    /// The end of the last consumed token, in UTF-8 bytes.
    private(set) var lastEnd: Int
    private let start: Int
    private let workBefore: Int

    /// Creates a reader that starts with the first token at or after `offset`.
    init(_ bytes: [UInt8], from offset: Int, counter: PositionCounter) {
        self.bytes = bytes
        self.offset = offset
        self.counter = counter
        start = offset
        workBefore = counter.workCount
        let place = SourcePosition(line: 1, column: 1, offset: offset)
        current = Token(kind: .end, range: offset..<offset, position: place, text: "")
        lastEnd = offset
        current = scan()
    }

    /// The number of bytes read so far, which measures the work.
    var workCount: Int { offset - start + counter.workCount - workBefore }

    /// Consumes the next token; the end is never consumed.
    @discardableResult
    mutating func take() -> Token {
        let token = current
        guard token.kind != .end else { return token }
        lastEnd = token.range.upperBound
        current = scan()
        return token
    }

    private mutating func scan() -> Token {
        guard skipSpace() else {
            return token(.unterminated, to: bytes.count, text: "/*")
        }
        guard offset < bytes.count, GoLine(bytes, at: offset) == nil else {
            return token(.end, to: offset, text: "")
        }
        let byte = bytes[offset]
        let next = bytes.byte(at: offset + 1)
        if byte == UInt8(ascii: "N") || byte == UInt8(ascii: "n") {
            if let quote = Quote(bytes, at: offset + 1), quote.makesString {
                return quoted(quote, .string, from: offset + 1)
            }
        }
        if let quote = Quote(bytes, at: offset) {
            return quoted(quote, quote.makesString ? .string : .quotedName, from: offset)
        }
        if byte.beginsWord || byte == UInt8(ascii: "#") { return word() }
        if byte == UInt8(ascii: "@") { return variable() }
        if byte.isDigit || (byte == UInt8(ascii: ".") && next.isDigit) { return number() }
        return symbol()
    }

    /// Skips white space and comments; returns whether every comment was terminated.
    private mutating func skipSpace() -> Bool {
        while offset < bytes.count {
            if bytes[offset].isSpace {
                offset += 1
            } else if bytes[offset] == UInt8(ascii: "-"),
                bytes.byte(at: offset + 1) == UInt8(ascii: "-")
            {
                offset = bytes.endOfLine(from: offset)
            } else if let end = Comment.end(in: bytes, from: offset, isNested: true) {
                guard end.isClosed else { return false }
                offset = end.offset
            } else if offset == 0, bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
                offset = 3
            } else {
                return true
            }
        }
        return true
    }

    private mutating func token(_ kind: Token.Kind, to end: Int, text: String) -> Token {
        let position = counter.position(at: offset, in: bytes)
        let token = Token(kind: kind, range: offset..<end, position: position, text: text)
        offset = end
        return token
    }

    private mutating func word() -> Token {
        let end = bytes.endOfWord(from: offset + 1)
        return token(
            .word, to: end, text: String(decoding: bytes[offset..<end], as: UTF8.self))
    }

    private mutating func variable() -> Token {
        var end = offset + 1
        if bytes.byte(at: end) == UInt8(ascii: "@") { end += 1 }
        end = bytes.endOfWord(from: end)
        let kind: Token.Kind = bytes[end - 1] == UInt8(ascii: "@") ? .illegal : .variable
        return token(kind, to: end, text: String(decoding: bytes[offset..<end], as: UTF8.self))
    }

    private mutating func number() -> Token {
        var kind = Token.Kind.integer
        var end = offset
        if bytes[end] == UInt8(ascii: "0"), bytes.byte(at: end + 1).asUppercase == UInt8(ascii: "X")
        {
            kind = .binary
            end += 2
            while bytes.byte(at: end).isHexDigit { end += 1 }
        } else {
            while bytes.byte(at: end).isDigit { end += 1 }
            if bytes.byte(at: end) == UInt8(ascii: ".") {
                kind = .decimal
                end += 1
                while bytes.byte(at: end).isDigit { end += 1 }
            }
            if let exponent = endOfExponent(from: end) {
                kind = .float
                end = exponent
            }
        }
        if bytes.byte(at: end).continuesWord {
            kind = .illegal
            end = bytes.endOfWord(from: end)
        }
        return token(kind, to: end, text: String(decoding: bytes[offset..<end], as: UTF8.self))
    }

    private func endOfExponent(from start: Int) -> Int? {
        guard bytes.byte(at: start).asUppercase == UInt8(ascii: "E") else { return nil }
        var end = start + 1
        let sign = bytes.byte(at: end)
        if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { end += 1 }
        guard bytes.byte(at: end).isDigit else { return nil }
        while bytes.byte(at: end).isDigit { end += 1 }
        return end
    }

    private mutating func symbol() -> Token {
        let two = String(decoding: bytes[offset..<min(offset + 2, bytes.count)], as: UTF8.self)
        if ["<=", ">=", "<>", "!=", "!<", "!>", "+=", "-=", "*=", "/=", "::"].contains(two) {
            return token(.symbol, to: offset + 2, text: two)
        }
        let one = String(decoding: [bytes[offset]], as: UTF8.self)
        let isKnown = ";,()=.+-*/%<>!&|^~{}:?".contains(one)
        return token(isKnown ? .symbol : .illegal, to: offset + 1, text: one)
    }

    private mutating func quoted(_ quote: Quote, _ kind: Token.Kind, from start: Int) -> Token {
        guard let (end, text) = quote.content(of: bytes, from: start) else {
            return token(.unterminated, to: bytes.count, text: "")
        }
        return token(kind, to: end, text: text)
    }
}
