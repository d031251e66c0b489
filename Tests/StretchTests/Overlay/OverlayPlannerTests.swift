import SQLText
import StretchCatalog
import StretchTestSupport
import Testing

@testable import StretchOverlay
@testable import StretchSQLite

/// Which conditions of a statement go inside, and what SQLite is told of their cost.
@Suite struct OverlayPlannerTests {
    private static let script = """
        CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT, n NUMERIC, b BLOB, i INTEGER, r REAL);
        CREATE INDEX t_s ON t(s); CREATE INDEX t_i ON t(i);
        """

    // MARK: Conditions that are used

    /// What the planner does with one condition.
    enum Use: Equatable {
        case ignored
        /// Both sides check it, and SQLite once more.
        case advice
        /// Both sides check it, and SQLite does not.
        case exact
        /// Only the remote is asked with it.
        case coldOnly
        case wholeList
        /// As `advice`, but a text may come from a numeric column.
        case perhapsWithAffinity
    }

    struct Condition: CustomTestStringConvertible {
        var column: String
        var comparison: IndexRequest.Operator
        var use: Use
        var shape: StatementShape = []
        var coldRowCount: Int64 = 1_000
        var hasOwnPatterns = true
        var isUsable = true
        var isList = false
        var isLiteral = false

        var testDescription: String {
            "\(column) \(comparison) shape \(shape.rawValue) cold \(coldRowCount)"
                + "\(isList ? " list" : "")\(isLiteral ? " literal" : "") is \(use)"
        }
    }

    static let plainConditions: [Condition] = [
        Condition(column: "rowid", comparison: .equal, use: .exact),
        Condition(column: "id", comparison: .lessOrEqual, use: .exact),
        Condition(column: "id", comparison: .identical, use: .advice),
        Condition(column: "rowid", comparison: .isNull, use: .advice),
        Condition(column: "rowid", comparison: .glob, use: .ignored),
        Condition(column: "s", comparison: .equal, use: .advice),
        Condition(column: "s", comparison: .equal, use: .ignored, isUsable: false),
        Condition(column: "s", comparison: .other, use: .ignored),
        Condition(column: "missing", comparison: .equal, use: .ignored),
        Condition(column: "b", comparison: .equal, use: .advice),
        // Without an affinity inside, other comparisons could differ from those outside.
        Condition(column: "b", comparison: .less, use: .ignored),
        Condition(column: "b", comparison: .identical, use: .ignored),
        Condition(column: "b", comparison: .isNull, use: .advice, shape: .joinsOuter),
        Condition(column: "b", comparison: .isNotNull, use: .advice),
        Condition(column: "b", comparison: .isNotNull, use: .ignored, shape: .joinsOuter),
    ]

    static let patterns: [Condition] = [
        // The hot side has an index for the prefix.
        Condition(column: "s", comparison: .like, use: .advice),
        Condition(column: "s", comparison: .like, use: .advice, coldRowCount: 0),
        Condition(column: "s", comparison: .like, use: .ignored, shape: .joinsOuter),
        Condition(column: "s", comparison: .like, use: .ignored, hasOwnPatterns: false),
        Condition(column: "n", comparison: .glob, use: .coldOnly),
        Condition(column: "n", comparison: .glob, use: .ignored, coldRowCount: 0),
        // Numbers have no prefix, though an index is there.
        Condition(column: "i", comparison: .like, use: .ignored),
        Condition(column: "r", comparison: .like, use: .ignored),
    ]

    static let columnsOfRowValues: [Condition] = [
        Condition(column: "s", comparison: .equal, use: .ignored, shape: .listsRowValues),
        Condition(
            column: "s", comparison: .equal, use: .advice, shape: .listsRowValues, isLiteral: true),
        Condition(
            column: "s", comparison: .equal, use: .wholeList, shape: .listsRowValues, isList: true),
        Condition(column: "s", comparison: .greater, use: .advice, shape: .listsRowValues),
        Condition(column: "i", comparison: .equal, use: .advice, shape: .listsRowValues),
        Condition(
            column: "i", comparison: .equal, use: .ignored, shape: [.listsRowValues, .joinsOuter]),
        Condition(
            column: "rowid", comparison: .equal, use: .ignored,
            shape: [.listsRowValues, .joinsOuter]),
    ]

