import SQLText
import Testing

@Suite struct SQLTokenizerTests {
    private func texts(_ sql: String) -> [String] { SQLTokenizer(sql).map(\.text) }

    @Test(arguments: [
        ("a||b->c->>d", ["a", "||", "b", "->", "c", "->>", "d"]),
        (
            "a<<1>>2<>3!=4==5=6",
            ["a", "<<", "1", ">>", "2", "<>", "3", "!=", "4", "==", "5", "=", "6"]
        ),
        ("a<=b>=c<d>e", ["a", "<=", "b", ">=", "c", "<", "d", ">", "e"]),
        ("(a,b);-+*/%&|~", ["(", "a", ",", "b", ")", ";", "-", "+", "*", "/", "%", "&", "|", "~"]),
        ("a - -b", ["a", "-", "-", "b"]),
        ("'x''y' \"a\"\"b\" [c]d] `e``f`", ["'x''y'", "\"a\"\"b\"", "[c]", "d", "]", "`e``f`"]),
        ("x'53' X'' xy x", ["x'53'", "X''", "xy", "x"]),
        (
            "1 1.5 .5 1. 1e5 1E+5 1.e-5 0x1F",
            ["1", "1.5", ".5", "1.", "1e5", "1E+5", "1.e-5", "0x1F"]
        ),
        ("0xFg 0x1_0", ["0xF", "g", "0x1", "_0"]),
        ("a.b.c t.1", ["a", ".", "b", ".", "c", "t", ".1"]),
        ("? ?1 :a @b $a::b(c) #d", ["?", "?1", ":a", "@b", "$a::b(c)", "#d"]),
        ("a$b é_1 日本", ["a$b", "é_1", "日本"]),
        ("a--b\nc/*d*/e/**/f--", ["a", "c", "e", "f"]),
        ("a/* open", ["a"]),
        ("a /*", ["a", "/", "*"]),
        ("\u{FEFF}select", ["select"]),
        ("a\u{0}b", ["a"]),
        ("", []),
    ])
    func `tokens are cut as SQLite cuts them`(sql: String, tokens: [String]) {
        #expect(texts(sql) == tokens)
    }

    @Test(arguments: [
        ("word", SQLToken.Kind.word), ("\"q\"", .quotedName), ("[q]", .quotedName),
        ("`q`", .quotedName), ("'s'", .string), ("x'00'", .blob), ("1.5e3", .number),
        ("0xfF", .number), (":p", .parameter), ("||", .symbol),
        ("'open", .illegal), ("\"open", .illegal), ("[open", .illegal), ("x'0'", .illegal),
        ("x'0g'", .illegal), ("1_000", .illegal), ("1e", .illegal), ("0x", .illegal),
        ("!", .illegal),
        ("{", .illegal), ("$", .illegal), ("\u{0B}", .illegal), ("$a(b", .illegal),
    ])
    func `a token has the kind of SQLite's grammar`(sql: String, kind: SQLToken.Kind) {
        let tokens = Array(SQLTokenizer(sql))
        #expect(tokens.map(\.kind) == [kind])
        #expect(tokens.first?.range == 0..<sql.utf8.count)
    }

    @Test(arguments: [
        ("Orders", "Orders"), ("\"a\"\"b\"", "a\"b"), ("[a\"b]", "a\"b"), ("`a``b`", "a`b"),
        ("'it''s'", "it's"), ("\"\"", ""), ("\"\"\"\"\"\"", "\"\""), ("1", nil), ("x'00'", nil),
        (":a", nil), ("(", nil),
    ])
    func `a name loses its quotes and nothing else`(sql: String, name: String?) {
        #expect(SQLTokenizer(sql).first { _ in true }?.identifierName == name)
    }

    @Test func `keywords are bare words in any ASCII case`() throws {
        let tokens = Array(SQLTokenizer("SeLect \"select\" 'select' ſelect"))
        #expect(tokens.map { $0.isKeyword("SELECT") } == [true, false, false, false])
        #expect(tokens.map { $0.isName("select") } == [true, true, true, false])
    }

    @Test(arguments: [
        ("a", false), ("a -- b\n", false), ("a /* b */", false), ("a -- b", true), ("a /* b", true),
        ("a /*", false), ("'--'", false),
    ])
    func `a comment that would swallow appended text is known`(sql: String, isOpen: Bool) {
        var tokenizer = SQLTokenizer(sql)
        while tokenizer.next() != nil {}
        #expect(tokenizer.isCommentOpen == isOpen)
    }
}
