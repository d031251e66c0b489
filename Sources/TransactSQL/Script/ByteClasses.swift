/// The bytes of SQL text by what they can begin or continue.
extension UInt8 {
    static let lineFeed = UInt8(ascii: "\n")
    static let apostrophe = UInt8(ascii: "'")
    static let quotationMark = UInt8(ascii: "\"")
    static let graveAccent = UInt8(ascii: "`")
    static let semicolon = UInt8(ascii: ";")

    /// White space, as SQLite and SQL Server both see it.
    var isSpace: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0D) }

    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

    var isHexDigit: Bool {
        isDigit || (asUppercase >= UInt8(ascii: "A") && asUppercase <= UInt8(ascii: "F"))
    }

    /// The byte in upper case; only ASCII letters have one.
    var asUppercase: UInt8 {
        self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") ? self & 0xDF : self
    }

    /// A letter, an underscore, or a byte of a character beyond ASCII.
    var beginsWord: Bool {
        (asUppercase >= UInt8(ascii: "A") && asUppercase <= UInt8(ascii: "Z"))
            || self == UInt8(ascii: "_") || self >= 0x80
    }

    /// What begins a word, a digit, or `$`; a table of bits, because this is asked of every byte.
    var continuesWord: Bool {
        if self >= 0x80 { return true }
        let members = self < 0x40 ? Self.wordBytesBelow64 : Self.wordBytesFrom64
        return members >> UInt64(self & 0x3F) & 1 != 0
    }

    /// White space or a symbol that begins nothing: no digit, quote, comment or semicolon; further
    /// symbols from 0x40 on do not count.
    var isInsignificant: Bool {
        self < 0x40 && Self.insignificantBytesBelow64 >> UInt64(self) & 1 != 0
    }

    /// All but `"`, `'`, `-`, `/`, the digits and `;`.
    private static let insignificantBytesBelow64: UInt64 = ~0x0BFF_A084_0000_0000
    /// `$` and the digits.
    private static let wordBytesBelow64: UInt64 = 0x03FF_0010_0000_0000
    /// The letters and `_`.
    private static let wordBytesFrom64: UInt64 = 0x07FF_FFFE_87FF_FFFE
}

/// The bytes of a script, from 0: an array, or its memory where each byte is looked at.
protocol ScriptBytes: RandomAccessCollection where Element == UInt8, Index == Int {}
extension [UInt8]: ScriptBytes {}
extension UnsafeBufferPointer<UInt8>: ScriptBytes {}

extension ArraySlice<UInt8> {
    /// The number of line feeds, or `nil` where bytes beyond ASCII are among them.
    ///
    /// Eight bytes at once: every byte of a script passes here.
    var lineCountOfPlainBytes: Int? {
        withUnsafeBytes { bytes in
            let ones: UInt64 = 0x0101_0101_0101_0101
            let (lineFeeds, highBits) = (ones &* 0x0A, ones &* 0x80)
            var (count, all, offset) = (0, UInt64(0), 0)
            while offset &+ 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                all |= word
                // The highest bit of each byte that is a line feed; no byte carries into the next
                // where all are plain.
                let found = ~((word ^ lineFeeds) &+ (highBits &- ones)) & highBits
                if found != 0 { count &+= found.nonzeroBitCount }
                offset &+= 8
            }
            while offset < bytes.count {
                all |= UInt64(bytes[offset])
                if bytes[offset] == .lineFeed { count &+= 1 }
                offset &+= 1
            }
            return all & highBits == 0 ? count : nil
        }
    }
}

extension ScriptBytes {
    /// The byte at `index`, or 0 behind the end.
    func byte(at index: Int) -> UInt8 { index < count ? self[index] : 0 }

    /// The bytes of `range` as text, in upper case as far as it is ASCII.
    func uppercased(_ range: Range<Int>) -> String {
        String(decoding: self[range].lazy.map(\.asUppercase), as: UTF8.self)
    }

    /// Up to eight bytes of `range` in upper case as one number, or `nil` for a longer word.
    func packed(_ range: Range<Int>) -> UInt64? {
        guard range.count <= 8 else { return nil }
        return self[range].reduce(0) { $0 << 8 | UInt64($1.asUppercase) }
    }

    /// The end of the word that begins at `start`.
    func endOfWord(from start: Int) -> Int {
        var end = start
        while end < count, self[end].continuesWord { end += 1 }
        return end
    }

    /// The start of the next line, or the end.
    func endOfLine(from start: Int) -> Int {
        var end = start
        while end < count, self[end] != .lineFeed { end += 1 }
        return end
    }
}
