import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCore
@testable import StretchEngine

/// Rows that refer to other rows of their table move together.
@Suite struct OwnReferenceTests {
    private static let chain = """
        CREATE TABLE s(id INTEGER PRIMARY KEY, prev INT REFERENCES s(id), v TEXT);
        CREATE INDEX i ON s(prev);
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
            INSERT INTO s SELECT i, nullif(i - 1, 0), 'v' FROM n;
        """

    @Test func `a chain moves in one batch once nothing hot refers to its end`() throws {
        let twin = try MigratedTwin(Self.chain, [("s", "id <= 400")])
        let kept = try twin.database.migrate().tables[0]
        #expect(kept.rowCount == 0 && kept.eligibleRowCount == 0)
        #expect(kept.keptRowCounts == [.hotChild: 400])
        try twin.runNatively("UPDATE s SET prev = NULL WHERE id = 401")
        try twin.plain.execute("UPDATE s SET prev = NULL WHERE id = 401")
        let moved = try twin.database.migrate().tables[0]
        #expect(moved.eligibleRowCount == 400 && moved.rowCount == 400)
        #expect(moved.batchCount == 1 && moved.changedRowCount == 0)
        try twin.both("PRAGMA foreign_keys = 1")
        try twin.both("DELETE FROM s WHERE id <= 400")
        try twin.compareThroughMigrations("s")
    }

    @Test func `small batches of a chain are full`() throws {
        let twin = try MigratedTwin(Self.chain, [("s", "0")])
        try twin.database.tables["s"].alter(filter: "id > 0")
        let moved = try twin.database.migrate(batchRowCount: 100).tables[0]
        // The highest rowid stays, and with it what it refers to.
        #expect(moved.rowCount == 0)
        try twin.runNatively("INSERT INTO s VALUES(600, NULL, 'last')")
        let next = try twin.database.migrate(batchRowCount: 100).tables[0]
        #expect(next.rowCount == 500 && next.batchCount == 5 && next.changedRowCount == 0)
        #expect(try twin.database.verify().isSound)
    }

    @Test(arguments: [
        "m(id INTEGER PRIMARY KEY AUTOINCREMENT, a INT REFERENCES m, b INT REFERENCES m, y INT)",
        "m(id TEXT PRIMARY KEY NOT NULL, a TEXT REFERENCES m, b TEXT REFERENCES m(id), y INT)",
        "m(id INT PRIMARY KEY, a INT REFERENCES m, b INT REFERENCES m(id), y INT) WITHOUT ROWID",
        "m(id INT UNIQUE, a INT REFERENCES m(id), b INT REFERENCES m(id), y INT)",
    ])
    func `what can move moves, whatever refers to what`(definition: String) throws {
        var random = SeededGenerator(seed: 7)
        for turn in 1...8 {
            let rows = (1...60).map { id in
                func reference() -> Int? { random.isOne(in: 2) ? nil : random.integer(1...id) }
                return (id: id, a: reference(), b: reference(), y: random.integer(0...9))
            }
            func text(_ value: Int?) -> String { value.map(String.init) ?? "NULL" }
            let inserted = rows.shuffled(using: &random)
            let values = inserted.map { "(\($0.id), \(text($0.a)), \(text($0.b)), \($0.y))" }
            let insertion = "INSERT INTO m VALUES \(values.joined(separator: ", "))"
            let twin = try MigratedTwin("CREATE TABLE \(definition); \(insertion)", [("m", "0")])
            // The row with the highest rowid stays where SQLite would assign that again.
            let assignsAgain = definition.contains("m(id TEXT") || definition.contains("UNIQUE")
            // A later row refers only to itself and to earlier ones.
            var staying: Set<Int> = assignsAgain ? Set(inserted.suffix(1).map(\.id)) : []
            for row in rows.reversed() where row.y == 0 || staying.contains(row.id) {
                staying.formUnion([row.id, row.a, row.b].compactMap(\.self))
            }
            try twin.database.tables["m"].alter(filter: "y > 0")
            let moved = try twin.database.migrate(batchRowCount: turn * 4 - 3).tables[0]
            #expect(Int(moved.rowCount) == 60 - staying.count, "turn \(turn)")
            #expect(moved.eligibleRowCount == moved.rowCount && moved.changedRowCount == 0)
            try twin.both("PRAGMA foreign_keys = 1")
            try twin.both("DELETE FROM m WHERE y > 3")
            try twin.both("DELETE FROM m")
            try twin.compareThroughMigrations("m")
        }
    }
}
