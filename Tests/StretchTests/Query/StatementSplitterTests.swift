import SQLText
import Testing

/// Cutting a script into statements.
@Suite struct StatementSplitterTests {
    @Test func `statements end where sqlite3_complete says so`() {
        let trigger = """
            CREATE TRIGGER a AFTER INSERT ON t BEGIN DELETE FROM u; SELECT CASE 1 WHEN 1 THEN 2 END;
            END;
            """
        let statements = [
            "SELECT 1;", " ; SELECT ';' /* ; */ -- ;\n;", "\n\(trigger)", "EXPLAIN \(trigger)",
            "CREATE TEMP TABLE trigger(end);", " SELECT 2",
        ]
        #expect(Array(StatementSplitter(statements.joined())) == statements)
        #expect(Array(StatementSplitter("")) == [])
        #expect(Array(StatementSplitter(" -- nothing")) == [" -- nothing"])
        #expect(Array(StatementSplitter("SELECT 1\0; SELECT 2;")) == ["SELECT 1\0; SELECT 2;"])
    }

    // A splitter that began anew for each statement would not come to an end here.
    @Test func `a long script is cut in one pass`() {
        let count = 100_000
        let script = String(
            repeating: "INSERT INTO t VALUES(1, 'a text of some length');\n", count: count)
        var found = 0
        for _ in StatementSplitter(script) { found += 1 }
        // The last line's end is a piece without a statement.
        #expect(found == count + 1)
    }
}
