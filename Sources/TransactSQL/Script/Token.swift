/// A token of a Transact-SQL statement.
struct Token: Equatable, Sendable {
    enum Kind: Equatable, Sendable {
        /// A bare name or a keyword.
        case word
        /// A name in square brackets or double quotes.
        case quotedName
        /// `'…'`, `N'…'`, or the same in typographic quotes.
        case string
        /// `@name`, or `@@name`.
        case variable
        /// Digits only.
        case integer
        /// Digits with a decimal point.
        case decimal
        /// Digits with an exponent.
        case float
        /// `0x…`.
        case binary
        /// An operator or a punctuation mark.
        case symbol
        /// An unterminated quote or comment, which extends to the end.
        case unterminated
        /// A byte that is not valid in a statement.
        case illegal
        /// The end of the text or of the batch.
        case end
    }

    let kind: Kind
    /// The token in UTF-8 bytes of the script; empty only at the end.
    let range: Range<Int>
    let position: SourcePosition
    /// The word in upper case, the name or the string without its quotes, or the token as written.
    let text: String
}
