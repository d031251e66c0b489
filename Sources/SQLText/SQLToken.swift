package import StretchText

/// A token of SQL text, as in SQLite's tokenizer.
///
/// It references the bytes of its text.
package struct SQLToken: Sendable {
    /// The kind of a token, independent of the grammar: keywords are words.
    package enum Kind: Sendable {
        /// A bare identifier or a keyword.
        case word
        /// A name in double quotes, square brackets, or grave accents.
        case quotedName
        /// Text in single quotes, which SQLite also accepts as a name where only a name is allowed.
        case string
        /// A blob literal: `x'53'`.
        case blob
        /// An integer or a floating-point literal.
        case number
        /// A bind parameter: `?`, `?1`, `:a`, `@a`, `$a::b(c)`.
        case parameter
        /// An operator or a punctuation mark, of one to three bytes.
        case symbol
        /// An unrecognized token in SQLite, such as an unterminated string.
        case illegal
    }

    /// The token's kind.
    package let kind: Kind
    /// The position of the token, in UTF-8 bytes of the whole text; never empty.
    package let range: Range<Int>
    private let source: [UInt8]

    init(_ kind: Kind, _ range: Range<Int>, in source: [UInt8]) {
        self.kind = kind
        self.range = range
        self.source = source
    }

    /// The token as it is written.
    package var text: String { String(decoding: source[range], as: UTF8.self) }

    /// The name that the token represents, without its quotes, or `nil` if it cannot be a name.
    ///
    /// A string is a name where SQLite expects one: <https://sqlite.org/lang_keywords.html>.
    package var identifierName: String? {
        switch kind {
        case .word: return text
        case .quotedName, .string: return unquoted
        case .blob, .number, .parameter, .symbol, .illegal: return nil
        }
    }

    /// The name that the token represents, for comparisons as in SQLite.
    package var name: SQLName? { identifierName.map { SQLName($0) } }

    /// Returns whether the token is the unquoted word `keyword`, ignoring the case of ASCII
    /// letters.
    package func isKeyword(_ keyword: String) -> Bool {
        kind == .word && Self.isEqual(source[range], keyword.utf8)
    }

    /// Returns whether the token is an unquoted word among `keywords`, ignoring case.
    package func isKeyword(in keywords: [String]) -> Bool {
        kind == .word && keywords.contains { isKeyword($0) }
    }

    /// Returns whether the token is this operator or punctuation mark.
    package func isSymbol(_ symbol: String) -> Bool {
        kind == .symbol && source[range].elementsEqual(symbol.utf8)
    }

    /// Returns whether the token can be this name, ignoring the case of ASCII letters.
    package func isName(_ name: String) -> Bool {
        switch kind {
        case .word: return Self.isEqual(source[range], name.utf8)
        case .quotedName, .string: return Self.isEqual(unquoted.utf8, name.utf8)
        case .blob, .number, .parameter, .symbol, .illegal: return false
        }
    }

    static func folded(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }

    private static func isEqual(
        _ left: some Sequence<UInt8>, _ right: some Sequence<UInt8>
    ) -> Bool {
        left.elementsEqual(right) { folded($0) == folded($1) }
    }

    private var unquoted: String {
        let quote = source[range.lowerBound]
        let inner = source[range].dropFirst().dropLast()
        guard quote != UInt8(ascii: "[") else { return String(decoding: inner, as: UTF8.self) }
        var name: [UInt8] = []
        var isFirstOfPair = false
        for byte in inner {
            isFirstOfPair = byte == quote && !isFirstOfPair
            if !isFirstOfPair { name.append(byte) }
        }
        return String(decoding: name, as: UTF8.self)
    }
}

extension SQLToken: CustomStringConvertible {
    /// The token as it is written, for test output.
    package var description: String { text }
}
