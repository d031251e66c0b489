import Testing

@testable import TransactSQL

/// How a script falls into pieces, and what becomes of each.
@Suite struct ScriptReaderTests {
    private static func kinds(_ script: String) -> [String] {
        ScriptReader(script).map { item in
            switch item.kind {
            case .blank: "blank"
            case .plain: "plain"
            case .statement: "statement"
            case .failure: "failure"
            case .batchEnd(let count): "GO \(count)"
            }
        }
    }

    private static func texts(_ script: String) -> [String] {
        let bytes = Array(script.utf8)
        return ScriptReader(script).map { String(decoding: bytes[$0.range], as: UTF8.self) }
    }

    @Test func `statements of SQLite end where sqlite3_complete says`() {
        let trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; SELECT ';END;'; END;"
        #expect(Self.texts(trigger + " SELECT 2;") == [trigger, " SELECT 2;"])
        #expect(Self.texts("SELECT ';' /* ; */ -- ;\n, [;], `;`, \";\"; VALUES (1)").count == 2)
        #expect(Self.texts("SELECT 1;;SELECT 2") == ["SELECT 1;", ";", "SELECT 2"])
        #expect(Self.kinds("SELECT CASE a WHEN 1 THEN 2 END; SELECT 3;") == ["plain", "plain"])
    }

    @Test func `plain text passes through byte for byte`() {
        let odd: [UInt8] = [0xFF, 0x00, 0x27, 0xC3, 0x3B, 0x27, 0x3B, 0x0D, 0x0A, 0x80]
        let items = Array(ScriptReader(odd))
        #expect(items.flatMap { Array(odd[$0.range]) } == odd)
        #expect(items.count == 2)
    }

