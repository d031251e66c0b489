/// A name of a table, column or other object, compared as in SQLite.
///
/// Names are compared by bytes, ignoring the case of ASCII letters.
///
/// A `Set<String>` of names would treat `"a\u{323}\u{307}"` and `"a\u{307}\u{323}"` as equal.
package struct SQLName: Hashable, Sendable {
    /// The original name.
    package let text: String
    private let folded: [UInt8]

    /// Creates a name.
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
