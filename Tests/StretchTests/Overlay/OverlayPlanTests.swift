import Stretch
import StretchCatalog
import StretchTestSupport
import Testing

@testable import StretchOverlay
@testable import StretchSQLite

/// What a plan reads of both sides, and the statement of the hot side.
@Suite struct OverlayPlanTests {
    private typealias Term = OverlayPlan.Key.Term

    private static func term(
        _ column: Int, _ comparison: IndexRequest.Operator, collation: String = "BINARY",
        isList: Bool = false, isExact: Bool = false, isColdOnly: Bool = false
    ) -> OverlayPlan.Key.Term {
        OverlayPlan.Key.Term(
            column: column, comparison: comparison, collationName: collation, isList: isList,
            isExact: isExact, isColdOnly: isColdOnly)
    }

    private static func plan(
        _ script: String, _ terms: [OverlayPlan.Key.Term] = [],
        orders: [IndexRequest.Order] = [], columnsUsed: UInt64 = .max
    ) throws -> OverlayPlan {
        let schema = try PlannedTable(script).schema
        return OverlayPlan(
            key: OverlayPlan.Key(terms: terms, orders: orders, columnsUsed: columnsUsed),
            schema: schema, columnIDs: schema.columns.indices.map { Int64($0) + 11 },
            rowidColumnID: nil)
    }

    private static func places(_ pointer: UnsafeMutablePointer<Int32>, _ count: Int) -> [Int32] {
        (0..<count).map { pointer[$0] }
    }

    // MARK: Columns

    private static let rowidTable = "CREATE TABLE t(a, id INTEGER PRIMARY KEY, b DEFAULT 7, c)"

    @Test func `both sides read the columns of the statement, and the remote the key as well`()
        throws
    {
        let plan = try Self.plan(Self.rowidTable, columnsUsed: 0b1000)
        #expect(Self.places(plan.hotColumns, 5) == [-1, 0, -1, 1, -1])
        #expect(plan.coldColumns == [3, 1] && plan.coldColumnIDs == [14, 12])
        #expect(Self.places(plan.pageColumns, 5) == [-1, 1, -1, 0, -1])
        #expect(plan.usedColumnCount == 1 && plan.keyPlaces == [1])
        #expect(Self.places(plan.allPageColumns, 5) == [0, 1, 2, 3, -1])
        #expect((0..<5).map { plan.hasDirectValue[$0] } == [true, true, false, true, false])
        #expect(plan.sql(dropped: 0).contains("SELECT h.rowid, h.\"c\" FROM main.\"t\" AS h"))
    }

