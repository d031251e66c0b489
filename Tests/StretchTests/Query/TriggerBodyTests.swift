import SQLText
import StretchText
import Testing

@Suite struct TriggerBodyTests {
    private func read(
        _ body: String, when condition: String = "1", tables: [String] = ["hist", "v"]
    ) throws -> TriggerBody {
        let sql = "CREATE TRIGGER x AFTER UPDATE ON cust WHEN \(condition) BEGIN \(body) END"
        let trigger = try #require(TriggerText(parsing: sql))
        return TriggerBody(trigger, tables: Set(tables.map { SQLName($0) }))
    }

    /// The uses as text: `change hist: c = NEW."id"`.
    private func uses(_ body: String, when condition: String = "1") throws -> [String] {
        let statements = try read(body, when: condition).statements
        #expect(statements.allSatisfy { $0.unclear == nil })
        return statements.flatMap(\.uses).map { use in
            let terms = use.terms.map { term in
                let values = term.values.map(\.text).joined(separator: ", ")
                return term.isList
                    ? "\(term.column) IN \(values)"
                    : term.isReversed ? "\(values) = \(term.column)" : "\(term.column) = \(values)"
            }
            return "\(use.kind) \(use.table.text): \(terms.joined(separator: " & "))"
        }
    }

    @Test(arguments: [
        ("INSERT INTO hist VALUES(NEW.id, 1);", "insert(mayChange: false) hist: "),
        ("INSERT OR IGNORE INTO hist(a, hist) SELECT 1, 2;", "insert(mayChange: false) hist: "),
        ("REPLACE INTO \"hist\" VALUES(1);", "insert(mayChange: true) hist: "),
        (
            "INSERT INTO hist VALUES(1) ON CONFLICT(id) DO UPDATE SET n = hist.n + 1;",
            "insert(mayChange: true) hist: "
        ),
        ("UPDATE hist SET n = 1 WHERE id = NEW.id;", "change hist: id = NEW.\"id\""),
        ("UPDATE OR IGNORE hist SET n = 1 WHERE hist.id = NEW.id;", "change hist: id = NEW.\"id\""),
        ("DELETE FROM hist WHERE OLD.\"a\" == c AND n > 1;", "change hist: OLD.\"a\" = c"),
        (
            "DELETE FROM hist WHERE (c = NEW.a AND (d IN (1, 'x', -2)));",
            "change hist: c = NEW.\"a\" & d IN 1, 'x', -2"
        ),
        ("DELETE FROM hist;", "change hist: "),
        ("DELETE FROM hist WHERE c = NEW.a OR 1;", "change hist: "),
        ("DELETE FROM hist WHERE NOT c = NEW.a;", "change hist: "),
        ("DELETE FROM hist WHERE x BETWEEN 1 AND c = NEW.a;", "change hist: "),
        ("DELETE FROM hist WHERE x BETWEEN 1 AND 2 AND c = NEW.a;", "change hist: c = NEW.\"a\""),
        ("DELETE FROM hist WHERE CASE WHEN a AND c = NEW.a AND b THEN 1 END;", "change hist: "),
        ("DELETE FROM hist WHERE CASE WHEN end AND c = NEW.a AND b THEN 1 END;", "change hist: "),
        ("DELETE FROM hist WHERE c = NEW.a + 1 AND d = b;", "change hist: "),
        ("DELETE FROM hist WHERE c = NEW.a COLLATE NOCASE;", "change hist: "),
        ("DELETE FROM hist WHERE CURRENT_DATE = NEW.a;", "change hist: "),
        ("DELETE FROM hist WHERE c = \"NEW.a\" AND c = 'NEW'.a;", "change hist: "),
        (
            "DELETE FROM hist WHERE c NOT IN (NEW.a) AND c IN (SELECT 1) AND c = (1);",
            "change hist: "
        ),
        ("UPDATE hist SET n = o.n FROM other o WHERE c = NEW.a;", "change hist: "),
        (
            "UPDATE hist SET n = o.n FROM other o WHERE hist.c = NEW.a;",
            "change hist: c = NEW.\"a\""
        ),
        (
            "INSERT INTO log SELECT count(*) FROM hist WHERE c = NEW.a GROUP BY d;",
            "read hist: c = NEW.\"a\""
        ),
        (
            "SELECT max(h.id) FROM main.hist AS h WHERE h.c = NEW.a AND hist.d = 1 LIMIT 1;",
            "read hist: c = NEW.\"a\""
        ),
        ("SELECT 1 FROM other, hist h WHERE c = NEW.a AND h.d = 5;", "read hist: d = 5"),
        ("SELECT 1 FROM other JOIN hist ON hist.c = NEW.a;", "read hist: "),
        ("SELECT 1 FROM hist UNION SELECT 1 FROM other WHERE c = NEW.a;", "read hist: "),
        ("SELECT 1 FROM hist ORDER BY (SELECT 1 FROM other WHERE c = NEW.a);", "read hist: "),
        ("SELECT a IS DISTINCT FROM hist.b FROM hist WHERE c = 1;", "read hist: c = 1"),
    ])
    func `a use has the conditions that each used row meets`(
        body: String, use: String
    ) throws {
        #expect(try uses(body) == [use])
    }

