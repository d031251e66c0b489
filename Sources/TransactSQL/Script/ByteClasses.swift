/// Classes of bytes of SQL text.
extension UInt8 {
    static let lineFeed = UInt8(ascii: "\n")
    static let apostrophe = UInt8(ascii: "'")
    static let quotationMark = UInt8(ascii: "\"")
    static let graveAccent = UInt8(ascii: "`")
    static let semicolon = UInt8(ascii: ";")

    /// Whether the byte is white space in both SQLite and SQL Server.
    var isSpace: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0D) }

    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

    var isHexDigit: Bool {
        isDigit || (asUppercase >= UInt8(ascii: "A") && asUppercase <= UInt8(ascii: "F"))
    }

    /// The byte in upper case, if it is an ASCII letter.
    var asUppercase: UInt8 {
        self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") ? self & 0xDF : self
    }

    /// Whether the byte is a letter, an underscore, or part of a non-ASCII character.
    var beginsWord: Bool {
        (asUppercase >= UInt8(ascii: "A") && asUppercase <= UInt8(ascii: "Z"))
            || self == UInt8(ascii: "_") || self >= 0x80
    }

    /// Whether the byte can start a word or is a digit or `$`; a bit table, because every byte is
    /// tested.
    var continuesWord: Bool {
        if self >= 0x80 { return true }
        let members = self < 0x40 ? Self.wordBytesBelow64 : Self.wordBytesFrom64
        return members >> UInt64(self & 0x3F) & 1 != 0
    }

    /// Whether the byte is white space, or a symbol below 0x40 that does not start a number, quote
    /// or comment and is not a semicolon.
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

/// The bytes of a script: an array or, for scanning each byte, its memory.
protocol ScriptBytes: RandomAccessCollection where Element == UInt8, Index == Int {}
extension [UInt8]: ScriptBytes {}
extension UnsafeBufferPointer<UInt8>: ScriptBytes {}

extension ArraySlice<UInt8> {
    /// The number of line feeds, or `nil` if there are non-ASCII bytes.
    ///
    /// Eight bytes are processed at a time, because every byte of a script is counted.
    var lineCountOfPlainBytes: Int? {
        withUnsafeBytes { bytes in
            let ones: UInt64 = 0x0101_0101_0101_0101
            let (lineFeeds, highBits) = (ones &* 0x0A, ones &* 0x80)
            var (count, all, offset) = (0, UInt64(0), 0)
            while offset &+ 8 <= bytes.count {
                let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                all |= word
                // The highest bit of each byte that is a line feed; ASCII bytes do not carry into
                // the next byte.
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
    /// Returns the byte at `index`, or 0 after the end.
    func byte(at index: Int) -> UInt8 { index < count ? self[index] : 0 }

    /// Returns the bytes of `range` as text, with ASCII letters in upper case.
    func uppercased(_ range: Range<Int>) -> String {
        String(decoding: self[range].lazy.map(\.asUppercase), as: UTF8.self)
    }

    /// Returns up to eight bytes of `range` in upper case as a number, or `nil` for a longer word.
    func packed(_ range: Range<Int>) -> UInt64? {
        guard range.count <= 8 else { return nil }
        return self[range].reduce(0) { $0 << 8 | UInt64($1.asUppercase) }
    }

    /// Returns the end of the word that starts at `start`.
    func endOfWord(from start: Int) -> Int {
        var end = start
        while end < count, self[end].continuesWord { end += 1 }
        return end
    }

    /// Returns the start of the next line, or the end.
    func endOfLine(from start: Int) -> Int {
        var end = start
        while end < count, self[end] != .lineFeed { end += 1 }
        return end
    }
}