    @Test func `a column that only the order names is read`() throws {
        let plan = try Self.plan(
            Self.rowidTable, orders: [IndexRequest.Order(column: 0, isDescending: true)],
            columnsUsed: 0b1000)
        #expect(plan.coldColumns == [0, 3, 1])
        #expect(Self.places(plan.hotColumns, 4) == [1, 0, -1, 2])
        #expect(
            plan.sql(dropped: 0).utf8.elementsEqual(
                """
                \(Overlay.innerMark) SELECT h.rowid, h."a", h."c" FROM main."t" AS h \
                ORDER BY h."a" DESC
                """.utf8))
    }

    @Test func `a table without rowids is read whole`() throws {
        let plan = try Self.plan(
            "CREATE TABLE t(a, b, c, PRIMARY KEY (c, a)) WITHOUT ROWID", columnsUsed: 0)
        #expect(plan.coldColumns == [0, 1, 2] && plan.keyPlaces == [2, 0])
        #expect(Self.places(plan.hotColumns, 4) == [1, 2, 3, -1])
        #expect(plan.sql(dropped: 0).contains("SELECT 0, h.\"a\", h.\"b\", h.\"c\""))
    }

    @Test func `the last bit stands for all columns from 63 on`() throws {
        let columns = (0..<70).map { "c\($0)" }.joined(separator: ", ")
        let plan = try Self.plan("CREATE TABLE t(\(columns))", columnsUsed: 1 << 63)
        #expect(plan.coldColumns == Array(63..<70))
    }

    // MARK: What a plan knows of its rows

    @Test(arguments: [
        ("CREATE TABLE t(id INTEGER PRIMARY KEY, a)", [-1], true, true),
        ("CREATE TABLE t(id INTEGER PRIMARY KEY, a)", [0], true, true),
        ("CREATE TABLE t(id INTEGER PRIMARY KEY, a)", [1], false, false),
        ("CREATE TABLE t(a, b, PRIMARY KEY (a, b))", [0, 1], false, true),
        ("CREATE TABLE t(a, b, PRIMARY KEY (a, b))", [0], false, false),
        ("CREATE TABLE t(a PRIMARY KEY, b) WITHOUT ROWID", [0], false, true),
        ("CREATE TABLE t(a, b)", [0, 1], false, false),
    ])
    func `a whole key gives the rows of one key`(
        script: String, equalColumns: [Int], isUnique: Bool, isKeyGiven: Bool
    ) throws {
        let plan = try Self.plan(script, equalColumns.map { Self.term($0, .equal) })
        #expect(plan.isUnique == isUnique && plan.isKeyGiven == isKeyGiven)
        let others = try Self.plan(script, equalColumns.map { Self.term($0, .identical) })
        #expect(!others.isUnique && !others.isKeyGiven)
    }

    @Test func `rows are counted where ranges of the rowid are all that is read`() throws {
        func mayCount(
            _ terms: [OverlayPlan.Key.Term], _ columnsUsed: UInt64,
            orders: [IndexRequest.Order] = []
        ) throws -> Bool {
            try Self.plan(Self.rowidTable, terms, orders: orders, columnsUsed: columnsUsed).mayCount
        }
        let range = Self.term(1, .greater, isExact: true)
        #expect(try mayCount([], 0) && mayCount([range], 0b10))
        #expect(try mayCount([Self.term(-1, .less, isExact: true)], 0))
        #expect(try !mayCount([], 0b10) && !mayCount([range], 0b110))
        #expect(try !mayCount([Self.term(1, .greater)], 0b10))
        #expect(try !mayCount([Self.term(1, .equal, isExact: true)], 0b10))
        #expect(
            try !mayCount([range], 0b10, orders: [.init(column: 1, isDescending: false)]))
    }

    @Test func `plans look the same rows up where they differ in affinities only`() throws {
        func plan(_ mayHaveAffinity: Bool, _ column: Int = 0) throws -> OverlayPlan {
            var term = Self.term(column, .less)
            term.mayHaveAffinity = mayHaveAffinity
            return try Self.plan(Self.rowidTable, [term])
        }
        #expect(try plan(true).isSameLookup(as: plan(false)))
        #expect(try !plan(true).isSameLookup(as: plan(true, 3)))
    }

    // MARK: Statements

    @Test(arguments: [
        (term(-1, .equal), "h.rowid = ?1"), (term(1, .lessOrEqual), "h.\"id\" <= ?1"),
        (term(0, .isNull), "h.\"a\" IS NULL"), (term(0, .isNotNull), "h.\"a\" IS NOT NULL"),
        (term(2, .greater, collation: "NOCASE"), "h.\"s\" > ?1"),
        (term(2, .identical, collation: "BINARY"), "h.\"s\" IS ?1 COLLATE \"BINARY\""),
        (term(2, .like, collation: "NOCASE"), "h.\"s\" LIKE ?1"),
        (term(2, .glob, collation: "NOCASE"), "h.\"s\" GLOB ?1"),
    ])
    func `a term is a condition on the hot table`(
        term: OverlayPlan.Key.Term, condition: String
    ) throws {
        let plan = try Self.plan(
            "CREATE TABLE t(a, id INTEGER PRIMARY KEY, s TEXT COLLATE NOCASE)", [term],
            columnsUsed: 0)
        #expect(
            plan.sql(dropped: 0).utf8.elementsEqual(
                "\(Overlay.innerMark) SELECT h.rowid FROM main.\"t\" AS h WHERE \(condition)".utf8))
    }

    @Test func `dropped terms and those of the remote alone leave the others their parameters`()
        throws
    {
        let plan = try Self.plan(
            "CREATE TABLE t(a TEXT, b TEXT, c TEXT, d TEXT)",
            [
                Self.term(0, .less), Self.term(1, .like, isColdOnly: true),
                Self.term(2, .equal, isList: true), Self.term(3, .greater),
            ], columnsUsed: 0)
        func conditions(_ dropped: UInt64) -> String {
            plan.sql(dropped: dropped).split(separator: " WHERE ").dropFirst().joined()
        }
        #expect(conditions(0) == "h.\"a\" < ?1 AND h.\"c\" = ?3 AND h.\"d\" > ?4")
        #expect(conditions(0b101) == "h.\"d\" > ?4")
        #expect(conditions(0b1101) == "")
        #expect(plan.listTerm == 2 && plan.listBit == 0b100)
    }

    @Test func `what has no affinity is equal to all that one outside could make equal`() throws {
        let script = """
            CREATE TABLE t(id INTEGER PRIMARY KEY, b BLOB);
            INSERT INTO t VALUES (1, 1), (2, '1'), (3, x'31'), (4, '1.0'), (5, NULL), (6, 2);
            """
        let plan = try Self.plan(script, [Self.term(1, .equal)], columnsUsed: 0)
        let connection = try Connection(path: ":memory:", access: .create, routines: .linked)
        try connection.execute(script)
        func keys(_ value: Value) throws -> [Value] {
            try connection.rows(plan.sql(dropped: 0) + " ORDER BY h.id", value).map { $0[0] }
        }
        // A number may meet texts that look like it, a text numbers, and a blob only itself.
        #expect(try keys(1) == [1, 2, 4])
        #expect(try keys("1") == [1, 2, 6])
        #expect(try keys(.blob([0x31])) == [3])
        #expect(try keys(.null) == [])
    }

    @Test func `a statement that was put back is taken again, for the same dropped terms`() throws {
        let script = "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)"
        let connection = try Connection(path: ":memory:", access: .create, routines: .linked)
        try connection.execute(script)
        let plan = try Self.plan(script, [Self.term(1, .less), Self.term(1, .greater)])
        let (first, second) = try (
            plan.takeStatement(dropped: 0, on: connection),
            plan.takeStatement(dropped: 0, on: connection)
        )
        #expect(first !== second)
        plan.putStatement(second, dropped: 0)
        plan.putStatement(first, dropped: 0)
        #expect(try plan.takeStatement(dropped: 0, on: connection) === second)
        let other = try plan.takeStatement(dropped: 1, on: connection)
        #expect(other !== first && other.parameterCount == 2)
        plan.putStatement(other, dropped: 1)
        #expect(try plan.takeStatement(dropped: 0, on: connection) === first)
        #expect(try plan.takeStatement(dropped: 1, on: connection) === other)
    }
}
