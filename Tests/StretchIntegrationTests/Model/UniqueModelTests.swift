import Foundation
import StretchMigration
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchEngine

/// Random statements on a table with UNIQUE constraints beside its key, and on a plain twin, while
/// rows migrate.
@Suite struct UniqueModelTests {
    private static let columns = """
        u TEXT COLLATE NOCASE UNIQUE, a INT, b TEXT, e TEXT, r REAL, n INT,
        UNIQUE (a, b)
        """
    private static let indexes = """
        CREATE UNIQUE INDEX t_e ON t(e COLLATE RTRIM DESC) WHERE n IS NOT NULL AND a > 1;
        CREATE UNIQUE INDEX t_r ON t(r);
        """
    private static let trigger = """
        CREATE TABLE log(v);
        CREATE TRIGGER ti AFTER INSERT ON t BEGIN INSERT INTO log VALUES (NEW.u); END;
        """
    private static let scripts = [
        "CREATE TABLE t(id INTEGER PRIMARY KEY, \(columns)); \(indexes)",
        "CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, \(columns)); \(indexes) \(trigger)",
        "CREATE TABLE t(id TEXT PRIMARY KEY, \(columns)); \(indexes)",
        "CREATE TABLE t(id INT PRIMARY KEY, \(columns)) WITHOUT ROWID; \(indexes)",
        "CREATE TABLE t(id INT, \(columns)); \(indexes)",
    ]

    /// A long run by hand: `STRETCH_MODEL_LIVES=1000 STRETCH_SEED=1`.
    @Test(arguments: scripts.indices)
    func `a stretched table and its plain twin take the same rows`(shape: Int) throws {
        let environment = ProcessInfo.processInfo.environment
        let lifeCount = environment["STRETCH_MODEL_LIVES"].flatMap(UInt64.init) ?? 12
        let first = SeededGenerator.seedFromEnvironment(default: 1)
        for seed in first..<first + lifeCount {
            var life = try UniqueLife(seed: seed, script: Self.scripts[shape])
            for _ in 0..<60 { try life.step() }
            try life.finish()
            guard life.isAlike else {
                Issue.record("STRETCH_SEED=\(seed), shape \(shape)")
                return
            }
        }
    }

    @Test func `the same holds with cold rows at PostgreSQL`() throws {
        for seed in UInt64(1)...3 {
            var life = try UniqueLife(seed: seed, script: Self.scripts[0], on: .postgres)
            for _ in 0..<40 { try life.step() }
            try life.finish()
            #expect(life.isAlike, "STRETCH_SEED=\(seed)")
        }
    }
}

private struct UniqueLife {
    private let twin: MigratedTwin
    private var random: SeededGenerator
    private(set) var isAlike = true

    init(seed: UInt64, script: String, on remote: MigratedTwin.Remote = .embedded) throws {
        random = SeededGenerator(seed: seed)
        twin = try MigratedTwin(script, [("t", "id % 4 <> 1")], on: remote)
    }

    private mutating func text() -> String {
        random.isOne(in: 6)
            ? "NULL"
            : "'\(random.choice(["k", "K", "l", "m", "n", "O", "o"]))"
                + "\(random.integer(0...3))\(random.isOne(in: 5) ? " " : "")'"
    }

    private mutating func number() -> String {
        random.isOne(in: 6) ? "NULL" : "\(random.integer(0...4))"
    }

    private mutating func key() -> Int { random.integer(1...24) }

    private mutating func row() -> String {
        let real = random.isOne(in: 3) ? "'\(random.integer(0...9)).5'" : number()
        return "(\(key()), \(text()), \(number()), \(text()), \(text()), \(real), \(number()))"
    }

    private mutating func assignment() -> String {
        switch random.integer(0...7) {
        case 0: "u = \(text())"
        case 1: "a = \(number())"
        case 2: "b = \(text())"
        case 3: "e = \(text()), n = \(number())"
        case 4: "r = \(number())"
        case 5: "n = \(number())"
        case 6: "u = u, a = a, n = 7"
        default: "id = \(key()), u = \(text())"
        }
    }

    private mutating func statement() -> String {
        let mode = random.choice(["", "", "OR IGNORE ", "OR REPLACE ", "OR FAIL ", "OR ABORT "])
        switch random.integer(0...9) {
        case 0...2: return "INSERT \(mode)INTO t VALUES \(row())"
        case 3:
            // What a failed OR FAIL keeps depends on the order of the rows, which is given here.
            return "INSERT \(mode)INTO t VALUES \(row()), \(row()), \(row())"
        case 4, 5:
            let target = random.choice([
                "(u)", "(a, b)", "(r)", "(e COLLATE RTRIM) WHERE n IS NOT NULL AND a > 1", "",
            ])
            let action =
                target.isEmpty || random.isOne(in: 3)
                ? "NOTHING" : "UPDATE SET n = coalesce(excluded.n, 0) + 1, b = excluded.b"
            return "INSERT INTO t VALUES \(row()), \(row()) ON CONFLICT\(target) DO \(action)"
        case 6...8:
            return "UPDATE \(mode)t SET \(assignment()) WHERE id = \(key())"
        default: return "DELETE FROM t WHERE id = \(key())"
        }
    }

    mutating func step() throws {
        guard isAlike else { return }
        if random.isOne(in: 5) {
            try twin.database.migrate(batchRowCount: 3)
            return try compare("migrate")
        }
        let isTransaction = random.isOne(in: 4)
        if isTransaction { try twin.both("BEGIN") }
        let sql = statement()
        let answer = try twin.both(sql)
        if case .error = answer {} else if isTransaction { try twin.both(statement()) }
        try compare(sql)
        guard isTransaction, twin.plain.isInTransaction else { return }
        try twin.both(random.isOne(in: 3) ? "ROLLBACK" : "COMMIT")
        try compare("the end of the transaction")
    }

    private mutating func compare(_ what: String) throws {
        let query = "SELECT * FROM t"
        let found = MigratedTwin.sorted(try twin.database.query(query).rows)
        let expected = MigratedTwin.sorted(try twin.plain.rows(query))
        guard found != expected else { return }
        isAlike = false
        let extra = found.filter { !expected.contains($0) }
        let missing = expected.filter { !found.contains($0) }
        Issue.record("after \(what): extra \(extra), missing \(missing)")
    }

    mutating func finish() throws {
        guard isAlike else { return }
        try twin.database.migrate(batchRowCount: 3)
        let report = try twin.database.verify()
        #expect(report.isSound)
        #expect(report.tables.map(\.duplicateRowCount) == [0])
        try twin.database.tables["t"].bringBack()
        try compare("bringing back")
    }
}
