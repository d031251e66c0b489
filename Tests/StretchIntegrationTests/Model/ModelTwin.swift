import Stretch
import StretchCore
import StretchEngine
import StretchSQLite
import StretchTestSupport

/// A stretched database and a plain one that live the same life.
final class ModelTwin {
    /// A known difference: what a wrong type in a STRICT table does.
    ///
    /// On a plain table, SQLite keeps the rows before it where the statement says OR IGNORE or OR
    /// FAIL, and does not look at the type of a row that it ignores; before a BEFORE trigger it
    /// looks first, and undoes them all.
    struct KnownDifference: Error {}

    private let folder: TemporaryFolder
    private let table: RandomTable
    private let plain: Connection
    private var stretched: StretchDatabase
    private var random: SeededGenerator
    private var log: TwinLog
    private var isInTransaction = false
    private(set) var stepCount = 0
    private(set) var movedRowCount: Int64 = 0

    /// Makes both databases with a random table and a few rows.
    init(seed: UInt64) throws {
        random = SeededGenerator(seed: seed)
        folder = try TemporaryFolder(isInMemory: true)
        table = RandomTable(named: "t", using: &random)
        log = TwinLog(table.createStatements)
        plain = try Connection(
            path: folder.path("plain.db"), access: .create, routines: .linked)
        let local = try Connection(
            path: folder.path("local.db"), access: .create, routines: .linked)
        for connection in [plain, local] {
            try connection.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF")
            for statement in table.createStatements { try connection.execute(statement) }
        }
        // Automatic indexes of SQLite 3.40 lose rows: `an automatic index of SQLite loses no row`.
        try plain.execute("PRAGMA automatic_index = OFF")
        stretched = try StretchDatabase(path: folder.path("local.db"), configuration: .everyRemote)
        try stretched.enable(server: "file:archive.db")
        try enableTable()
        for _ in 0..<20 { try compare(table.randomInsert(using: &random)) }
    }

    /// A filter that the product refuses is drawn again: what it refuses is tested elsewhere.
    private func enableTable() throws {
        while true {
            let filter = table.randomFilterPredicate(using: &random)
            if try isAccepted({ try stretched.tables["t"].enable(filter: filter) }) {
                log.append("-- filter: \(filter)")
                return
            }
        }
    }

    /// One random step, after which both answer alike.
    func step() throws {
        stepCount += 1
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<45: try compare(table.randomChange(using: &random))
        case 45..<75: try compareQuery()
        case 75..<80: try switchTransaction()
        case 80..<88: try migrate()
        case 88..<91: try bringBack()
        case 91..<94: try alterFilter()
        case 94..<96: try reopen()
        case 96..<98: try vacuum()
        default: try compareContents()
        }
    }

    /// Ends an open transaction, compares all rows, and verifies the remote.
    func finish() throws {
        if isInTransaction { try switchTransaction() }
        try compareContents()
        let result = try stretched.verify()
        guard result.findings.isEmpty else { throw difference("verify found \(result)") }
    }

    private func isAccepted(_ body: () throws -> Void) throws -> Bool {
        do {
            try body()
            return true
        } catch {
            guard (error as? StretchError)?.code == .invalidArgument else { throw error }
            return false
        }
    }

    // MARK: Steps

    private func switchTransaction() throws {
        guard isInTransaction else {
            isInTransaction = true
            return try compare(sql: "BEGIN")
        }
        isInTransaction = false
        try compare(sql: Bool.random(using: &random) ? "COMMIT" : "ROLLBACK")
        try compareContents()
    }

    private func migrate() throws {
        guard !isInTransaction else { return }
        let batchRowCount = Int.random(in: 1...12, using: &random)
        log.append("-- migrate \(batchRowCount)")
        try stretched.tables["t"].resume(.outbound)
        let report = try stretched.migrate(batchRowCount: batchRowCount)
        movedRowCount += report.tables.reduce(0) { $0 + $1.rowCount }
        try compareContents()
    }

    private func bringBack() throws {
        guard !isInTransaction else { return }
        let condition =
            Bool.random(using: &random) ? table.randomFilterPredicate(using: &random) : nil
        log.append("-- bring back \(condition ?? "all")")
        _ = try isAccepted { try stretched.tables["t"].bringBack(where: condition) }
        try compareContents()
    }

    private func alterFilter() throws {
        guard !isInTransaction else { return }
        let filter = table.randomFilterPredicate(using: &random)
        log.append("-- filter: \(filter)")
        _ = try isAccepted { try stretched.tables["t"].alter(filter: filter) }
    }

    private func reopen() throws {
        guard !isInTransaction else { return }
        log.append("-- reopen")
        stretched = try StretchDatabase(path: folder.path("local.db"), configuration: .everyRemote)
    }

    private func vacuum() throws {
        guard !isInTransaction else { return }
        log.append("VACUUM")
        try plain.execute("VACUUM")
        try stretched.execute("VACUUM")
        try compareContents()
    }

    // MARK: Comparing

    private func compareContents() throws {
        let columns = table.columns.map(\.quotedName).joined(separator: ", ")
        try compare(sql: "SELECT \(columns) FROM t")
        try compare(sql: "SELECT count(*) FROM t")
    }

    private func compareQuery() throws {
        let query = table.randomQuery(using: &random)
        try compare(query.sql, query.values, isOrdered: query.isOrdered)
    }

    private func compare(_ statement: RandomStatement) throws {
        try compare(statement.sql, statement.values, isOrdered: false)
        guard plain.changeCount == stretched.changeCount else {
            throw difference(
                "changes() is \(stretched.changeCount) and not \(plain.changeCount)")
        }
        try compareContents()
    }

    private func compare(sql: String) throws { try compare(sql, [], isOrdered: false) }

    private func compare(_ sql: String, _ values: [Value], isOrdered: Bool) throws {
        log.append("\(sql) -- \(values.map(\.literal))")
        let expected = Result { try rows(plain.prepare(sql), values) }
        let actual = Result { try rows(stretched.prepare(sql), values) }
        switch (expected, actual) {
        case (.success(let expected), .success(let actual)):
            try log.requireSame(
                actual, as: expected, isOrdered: isOrdered, "step \(stepCount)")
        case (.failure(let expected), .failure(let actual)):
            let isTypeError = "\(actual)".contains("cannot store")
            if table.isStrict, isTypeError { throw KnownDifference() }
            // A constraint that OR IGNORE must not ignore is an error of another class.
            guard
                TwinLog.code(expected) == TwinLog.code(actual)
                    || (TwinLog.code(actual) == 1 && sql.contains("OR IGNORE"))
            else {
                throw difference("error \(actual) and not \(expected)")
            }
        case (.success(let expected), .failure(let actual)):
            let isTypeError = "\(actual)".contains("cannot store")
            if table.isStrict, isTypeError, sql.contains("INSERT") { throw KnownDifference() }
            throw difference("error \(actual) and not \(expected.count) rows")
        case (.failure(let expected), .success(let actual)):
            throw difference("\(actual.count) rows and not the error \(expected)")
        }
    }

    private func rows(_ statement: Statement, _ values: [Value]) throws -> [[Value]] {
        try statement.bind(values)
        var rows: [[Value]] = []
        while try statement.step() {
            rows.append((0..<statement.columnCount).map { statement.column($0) })
        }
        statement.reset()
        return rows
    }

    private func difference(_ text: String) -> TwinLog.Difference {
        log.difference("step \(stepCount): \(text)")
    }
}
