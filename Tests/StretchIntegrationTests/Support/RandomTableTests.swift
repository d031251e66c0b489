import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

/// Two plain databases with the same rows: the second visits rows in another order, with
/// other indexes, so that an answer that is not determined shows itself.
private final class Twins {
    let connections: [Connection]
    let table: RandomTable

    init(_ table: RandomTable) throws {
        self.table = table
        connections = try (0..<2).map { _ in
            try Connection(path: ":memory:", access: .create, routines: .linked)
        }
        for statement in table.createStatements { try connections[0].execute(statement) }
        try connections[1].execute(table.createStatements[0])
        try connections[1].execute("PRAGMA reverse_unordered_selects = ON")
    }

    /// The answers, or the errors, of both.
    func run(_ sql: String, _ values: [Value]) -> [Result<[[Value]], SQLiteError>] {
        connections.map { connection in
            do throws(SQLiteError) {
                let statement = try connection.prepare(sql)
                try statement.bind(values)
                return .success(try statement.rows())
            } catch {
                return .failure(error)
            }
        }
    }

    /// Whether both hold the same rows.
    func areEqual() throws -> Bool {
        let rows = try connections.map { try $0.rows("SELECT * FROM \(table.quotedName)") }
        return rows[0] == rows[1] || rows[0].counted == rows[1].counted
    }
}

extension [[Value]] {
    fileprivate var counted: [[Value]: Int] {
        reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }
}

extension Result<[[Value]], SQLiteError> {
    fileprivate var code: Int32 {
        switch self {
        case .success: 0
        case .failure(let error): error.code
        }
    }
}

private func isEqual(
    _ answers: [Result<[[Value]], SQLiteError>], isOrdered: Bool
) -> Bool {
    guard case .success(let left) = answers[0], case .success(let right) = answers[1] else {
        return answers[0].code == answers[1].code
    }
    return isOrdered ? left == right : left.counted == right.counted
}

/// Constraint, mismatch, and too big: what a valid statement may fail with.
private let expectedCodes: Set<Int32> = [19, 20, 18]

@Suite struct RandomTableTests {
    let firstSeed = SeededGenerator.seedFromEnvironment(default: 1)

    @Test func `random statements are valid, and rows alone determine what they do`() throws {
        var (statementCount, successCount) = (0, 0)
        var (queryCount, matchCount) = (0, 0)
        for seed in firstSeed..<firstSeed + 300 {
            var generator = SeededGenerator(seed: seed)
            let table = RandomTable(named: "t", using: &generator)
            let twins = try Twins(table)
            for step in 0..<80 {
                // Rows first, then anything.
                let change =
                    step < 30
                    ? table.randomInsert(using: &generator) : table.randomChange(using: &generator)
                let results = twins.run(change.sql, change.values)
                statementCount += 1
                if results[0].code == 0 { successCount += 1 }
                let isExpected = results[0].code == 0 || expectedCodes.contains(results[0].code)
                guard try isExpected && isEqual(results, isOrdered: false) && twins.areEqual()
                else { return _ = Issue.record("seed \(seed): \(change) \(results)") }
                guard step >= 30 else { continue }
                let query = table.randomQuery(using: &generator)
                let answers = twins.run(query.sql, query.values)
                guard answers[0].code == 0, isEqual(answers, isOrdered: query.isOrdered)
                else { return _ = Issue.record("seed \(seed): \(query) \(answers)") }
                queryCount += 1
                if case .success(let rows) = answers[0], !rows.isEmpty { matchCount += 1 }
            }
        }
        #expect(Double(successCount) > 0.8 * Double(statementCount))
        #expect(Double(matchCount) > 0.5 * Double(queryCount), "most queries return no row")
    }

    @Test func `a filter predicate is deterministic, and most split the rows`() throws {
        var splitCount = 0
        for seed in firstSeed..<firstSeed + 300 {
            var generator = SeededGenerator(seed: seed)
            let table = RandomTable(named: "t", using: &generator)
            let twins = try Twins(table)
            for _ in 0..<40 {
                let insert = table.randomInsert(using: &generator)
                _ = twins.run(insert.sql, insert.values)
            }
            let predicate = table.randomFilterPredicate(using: &generator)
            // A partial index accepts deterministic conditions without subqueries only.
            try twins.connections[0].execute("CREATE INDEX p ON t (1) WHERE \(predicate)")
            let order = table.randomOrderAndLimit(using: &generator)
            let exact = table.columns.map { table.exactExpression(for: $0) }
            let condition = table.randomCondition(qualifier: "t", using: &generator)
            let list = "SELECT \(exact.joined(separator: ", ")) FROM t WHERE \(condition)\(order)"
            #expect(isEqual(twins.run(list, []), isOrdered: true), "seed \(seed): \(list)")
            let counts = try twins.connections.map {
                try $0.rows("SELECT count(*), count(*) FILTER (WHERE \(predicate)) FROM t")[0]
            }
            #expect(counts[0] == counts[1], "seed \(seed): \(predicate)")
            if counts[0][1] != 0, counts[0][1] != counts[0][0] { splitCount += 1 }
        }
        #expect(splitCount > 150)
    }

    @Test func `random tables are of every kind`() throws {
        var seen: Set<String> = []
        for seed in firstSeed..<firstSeed + 300 {
            var generator = SeededGenerator(seed: seed)
            let table = RandomTable(named: "t", using: &generator)
            seen.insert("\(table.keyKind) \(table.isStrict)")
            seen.formUnion(table.columns.map(\.declaredType))
            seen.formUnion(table.columns.map(\.collation))
            let text = table.createStatements.joined(separator: "; ")
            let features = [
                "STORED", "VIRTUAL", "CHECK", "DEFAULT", "NOT NULL", " WHERE ", " DESC", "lower(",
            ]
            seen.formUnion(features.filter(text.contains))
        }
        // 7 key kinds, strict or not; 12 declared types; 3 collations; 8 features.
        #expect(seen.count == 14 + 12 + 3 + 8, "\(seen.sorted())")
    }

    @Test func `equal seeds give equal tables, statements and values`() {
        func script(_ seed: UInt64) -> [String] {
            var generator = SeededGenerator(seed: seed)
            let table = RandomTable(named: "t", using: &generator)
            let change = table.randomChange(using: &generator)
            let query = table.randomQuery(using: &generator)
            return table.createStatements + ["\(change)", "\(query)"]
        }
        #expect(script(firstSeed) == script(firstSeed))
        #expect(script(firstSeed) != script(firstSeed + 1))
    }

    @Test func `a literal gives exactly its value`() throws {
        let connection = try Connection(path: ":memory:", access: .create, routines: .linked)
        var generator = SeededGenerator(seed: firstSeed)
        let table = RandomTable(
            named: "t", keyKind: .withoutRowIDCompositeKey, isStrict: false, using: &generator)
        let column = try #require(table.columns.last)
        for _ in 0..<2_000 {
            let value = table.randomValue(for: column, using: &generator)
            let row = try connection.rows("SELECT \(value.literal), ?1", value)[0]
            #expect(row == [value, value], "\(value)")
        }
    }
}