    static let affinities: [Condition] = [
        Condition(
            column: "s", comparison: .less, use: .perhapsWithAffinity, shape: .comparesTables),
        Condition(
            column: "s", comparison: .lessOrEqual, use: .perhapsWithAffinity,
            shape: .comparesTables),
        Condition(
            column: "s", comparison: .less, use: .advice, shape: .comparesTables, isLiteral: true),
        Condition(column: "s", comparison: .greater, use: .advice, shape: .comparesTables),
        Condition(column: "i", comparison: .less, use: .advice, shape: .comparesTables),
        Condition(column: "s", comparison: .less, use: .advice),
    ]

    static let lists: [Condition] = [
        Condition(column: "s", comparison: .equal, use: .wholeList, isList: true),
        // One by one, its values would be compared without the affinity of the list.
        Condition(column: "s", comparison: .equal, use: .wholeList, coldRowCount: 0, isList: true),
        Condition(column: "i", comparison: .equal, use: .wholeList, isList: true),
        Condition(column: "i", comparison: .equal, use: .advice, coldRowCount: 0, isList: true),
        Condition(column: "id", comparison: .equal, use: .wholeList, isList: true),
        Condition(column: "rowid", comparison: .equal, use: .exact, isList: true),
        Condition(column: "b", comparison: .equal, use: .ignored, isList: true),
    ]

