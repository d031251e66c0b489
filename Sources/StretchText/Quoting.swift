extension StringProtocol {
    /// Returns the text between quotes, with each quote in it doubled.
    ///
    /// Names and literals of SQLite and of PostgreSQL are all quoted here.
    package func quoted(by quote: Unicode.Scalar) -> String {
        "\(quote)\(substituting(quote, with: "\(quote)\(quote)"))\(quote)"
    }

    /// The name in double quotes, for SQL: <https://sqlite.org/lang_keywords.html>.
    package var quotedName: String { quoted(by: "\"") }

    /// The text as a SQLite literal.
    ///
    /// SQL ends at a NUL, so a text that contains one is written as bytes:
    /// <https://sqlite.org/nulinstr.html>.
    package var quotedLiteral: String {
        guard utf8.contains(0) else { return quoted(by: "'") }
        let digits = Array("0123456789abcdef".utf8)
        let hexadecimal = utf8.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
        return "CAST(x'\(String(decoding: hexadecimal, as: UTF8.self))' AS TEXT)"
    }
}
