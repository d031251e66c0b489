internal import Foundation
internal import Stretch
internal import StretchEngine
internal import StretchSQLite
internal import StretchTestSupport

/// Moves amounts between the rows of `accounts(id, day, amount, touched)` so that the number of
/// rows and the sum of `amount` never change for anyone; each transaction adds one to `touched` of
/// one row, so that a lost update is seen.
struct WriterWork {
    private let arguments: WorkerArguments
    private let database: StretchDatabase
    private var generator: SystemRandomNumberGenerator
    private var nextKey: Int

    init(_ arguments: WorkerArguments) throws {
        self.arguments = arguments
        database = try StretchDatabase(path: arguments.path, configuration: .everyRemote)
        generator = SystemRandomNumberGenerator()
        nextKey = arguments.integer("key", default: 1_000_000)
    }

    mutating func run() throws {
        let deadline = arguments.deadline()
        var count = 0
        arguments.report("ready")
        while ContinuousClock.now < deadline {
            switch Int.random(in: 0..<8, using: &generator) {
            case 0..<3: try moveInTransaction(rollsBack: false)
            case 3: try moveInTransaction(rollsBack: true)
            case 4, 5: try moveInOneStatement()
            case 6: try moveManyInOneStatement()
            default: try replaceRow()
            }
            // SQLite's lock is not fair: without a pause one writer can keep it from the others.
            usleep(UInt32.random(in: 1_000...4_000, using: &generator))
            // What was rolled back touched nothing, and is not counted.
            count += lastTouchCount
        }
        arguments.report("touched=\(count)")
    }
    private var lastTouchCount = 0

    private mutating func someKeys() throws -> (Value, Value) {
        let start = Value.integer(Int64.random(in: 0..<2_000, using: &generator))
        let rows = try database.query(
            "SELECT id FROM accounts WHERE id >= ? ORDER BY id LIMIT 40", start
        ).rows.map { $0[0] }
        guard rows.count > 1 else { return (1, 2) }
        let first = Int.random(in: 1..<rows.count, using: &generator)
        return (rows[0], rows[first])
    }

    private mutating func moveInTransaction(rollsBack: Bool) throws {
        let amount = Value.integer(Int64.random(in: 1...50, using: &generator))
        lastTouchCount = 0
        try database.execute("BEGIN IMMEDIATE")
        do {
            // Under the write lock nobody else replaces these rows.
            let (first, second) = try someKeys()
            try database.execute(
                "UPDATE accounts SET amount = amount - ?, touched = touched + 1 WHERE id = ?",
                amount, first)
            try database.execute(
                "UPDATE accounts SET amount = amount + ? WHERE id = ?", amount, second)
            try database.execute(rollsBack ? "ROLLBACK" : "COMMIT")
        } catch {
            try? database.execute("ROLLBACK")
            throw error
        }
        if !rollsBack { lastTouchCount = 1 }
    }

    private mutating func moveInOneStatement() throws {
        let (first, second) = try someKeys()
        let amount = Value.integer(Int64.random(in: 1...50, using: &generator))
        // Another writer may have replaced one of the rows: then the statement moves nothing.
        let statement = try database.prepare(
            """
            UPDATE accounts SET amount = amount + CASE id WHEN ?1 THEN -?3 ELSE ?3 END,
                touched = touched + (id = ?1)
            WHERE id IN (?1, ?2) AND (SELECT count(*) FROM accounts WHERE id IN (?1, ?2)) = 2
            """)
        try statement.bind([first, second, amount]).run()
        let changes = try database.query("SELECT changes()").rows[0][0]
        guard changes == 0 || changes == 2 else {
            arguments.fail("an UPDATE of two rows changed \(changes)")
        }
        lastTouchCount = changes == 2 ? 1 : 0
    }

    private mutating func moveManyInOneStatement() throws {
        // One row pays for all rows of a range, hot and cold.
        lastTouchCount = 0
        try database.execute("BEGIN IMMEDIATE")
        do {
            let (first, last) = try someKeys()
            try database.execute(
                "UPDATE accounts SET amount = amount + 1 WHERE id BETWEEN ? AND ?", first, last)
            try database.execute(
                "UPDATE accounts SET amount = amount - changes() WHERE id = ?", first)
            try database.execute("COMMIT")
        } catch {
            try? database.execute("ROLLBACK")
            throw error
        }
    }

    private mutating func replaceRow() throws {
        nextKey += 1
        lastTouchCount = 0
        try database.execute("BEGIN IMMEDIATE")
        do {
            let (key, _) = try someKeys()
            let row = try database.query(
                "SELECT day, amount, touched FROM accounts WHERE id = ?", key
            ).rows[0]
            try database.execute("DELETE FROM accounts WHERE id = ?", key)
            try database.execute(
                "INSERT INTO accounts(id, day, amount, touched) VALUES(?, ?, ?, ? + 1)",
                .integer(Int64(nextKey)), row[0], row[1], row[2])
            try database.execute("COMMIT")
        } catch {
            try? database.execute("ROLLBACK")
            throw error
        }
        lastTouchCount = 1
    }
}

/// Checks at every moment that no row and no amount is missing or doubled.
struct ReaderWork {
    private let arguments: WorkerArguments

    init(_ arguments: WorkerArguments) { self.arguments = arguments }

    func run() throws {
        let database = try StretchDatabase(path: arguments.path, configuration: .everyRemote)
        let deadline = arguments.deadline()
        let rowCount = Value.integer(Int64(arguments.integer("count", default: 0)))
        let sum = Value.integer(Int64(arguments.integer("sum", default: 0)))
        let queries = [
            "SELECT count(*), sum(amount) FROM accounts",
            "SELECT count(id), sum(amount) FROM (SELECT * FROM accounts ORDER BY id)",
            "SELECT count(*), sum(amount) FROM accounts AS a WHERE +a.day >= 0",
            "SELECT count(DISTINCT id), sum(amount) FROM accounts",
        ]
        var count = 0
        arguments.report("ready")
        while ContinuousClock.now < deadline {
            let query = queries[count % queries.count]
            let row = try database.query(query).rows[0]
            guard row == [rowCount, sum] else {
                arguments.fail("\(query): \(row), not \([rowCount, sum])")
            }
            count += 1
        }
        arguments.report("reads=\(count)")
    }
}

/// Adds one to one row, many times, in autocommit.
struct CounterWork {
    private let arguments: WorkerArguments

    init(_ arguments: WorkerArguments) { self.arguments = arguments }

    func run() throws {
        let database = try StretchDatabase(path: arguments.path, configuration: .everyRemote)
        let key = Value.integer(Int64(arguments.integer("id", default: 5)))
        for _ in 0..<arguments.integer("count", default: 1) {
            try database.execute("UPDATE accounts SET amount = amount + 1 WHERE id = ?", key)
        }
        arguments.report("done")
    }
}