    @Test(arguments: plainConditions + patterns + columnsOfRowValues + affinities + lists)
    func `a condition goes inside where both sides compare as SQLite does`(
        condition: Condition
    ) throws {
        var table = try PlannedTable(Self.script)
        table.shape = condition.shape
        table.coldRowCount = condition.coldRowCount
        table.hasOwnPatterns = condition.hasOwnPatterns
        let (key, answer) = try table.plan([
            table.constraint(
                condition.column, condition.comparison, isUsable: condition.isUsable, index: 3,
                isList: condition.isList, isLiteral: condition.isLiteral)
        ])
        guard condition.use != .ignored else {
            #expect(key.terms.isEmpty && answer.arguments.isEmpty)
            return
        }
        let term = try #require(key.terms.first)
        #expect(key.terms.count == 1 && answer.arguments.count == 1)
        #expect(term.column == table.place(condition.column))
        #expect(term.comparison == condition.comparison)
        #expect(term.isExact == (condition.use == .exact))
        #expect(term.isList == (condition.use == .wholeList))
        #expect(term.isColdOnly == (condition.use == .coldOnly))
        #expect(term.mayHaveAffinity == (condition.use == .perhapsWithAffinity))
        #expect(
            answer.arguments[0]
                == (constraint: 3, isList: term.isList, isExact: condition.use == .exact))
    }

    @Test func `an unused pattern never asks whose LIKE it is`() throws {
        struct Asked: Error {}
        let table = try PlannedTable(Self.script)
        let planner = OverlayPlanner(
            schema: table.schema, coldRowCount: 5, shape: [], hasOwnPatterns: { throw Asked() })
        func plan(_ name: String, _ comparison: IndexRequest.Operator) throws {
            _ = try planner.plan(
                IndexRequest(
                    constraints: [table.constraint(name, comparison)], orders: [],
                    isDistinct: false, columnsUsed: 0))
        }
        try plan("i", .like)
        try plan("s", .equal)
        #expect(throws: Asked.self) { try plan("s", .like) }
    }

    @Test(arguments: [
        // A key beside the rowid, or instead of it; a rowid without a name.
        "CREATE TABLE t(id TEXT PRIMARY KEY, s)", "CREATE TABLE t(id PRIMARY KEY) WITHOUT ROWID",
        "CREATE TABLE t(s)", "CREATE TABLE t(rowid INTEGER PRIMARY KEY, _rowid_, oid)",
    ])
    func `the rowid is compared only where it is the key and has a name`(script: String) throws {
        let table = try PlannedTable(script)
        #expect(try table.plan([table.constraint("rowid", .equal)]).key.terms.isEmpty)
    }

    @Test func `of two lists one is taken whole, and a text is not looked up one by one`() throws {
        let table = try PlannedTable(Self.script)
        let numberThenText = try table.plan([
            table.constraint("i", .equal, index: 0, isList: true),
            table.constraint("s", .equal, index: 1, isList: true),
        ])
        #expect(numberThenText.key.terms.map(\.isList) == [true])
        let textThenNumber = try table.plan([
            table.constraint("s", .equal, index: 0, isList: true),
            table.constraint("i", .equal, index: 1, isList: true),
        ])
        #expect(textThenNumber.key.terms.map(\.isList) == [true, false])
        #expect(textThenNumber.answer.arguments.map(\.constraint) == [0, 1])
    }

    @Test func `arguments stand in the order of terms, and those left out have no place`() throws {
        let table = try PlannedTable(Self.script)
        let answer = try table.plan([
            table.constraint("b", .less, index: 0), table.constraint("s", .greater, index: 1),
            table.constraint("s", .other, index: 2), table.constraint("id", .equal, index: 3),
        ]).answer
        #expect(answer.arguments.map(\.constraint) == [1, 3])
        #expect(answer.arguments.map(\.isExact) == [false, true])
    }

    @Test func `dropped terms have a bit each, so that 60 terms are taken at most`() throws {
        let table = try PlannedTable(Self.script)
        let constraints = (0..<70).map { table.constraint("s", .equal, index: $0) }
        let (key, answer) = try table.plan(constraints)
        #expect(key.terms.count == 60)
        #expect(answer.arguments.map(\.constraint) == Array(0..<60))
    }

    // MARK: Order

    private static let orderScript = """
        CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT, i INTEGER, c TEXT, d TEXT COLLATE NOCASE);
        CREATE INDEX t_s_i ON t(s DESC, i);
        CREATE INDEX t_c ON t(c COLLATE NOCASE);
        CREATE INDEX t_d ON t(d);
        CREATE INDEX t_i ON t(i) WHERE i > 0;
        """

    @Test(arguments: [
        (["id"], true), (["id-"], true), (["rowid"], true), (["rowid-"], true),
        (["s"], true), (["s-"], true), (["s-", "i"], true), (["s", "i-"], true),
        (["s", "i"], false), (["s-", "i-"], false), (["i", "s"], false),
        (["s", "i-", "id"], false),
        // Another collation than the column's; a partial index; an index of the column's own.
        (["c"], false), (["i"], false), (["d-"], true),
    ])
    func `an order that the key or an index gives needs no sort`(
        names: [String], isOrdered: Bool
    ) throws {
        let table = try PlannedTable(Self.orderScript)
        let orders = names.flatMap { table.order($0) }
        let (key, answer) = try table.plan([], orders: orders)
        #expect(answer.isOrdered == isOrdered)
        #expect(key.orders == (isOrdered ? orders : []))
    }

    @Test func `a column that is equal to one value needs no place in the order`() throws {
        let table = try PlannedTable(Self.orderScript)
        let equal = table.constraint("s", .equal)
        #expect(try table.plan([equal], orders: table.order("i")).answer.isOrdered)
        #expect(try table.plan([equal], orders: table.order("i-")).answer.isOrdered)
        #expect(try table.plan([equal], orders: table.order("s", "i")).answer.isOrdered)
        #expect(try !table.plan([equal], orders: table.order("c", "i")).answer.isOrdered)
        let less = table.constraint("s", .less)
        #expect(try !table.plan([less], orders: table.order("i")).answer.isOrdered)
    }

    @Test func `runs for each value of a list are in no order`() throws {
        let table = try PlannedTable(Self.orderScript)
        let list = table.constraint("s", .equal, isList: true)
        let (key, answer) = try table.plan([list], orders: table.order("id"))
        #expect(key.orders == [] && !answer.isOrdered)
    }

    // MARK: DISTINCT

    @Test func `duplicates may be left out where no key tells rows apart`() throws {
        var table = try PlannedTable(Self.orderScript)
        func isDistinct(
            _ names: [String], _ constraints: [IndexRequest.Constraint] = []
        ) throws -> Bool {
            let orders = names.flatMap { table.order($0) }
            return try table.plan(constraints, orders: orders, isDistinct: true).key.isDistinct
        }
        #expect(try isDistinct(["s"]) && isDistinct(["s", "i"]))
        #expect(try !isDistinct([]) && !isDistinct(["id"]) && !isDistinct(["s", "rowid"]))
        #expect(try !isDistinct(["s"], [table.constraint("i", .equal)]))
        #expect(try !isDistinct(["s"], [table.constraint("i", .identical)]))
        #expect(try isDistinct(["s"], [table.constraint("i", .less)]))
        // Cold rows without duplicates come in no order.
        let plan = try table.plan([], orders: table.order("s"), isDistinct: true)
        #expect(plan.key.orders == [] && !plan.answer.isOrdered)
        table.coldRowCount = 0
        #expect(try !isDistinct(["s"]))
    }

    // MARK: Estimates

    @Test func `the more a condition selects, the less it costs`() throws {
        let table = try PlannedTable(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, u TEXT UNIQUE, s TEXT, i INTEGER, x);
            CREATE INDEX t_s_i ON t(s, i);
            """)
        let plans = try [
            [table.constraint("id", .equal)],
            [table.constraint("u", .equal)],
            [table.constraint("s", .equal), table.constraint("i", .equal)],
            [table.constraint("s", .equal)],
            [table.constraint("id", .greater), table.constraint("id", .less)],
            [table.constraint("id", .greater)],
            [],
        ].map { try table.plan($0).answer }
        for (better, worse) in zip(plans, plans.dropFirst()) {
            #expect(better.cost < worse.cost)
            #expect(better.rowCount <= worse.rowCount)
        }
        #expect(plans[0].rowCount == 1 && plans[1].rowCount == 1)
        #expect(plans[6].rowCount == 1_049_576)
    }

    @Test func `only the key promises SQLite at most one row`() throws {
        let table = try PlannedTable(
            "CREATE TABLE t(id INTEGER PRIMARY KEY, u TEXT UNIQUE, a, b, UNIQUE (a, b))")
        func answer(_ conditions: (String, IndexRequest.Operator)...) throws -> IndexPlan {
            try table.plan(conditions.map { table.constraint($0.0, $0.1) }).answer
        }
        #expect(try answer(("id", .equal)).isUnique && answer(("rowid", .equal)).isUnique)
        #expect(try !answer(("id", .less)).isUnique)
        // A cold row may have a hot one's value, and many rows NULL.
        #expect(try !answer(("u", .equal)).isUnique && answer(("u", .equal)).rowCount == 1)
        #expect(try !answer(("a", .equal), ("b", .equal)).isUnique)
        #expect(try !answer(("u", .isNull)).isUnique && answer(("u", .isNull)).rowCount > 1)
        #expect(try !answer(("u", .identical)).isUnique && answer(("u", .identical)).rowCount > 1)
        let list = table.constraint("id", .equal, isList: true)
        #expect(try !table.plan([list]).answer.isUnique)
    }

    @Test func `statistics of the file replace assumptions, and cold rows are added`() throws {
        let table = try PlannedTable(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT, i INTEGER); CREATE INDEX t_s ON t(s, i);
            ANALYZE; INSERT INTO sqlite_stat1 VALUES ('t', 't_s', '500 40 2');
            """)
        #expect(try table.plan([]).answer.rowCount == 1_500)
        let one = table.constraint("s", .equal)
        #expect(try table.plan([one]).answer.rowCount == 40)
        #expect(try table.plan([one, table.constraint("i", .equal)]).answer.rowCount == 2)
        // A condition without an index leaves a share.
        #expect(try table.plan([table.constraint("i", .equal)]).answer.rowCount == 150)
        #expect(try table.plan([table.constraint("i", .less)]).answer.rowCount == 450)
    }

    @Test func `an index of another collation serves numbers only`() throws {
        let table = try PlannedTable(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, s TEXT, i INTEGER);
            CREATE INDEX t_s ON t(s COLLATE NOCASE); CREATE INDEX t_i ON t(i COLLATE NOCASE);
            """)
        func cost(_ name: String, _ collation: String) throws -> Double {
            try table.plan([table.constraint(name, .equal, collation: collation)]).answer.cost
        }
        let whole = try table.plan([]).answer.cost
        #expect(try cost("s", "BINARY") == whole)
        #expect(try cost("s", "NOCASE") < whole / 1_000)
        #expect(try cost("i", "BINARY") < whole / 1_000)
    }

    @Test func `a list costs as many runs as it may have values`() throws {
        let table = try PlannedTable(Self.script)
        let one = try table.plan([table.constraint("s", .equal)]).answer
        let list = try table.plan([table.constraint("s", .equal, isList: true)]).answer
        #expect(list.cost == one.cost * 25)
        #expect(list.rowCount == one.rowCount * 25)
    }
}