    @Test func `each table of each statement is a use, and of the condition too`() throws {
        #expect(
            try uses(
                """
                UPDATE hist SET n = (SELECT max(n) FROM hist AS h WHERE h.c = NEW.id) WHERE id = 1;
                INSERT INTO log VALUES('hist', NEW.hist);
                DELETE FROM v WHERE a = OLD.a;
                """, when: "(SELECT count(*) FROM hist WHERE id = OLD.id) > 1")
                == [
                    "read hist: id = OLD.\"id\"", "change hist: id = 1",
                    "read hist: c = NEW.\"id\"", "change v: a = OLD.\"a\"",
                ])
    }

    @Test(arguments: [
        "DELETE FROM log WHERE a IN hist;", "DELETE FROM log WHERE a IN main.hist;",
        "INSERT INTO log SELECT 1 FROM other AS hist;",
        "INSERT INTO log SELECT 1 FROM (hist);", "INSERT INTO log SELECT hist FROM other;",
        "INSERT INTO log WITH hist AS (SELECT 1) SELECT * FROM hist;",
        "UPDATE log SET a = 1 FROM hist WHERE hist.c = NEW.id;",
        "INSERT INTO log SELECT 1 FROM hist, other AS new WHERE c = NEW.id;",
        "INSERT INTO log SELECT 1 FROM hist, old WHERE c = OLD.id;",
        "INSERT INTO log SELECT 1 FROM hist('x');", "SELECT hist.c;",
    ])
    func `a name in any other place is not guessed`(body: String) throws {
        #expect(try read(body).statements.map(\.unclear) == [SQLName("hist")])
    }

    @Test(
        arguments: [
            ("NEW.a > 5 AND OLD.\"b c\" IS NOT NULL", "NEW.\"a\" > 5 AND OLD.\"b c\" IS NOT NULL"),
            ("CASE new.a WHEN 'x' THEN 1 END", "CASE NEW.\"a\" WHEN 'x' THEN 1 END"),
            ("abs(NEW.a) > 5", nil), ("NEW.a LIKE 'x'", nil), ("(SELECT 1)", nil), ("a > 5", nil),
            ("\"a\" = 1", nil), ("NEW.a -> 'x'", nil), ("NEW.a MATCH 'x'", nil),
            ("NEW.a COLLATE nocase = 'x'", nil), ("main.NEW.a", nil),
        ] as [(String, String?)])
    func `a condition of literals and images means the same anywhere`(
        condition: String, text: String?
    ) throws {
        let sql = "CREATE TRIGGER x AFTER UPDATE ON c WHEN \(condition) BEGIN SELECT 1; END"
        #expect(try #require(TriggerText(parsing: sql)).plainCondition == text)
    }
}
