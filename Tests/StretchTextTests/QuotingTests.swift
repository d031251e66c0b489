import StretchText
import Testing

/// Each special character stands between every scalar of Unicode and itself once more.
@Suite struct QuotingTests {
    static let scalars = (0...0x10ffff).compactMap { Unicode.Scalar(UInt32($0)) }

    /// Doubles a byte as a server reads it, with no regard to what Swift calls a character.
    private func doubled(_ byte: UInt8, in text: String) -> [UInt8] {
        [byte] + text.utf8.flatMap { $0 == byte ? [byte, byte] : [$0] } + [byte]
    }

    @Test func `no scalar beside a quote keeps it from being doubled`() {
        var failures: [String] = []
        for scalar in Self.scalars {
            for quote: Unicode.Scalar in ["'", "\""] {
                var text = String.UnicodeScalarView()
                text.append(contentsOf: [scalar, quote, scalar])
                let given = String(text)
                let expected = doubled(UInt8(ascii: quote), in: given)
                if Array(given.quoted(by: quote).utf8) != expected {
                    failures.append("U+\(String(scalar.value, radix: 16)) beside \(quote)")
                }
            }
        }
        #expect(failures.isEmpty, "\(failures.count): \(failures.prefix(5))")
    }

    @Test func `no scalar beside a byte of ASCII hides it`() {
        var failures: [UInt32] = []
        for scalar in Self.scalars where !scalar.isASCII {
            for special: Unicode.Scalar in ["?", "@", "#", ",", "/", "\\", "=", "&"] {
                var text = String.UnicodeScalarView()
                text.append(contentsOf: [scalar, special, scalar])
                let given = String(text)
                let parts = given.parts(between: special)
                let isFound =
                    given.includes("\(special)") && parts.count == 2
                    && parts.allSatisfy { $0.isSameText(as: "\(scalar)") }
                    && given.substituting(special, with: "").utf8.count == 2 * "\(scalar)".utf8.count
                if !isFound { failures.append(scalar.value) }
            }
        }
        #expect(failures.isEmpty, "\(failures.count): \(failures.prefix(5))")
    }

    @Test func `a literal with a NUL is written as its bytes`() {
        #expect("it's".quotedLiteral == "'it''s'")
        #expect("a\0b".quotedLiteral == "CAST(x'610062' AS TEXT)")
    }
}
