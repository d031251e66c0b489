import StretchCatalog
import StretchCore
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchEngine

/// Columns with a UNIQUE constraint that is not the key: NULL may be in many rows, and a cold row
/// may have the value of a hot one.
@Suite struct UniqueColumnTests {
    private static let script = """
        CREATE TABLE t(id INTEGER PRIMARY KEY, u UNIQUE, a, b, v TEXT, UNIQUE (a, b));
        INSERT INTO t VALUES (1, NULL, 1, NULL, 'x'), (2, NULL, 1, NULL, 'x'), (3, 3, 1, 3, 'x'),
            (4, NULL, 1, NULL, 'x'), (5, NULL, 1, NULL, 'x'), (6, 6, 1, 6, 'x'), (7, 7, 7, 7, 'x');
        """

    @Test(arguments: ["id < 0", "id < 3", "id IN (2, 4)", "id > 0"])
    func `every row with NULL in a UNIQUE column is found and changed`(filter: String) throws {
        for condition in ["u IS NULL", "u IS ?1", "a = 1 AND b IS NULL", "a IS 1 AND b IS ?1"] {
            let twin = try MigratedTwin(Self.script, [("t", filter)], batchRowCount: 2)
            func both(_ sql: String) throws {
                if sql.contains("?1") {
                    try twin.both(sql, .null)
                } else {
                    try twin.both(sql)
                }
            }
            try both("SELECT id FROM t WHERE \(condition) ORDER BY id")
            try both("SELECT id FROM t WHERE \(condition) ORDER BY v, id")
            try both("UPDATE t SET v = 'changed' WHERE \(condition)")
            try twin.compare()
            try both("DELETE FROM t WHERE \(condition)")
            try twin.compare()
        }
    }

    @Test func `of a hot row and a cold one with the same value, both are found`() throws {
        let twin = try MigratedTwin(Self.script, [("t", "id IN (3, 6)")])
        try twin.database.tables["t"].setUniqueScope(.local)
        try twin.database.execute("INSERT INTO t VALUES (8, 3, 8, 8, 'hot')")
        let ids = "SELECT id FROM t WHERE u = 3 ORDER BY id"
        #expect(try twin.database.query(ids).rows == [[3], [8]])
        #expect(try twin.database.query("SELECT v FROM t WHERE u = 3 LIMIT 9").rows.count == 2)
        // An update makes the cold row hot, where the hot one is in its way.
        let rows = "SELECT * FROM t ORDER BY id"
        let before = try twin.database.query(rows).rows
        #expect(throws: StretchError.self) {
            try twin.database.execute("UPDATE t SET v = 'changed' WHERE u = 3")
        }
        #expect(try twin.database.query(rows).rows == before)
        try twin.database.execute("DELETE FROM t WHERE u = 3")
        #expect(try twin.database.query(ids).rows == [])
    }
}
