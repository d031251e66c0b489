import SQLText
import StretchTestSupport
import StretchText
import Testing

@Suite struct QueryFuzzTests {
    private static let statements = [
        "INSERT OR REPLACE INTO orders(a, b) VALUES('x''y', ?1) RETURNING a",
        "WITH RECURSIVE c(a) AS (SELECT 1 UNION ALL SELECT a+1 FROM c) "
            + "REPLACE INTO \"orders\" TABLE",
        "CREATE UNIQUE INDEX IF NOT EXISTS i ON orders(a COLLATE nocase) WHERE a->>'$.b' <> 1e5",
        "CREATE TRIGGER t INSTEAD OF UPDATE OF a, b ON orders BEGIN UPDATE orders SET a=1; END;",
        "ALTER TABLE temp.orders RENAME COLUMN [a b] TO `c``d`",
        "PRAGMA temp.table_info = 'orders'",
        "EXPLAIN QUERY PLAN UPDATE orders SET a = (SELECT x'00') WHERE $a::b(c) RETURNING *",
        "DROP VIEW IF EXISTS main.v", "CREATE VIEW v AS SELECT * FROM main.orders -- end",
        "DELETE FROM/*x*/orders WHERE a BETWEEN 0x1F AND .5; SELECT é",
        "ALTER TABLE orders ADD \"\"",
    ]
    private static let pieces = [
        "'", "\"", "`", "[", "]", "(", ")", "--", "/*", "*/", ";", ".", "main.", "temp.", "orders",
        "\u{0}", "\n", " ", "EXPLAIN ", "WITH ", "$", "::", "x'", "é", "\u{FEFF}", "1e", "0x",
        "\u{0B}",
        "INTO\"orders\"", "ON orders", "TABLE orders", "RETURNING",
    ]

    private static func randomText(_ generator: inout SeededGenerator) -> String {
        if Int.random(in: 0..<4, using: &generator) == 0 {
            let count = Int.random(in: 0..<60, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            return String(decoding: bytes, as: UTF8.self)
        }
        var bytes = Array(statements.randomElement(using: &generator)!.utf8)
        for _ in 0..<Int.random(in: 0..<5, using: &generator) {
            let start = Int.random(in: 0...bytes.count, using: &generator)
            let end = Int.random(in: start...min(bytes.count, start + 12), using: &generator)
            var piece = Array(pieces.randomElement(using: &generator)!.utf8)
            if Bool.random(using: &generator) {
                let other = Array(statements.randomElement(using: &generator)!.utf8)
                piece = Array(other[Int.random(in: 0..<other.count, using: &generator)...])
            }
            bytes.replaceSubrange(start..<end, with: piece)
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `tokens of any text are ordered, not empty, and inside it`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<4_000 {
            let sql = Self.randomText(&generator)
            var position = 0
            for token in SQLTokenizer(sql) {
                let isOrdered = token.range.lowerBound >= position && !token.range.isEmpty
                guard isOrdered, token.range.upperBound <= sql.utf8.count else {
                    Issue.record("seed \(seed): token \(token.range) of \(sql.debugDescription)")
                    return
                }
                position = token.range.upperBound
                let alone = Array(SQLTokenizer(token.text))
                guard alone.count <= 1 || token.kind == .illegal else {
                    Issue.record("seed \(seed): \(token) is cut again to \(alone)")
                    return
                }
                _ = token.identifierName
            }
        }
    }

    @Test func `rewriting any text twice is rewriting it once`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let rewriter = StatementRewriter(tables: ["orders", "a"], views: ["v"])
        var changedCount = 0
        for _ in 0..<4_000 {
            let sql = Self.randomText(&generator)
            guard let once = try? rewriter.rewrite(sql) else { continue }
            changedCount += once.sql == sql ? 0 : 1
            let twice = try? rewriter.rewrite(once.sql)
            guard twice == once else {
                Issue.record("seed \(seed): \(sql.debugDescription) to \(once) to \(twice as Any)")
                return
            }
        }
        #expect(changedCount > 100, "seed \(seed): the test no longer reaches the rewriter")
    }

    @Test func `a rewrite only ever adds or replaces a schema`() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let rewriter = StatementRewriter(tables: ["orders", "a"], views: ["v"])
        for _ in 0..<4_000 {
            let sql = Self.randomText(&generator)
            guard let result = try? rewriter.rewrite(sql), result.sql != sql else { continue }
            let (before, after) = (
                SQLTokenizer(sql).map(\.text), SQLTokenizer(result.sql).map(\.text)
            )
            let firstChange = zip(before, after).prefix { $0 == $1 }.count
            guard after[firstChange] == "main" else {
                Issue.record("seed \(seed): \(sql.debugDescription) to \(result)")
                return
            }
            let isAdded = after.count == before.count + 2
            let restOfBefore = before.dropFirst(firstChange + (isAdded ? 0 : 2))
            #expect(Array(restOfBefore) == Array(after.dropFirst(firstChange + 2)), "seed \(seed)")
        }
    }
}
