import StretchText
import Testing

/// Each special character stands behind and before every scalar of Unicode.
@Suite struct QuotingTests {
    /// Every scalar, then the special one, then the scalar again.
    private func surrounded(_ special: Unicode.Scalar) -> String {
        let scalars = (UInt32(0)...0x10ffff).compactMap(Unicode.Scalar.init)
        let bytes = scalars.filter { $0 != special }.flatMap { scalar in
            Array(UTF8.encode(scalar)!) + [UInt8(ascii: special)] + Array(UTF8.encode(scalar)!)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Doubles a byte as a server reads it, with no regard to what Swift calls a character.
    private func doubling(_ byte: UInt8, in text: String) -> [UInt8] {
        var bytes = [byte]
        for found in text.utf8 {
            bytes.append(found)
            if found == byte { bytes.append(byte) }
        }
        return bytes + [byte]
    }

    @Test(arguments: ["'", "\""] as [Unicode.Scalar])
    func `no scalar beside a quote keeps it from being doubled`(quote: Unicode.Scalar) {
        let text = surrounded(quote)
        // A failed comparison inside of #expect would look for the difference, for hours.
        let expected = doubling(UInt8(ascii: quote), in: text)
        let isDoubled = Array(text.quoted(by: quote).utf8) == expected
        #expect(isDoubled)
    }

    @Test(arguments: ["?", "@", "#", ",", "/", "\\", "=", "&"] as [Unicode.Scalar])
    func `no scalar beside a byte of ASCII hides it`(special: Unicode.Scalar) {
        let text = surrounded(special)
        let count = text.utf8.count { $0 == UInt8(ascii: special) }
        #expect(count == 0x10ffff - 0x800)
        let partCount = text.parts(between: special).count
        #expect(partCount == count + 1)
        let remaining = text.substituting(special, with: "").utf8.count
        #expect(remaining == text.utf8.count - count)
    }

    @Test func `a literal with a NUL is written as its bytes`() {
        #expect("it's".quotedLiteral == "'it''s'")
        #expect("a\0b".quotedLiteral == "CAST(x'610062' AS TEXT)")
    }
}
