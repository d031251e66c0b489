/// A name of a table, column or other object, equal to another where SQLite says so: by bytes, with
/// the letters of ASCII folded.
///
/// A `Set<String>` of names would take `"a\u{323}\u{307}"` and `"a\u{307}\u{323}"` for one.
package struct SQLName: Hashable, Sendable {
    /// The name as it was given.
    package let text: String
    private let folded: [UInt8]

    /// Makes a name.
    package init(_ text: some StringProtocol) {
        self.text = String(text)
        folded = Array(text.foldingCase.utf8)
    }

    package static func == (left: Self, right: Self) -> Bool { left.folded == right.folded }

    package func hash(into hasher: inout Hasher) { hasher.combine(folded) }
}

extension SQLName: Comparable {
    package static func < (left: Self, right: Self) -> Bool {
        left.folded.lexicographicallyPrecedes(right.folded)
    }
}

extension SQLName: ExpressibleByStringLiteral {
    package init(stringLiteral text: String) { self.init(text) }
}
