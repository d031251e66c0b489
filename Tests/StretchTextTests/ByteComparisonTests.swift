import StretchText
import Testing

/// What Swift's own comparisons answer differently.
@Suite struct ByteComparisonTests {
    @Test func `names that differ in the order of combining marks are two`() {
        let (first, second) = ("a\u{323}\u{307}", "a\u{307}\u{323}")
        #expect(first == second, "Swift takes them for one")
        #expect(!first.isSameText(as: second))
        #expect(!first.isEqualFoldingCase(second))
        #expect(Set([SQLName(first), SQLName(second)]).count == 2)
    }

    @Test func `texts are the same when all their bytes are`() {
        for count in 0...20 {
            let text = String(repeating: "a", count: count)
            #expect(ExactText(text) == ExactText(String(decoding: text.utf8, as: UTF8.self)))
            #expect(ExactText(text) != ExactText(text + "a"))
            for place in 0..<count {
                var bytes = Array(text.utf8)
                bytes[place] = UInt8(ascii: "b")
                let other = String(decoding: bytes, as: UTF8.self)
                #expect(!text.isSameText(as: other) && ExactText(text) != ExactText(other))
                #expect(!text[...].isSameText(as: other))
            }
        }
        let pair = [ExactText("a\u{323}\u{307}"), ExactText("a\u{307}\u{323}")]
        #expect(Set(pair).count == 2)
        #expect(pair.map(\.text).areSameTexts(as: ["a\u{323}\u{307}", "a\u{307}\u{323}"]))
        #expect(!pair.map(\.text).areSameTexts(as: ["a\u{307}\u{323}", "a\u{323}\u{307}"]))
    }

    @Test func `only the letters of ASCII are folded`() {
        #expect("ABCxyz".isEqualFoldingCase("abcXYZ"))
        #expect(!"Ä".isEqualFoldingCase("ä"))
        #expect(!"K".isEqualFoldingCase("\u{212a}"))
        #expect(SQLName("Orders") == SQLName("oRDERS"))
        #expect(SQLName("Ä") != SQLName("ä"))
    }

    @Test func `beginnings, ends and parts are bytes`() {
        #expect("/\u{301}x".beginsWith("/"))
        let (marked, quote) = ("a\u{600}\"", "\"")
        #expect(marked.endsWith(quote) && !marked.hasSuffix(quote))
        #expect(!"ab".endsWith("cab"))
        #expect("a=\u{301}b=c".parts(between: "=", maximumSplitCount: 1) == ["a", "\u{301}b=c"])
        #expect(",a,,".parts(between: ",") == ["", "a", "", ""])
        #expect(",a,,".parts(between: ",", omitsEmptyParts: true) == ["a"])
        #expect(" \t\r\nx y\u{b} ".trimmedASCII == "x y")
        #expect("\u{a0}x".trimmedASCII == "\u{a0}x")
        #expect("".includes("") && "abc".includes("bc") && !"abc".includes("bd"))
    }
}
