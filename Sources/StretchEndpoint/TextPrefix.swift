public import StretchSQLite

/// The literal prefix of a LIKE or GLOB pattern.
///
/// It consists of one or more ASCII characters without NUL.
///
/// The prefix ends before the first other character. SQLite's patterns compare code points, and
/// invalid encodings can represent the same code point: <https://sqlite.org/lang_expr.html#like>.
public struct TextPrefix: Hashable, Sendable {
    /// The characters.
    public let text: Text

    /// Creates the prefix of a text, or `nil` if the text has no usable prefix.
    public init?(_ start: Text) {
        var bytes = start.bytes.prefix { (0x01...0x7f).contains($0) }
        // The successor of the last byte must also be ASCII.
        while bytes.last == 0x7f { bytes.removeLast() }
        guard !bytes.isEmpty else { return nil }
        text = Text(bytes: Array(bytes))
    }

    /// The prefix of a pattern of LIKE without ESCAPE.
    package init?(likePattern pattern: Text) {
        self.init(pattern, before: [UInt8(ascii: "%"), UInt8(ascii: "_")])
    }

    /// The prefix of a pattern of GLOB.
    package init?(globPattern pattern: Text) {
        self.init(pattern, before: [UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "[")])
    }

    private init?(_ pattern: Text, before wildcards: [UInt8]) {
        self.init(Text(bytes: Array(pattern.bytes.prefix { !wildcards.contains($0) })))
    }

    /// Returns the bytewise range of the matching texts; the end is exclusive.
    ///
    /// - Parameter anyCase: Whether ASCII letters of either case are meant; the range then holds
    ///   other texts as well.
    public func range(anyCase: Bool = false) -> (first: Text, end: Text) {
        let first = anyCase ? text.bytes.map { $0.isLowerCase ? $0 & ~0x20 : $0 } : text.bytes
        var end = anyCase ? text.bytes.map { $0.isUpperCase ? $0 | 0x20 : $0 } : text.bytes
        end[end.count - 1] += 1
        return (Text(bytes: first), Text(bytes: end))
    }

    /// The prefix in lower case.
    public var folded: TextPrefix { TextPrefix(text.collated(.nocase)) ?? self }
}

extension Text {
    /// The text in the form whose bytes a built-in collation compares, up to the first NUL.
    package func collated(_ collation: Collation) -> Text {
        switch collation {
        case .binary: return self
        case .nocase:
            return Text(bytes: bytes.map { $0.isUpperCase ? $0 | 0x20 : $0 })
        case .rtrim:
            let end = bytes.lastIndex { $0 != 0x20 }.map { $0 + 1 } ?? 0
            return Text(bytes: Array(bytes[..<end]))
        }
    }
}

extension UInt8 {
    fileprivate var isUpperCase: Bool { (0x41...0x5a).contains(self) }
    fileprivate var isLowerCase: Bool { (0x61...0x7a).contains(self) }
}