    @Test func `GO ends a batch only on a line of its own`() {
        #expect(
            Self.kinds("SELECT 1\nGO\nSELECT 2\n go 5 \nx") == [
                "plain", "GO 1", "plain", "GO 5", "plain",
            ])
        #expect(Self.kinds("SELECT go;\nSELECT 1 GO\n;gone\n") == ["plain", "plain", "plain"])
        #expect(Self.kinds("SELECT '\nGO\n'; GO x") == ["plain", "plain"])
        #expect(Self.kinds("\u{FEFF}GO\r\nGO 2\r\n") == ["GO 1", "GO 2", "blank"])
        #expect(
            Self.kinds("CREATE TRIGGER t AFTER INSERT ON a BEGIN\nSELECT 1 AS\ngo\n; END\nGO") == [
                "plain", "GO 1",
            ])
    }

    @Test func `typographic quotes are quotes in Transact-SQL only`() {
        #expect(
            Self.texts("SELECT ’a;b’; PRINT ’a;b’; SELECT “;") == [
                "SELECT ’a;", "b’;", " PRINT ’a;b’;", " SELECT “;",
            ])
    }

    @Test func `comments nest in Transact-SQL only`() {
        #expect(
            Self.kinds("/* /* */ SELECT 1; /* /* */ */ PRINT 1 /* /* */ ; */; SELECT 2") == [
                "plain", "statement", "plain",
            ])
    }

    @Test func `a statement of Transact-SQL needs no semicolon`() {
        #expect(
            Self.kinds("USE a PRINT 1 SELECT 1; EXEC sp_helpdb a SELECT 2") == [
                "statement", "statement", "plain", "statement", "plain",
            ])
        // What could be the rest of the statement is not the next one.
        #expect(
            Self.kinds("RESTORE DATABASE a FROM DISK = 'f' REPLACE; SELECT 1") == [
                "failure", "plain",
            ])
        #expect(Self.kinds("DROP MASTER KEY WITH a; SELECT 1") == ["failure", "plain"])
    }

    @Test func `expressions have a bound, so that no stack overflows`() {
        for part in ["- ", "(", "1+", "1*", "CAST(", "((1+"] {
            let script = "PRINT " + String(repeating: part, count: 5_000) + "1; SELECT 1"
            #expect(Self.kinds(script) == ["failure", "plain"], "\(part)")
        }
        let sum = "PRINT 1" + String(repeating: " + 1", count: 256)
        #expect(Self.kinds(sum) == ["statement"])
    }

    @Test func `names that SQL Server uses otherwise are names`() {
        let scripts = [
            "UPDATE statistics SET a = 1;", "SELECT top, go FROM merge;", "BEGIN EXCLUSIVE;",
            "CREATE TABLE exec (remote_data_archive);", "ALTER TABLE \"set\" RENAME TO a;",
            "WITH use AS (SELECT 1) SELECT * FROM use;", "SELECT TOP(1) AS a;", "END TRANSACTION;",
        ]
        for script in scripts { #expect(Self.kinds(script) == ["plain"], "\(script)") }
    }

    @Test func `nothing of a refused program runs`() {
        #expect(
            Self.kinds("IF 1 = 0 BEGIN; DELETE FROM t; END\nGO\nSELECT 1") == [
                "failure", "GO 1", "plain",
            ])
    }

    @Test func `positions count as a person does`() throws {
        let script = "-- é\n/*\n*/  'e\u{301}é👨‍👩‍👧', “ü”\t@x"
        var reader = TokenReader(Array(script.utf8), from: 0, counter: PositionCounter())
        var tokens: [Token] = []
        while reader.current.kind != .end { tokens.append(reader.take()) }
        #expect(tokens.map(\.kind) == [.string, .symbol, .string, .variable])
        #expect(tokens.map(\.position.line) == [3, 3, 3, 3])
        #expect(tokens.map(\.position.column) == [5, 10, 12, 16])
        #expect(tokens.map(\.position.offset) == tokens.map(\.range.lowerBound))
        #expect(tokens.map(\.text) == ["e\u{301}é👨‍👩‍👧", ",", "ü", "@x"])
    }

    @Test func `tokens are cut as SQL Server cuts them`() {
        let script = "[a]]b] \"c\"\"d\" N'e''f' n’g’’h’ 1 1.5 .5 1. 1e-3 0xAb 1a #t @@x @ >= <> é$1"
        var reader = TokenReader(Array(script.utf8), from: 0, counter: PositionCounter())
        var tokens: [Token] = []
        while reader.current.kind != .end { tokens.append(reader.take()) }
        #expect(
            tokens.map(\.text) == [
                "a]b", "c\"d", "e'f", "g’h", "1", "1.5", ".5", "1.", "1e-3", "0xAb", "1a", "#t",
                "@@x",
                "@", ">=", "<>", "é$1",
            ])
        #expect(
            tokens.map(\.kind) == [
                .quotedName, .quotedName, .string, .string, .integer, .decimal, .decimal, .decimal,
                .float,
                .binary, .illegal, .word, .variable, .illegal, .symbol, .symbol, .word,
            ])
    }

    @Test func `each byte is looked at a constant number of times`() {
        let pieces = [
            "SELECT ';' FROM t WHERE a = \"b\"; ", "/* /* */ SELECT 1; ", "/* /* */ x; ", "'", "[",
            "/*",
            "CREATE /* /* */ x;", "create ’;", "GO\n", "GO\n\n\n ", "USE a /* /* */ ", "-- '\n",
            "sp_a /* ;", "BEGIN; ", "SELECT TOP (", "WITH (REMOTE_DATA_ARCHIVE_OVERRIDE = ", "((((",
            "SELECT 1 FROM t WITH (REMOTE_DATA_ARCHIVE_OVERRIDE = LOCAL_ONLY);", "PRINT 1 ", "; ",
        ]
        for piece in pieces {
            for count in [1_000, 4_000] {
                let script = Array(String(repeating: piece, count: count).utf8)
                var reader = ScriptReader(script)
                while reader.next() != nil {}
                #expect(reader.workCount <= 4 * script.count, "\(count) times \(piece)")
            }
        }
    }
}
