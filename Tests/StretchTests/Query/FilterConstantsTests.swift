import SQLText
import StretchTestSupport
import Testing

@Suite struct FilterConstantsTests {
    private func parse(_ text: String) throws -> FilterPredicate {
        try FilterPredicate(parsing: text, columns: ["id", "created", "total"])
    }

    @Test(arguments: [
        ("'created' < '2020'", "'created' < '2020'", nil as String?),
        ("total > 1 AND 'created' < date('now')", "'created' < date('now')", nil),
        ("(1 = -1) OR id", "1 = -1", nil),
        ("strftime('%s', 'now') > 3", "strftime('%s', 'now') > 3", "strftime('%s', 'now')"),
        ("strftime('%s', id) >= 17", "strftime('%s', id) >= 17", "strftime('%s', id)"),
        ("NOT 5 < lower(created)", "5 < lower(created)", "lower(created)"),
        ("CASE WHEN hex(id) = 1 THEN 1 END", "hex(id) = 1", "hex(id)"),
    ])
    func `comparisons that have one result are found`(
        filter: String, text: String, call: String?
    ) throws {
        let found = try parse(filter).constantComparisons
        #expect(found.map(\.text) == [text])
        #expect(found.map(\.textCall) == [call])
    }

    @Test(arguments: [
        "created < '2020'", "created < date('now', '-90 days')", "total > 1",
        "strftime('%s', created) + 0 > 17", "strftime('%s', created) > 17 || ''",
        "id + strftime('%s', created) > 17", "strftime('%Y', created) < '2020'",
        "length(created) > 3", "id BETWEEN 1 AND 3", "id IN (1, 2)", "1",
        "CAST(strftime('%s', created) AS INTEGER) > 17",
    ])
    func `others are not`(filter: String) throws {
        #expect(try parse(filter).constantComparisons == [])
    }

    @Test func `calls without a column are found whole`() throws {
        let filter = "created < date('now', upper('x')) AND lower(created) > upper('y')"
        #expect(try parse(filter).constantCalls == ["date('now', upper('x'))", "upper('y')"])
        #expect(try parse("1 = 1").namesColumn == false)
        #expect(try parse("date() > '2020'").namesColumn == false)
        #expect(try parse("id > 1").namesColumn)
    }
}
