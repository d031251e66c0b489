import Stretch
import StretchSQLite
import StretchTestSupport
import StretchText

@testable import StretchCore
@testable import StretchEngine

/// A stretched table that triggers of another one write and read, beside a plain twin.
///
/// Where `cust` is stretched too, its rows are visited in another order, so that it is changed row
/// by row.
final class AuditTwin {
    private let twin: MigratedTwin
    private var random: SeededGenerator
    private var log: TwinLog
    private let isCustomerStretched: Bool
    private(set) var counts = Counts()

    /// What happened, so that a test can tell that it happened at all.
    struct Counts {
        var statements = 0
        var failures = 0
        var movedRows: Int64 = 0
        var bodies: Set<Int> = []
    }

    init(seed: UInt64, on remote: MigratedTwin.Remote) throws {
        random = SeededGenerator(seed: seed)
        isCustomerStretched = random.isOne(in: 3)
        var bodies: Set<Int> = []
        let script = Self.script(&random, &bodies)
        log = TwinLog(script)
        let filter = random.choice(["id % 3 <> 0", "id < 8", "id % 2 = 0", "id > 0"])
        let tables = [("hist", filter)] + (isCustomerStretched ? [("cust", "id < 6")] : [])
        twin = try MigratedTwin(
            script.joined(separator: ";\n") + ";", tables, batchRowCount: random.integer(1...5),
            on: remote)
        counts.bodies = bodies
        try compare("PRAGMA foreign_keys = \(random.integer(0...1))")
        try compare("PRAGMA recursive_triggers = \(random.isOne(in: 4) ? 1 : 0)")
    }

    // MARK: Schema

    private static func script(
        _ random: inout SeededGenerator, _ numbers: inout Set<Int>
    ) -> [String] {
        let reference = random.choice(["", "", " REFERENCES cust ON DELETE CASCADE"])
        let key = random.choice([
            "INTEGER PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT", "INTEGER PRIMARY KEY",
        ])
        var script = [
            "CREATE TABLE log(x)", "CREATE TABLE feed(id INTEGER PRIMARY KEY, n INT)",
            "CREATE TABLE cust(id INTEGER PRIMARY KEY, n INT, s TEXT)",
            "CREATE TABLE hist(id \(key), c INT\(reference), n)", "CREATE INDEX hc ON hist(c)",
            "INSERT INTO feed VALUES(1, 10), (2, 20), (3, 30)",
            """
            WITH c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 9)
            INSERT INTO cust SELECT n, n, 's' || n FROM c
            """,
            "INSERT INTO hist SELECT id, id, id FROM cust",
            "INSERT INTO hist SELECT id + 9, id % 4 + 1, 7 FROM cust",
        ]
        for event in ["INSERT", "UPDATE", "DELETE"] {
            let row =
                event == "INSERT"
                ? "NEW" : event == "DELETE" ? "OLD" : random.choice(["NEW", "OLD"])
            let number = random.integer(0...10)
            var body = Self.body(number, row)
            numbers.insert(number)
            if random.isOne(in: 2) {
                let second = random.integer(0...10)
                numbers.insert(second)
                body += " " + Self.body(second, row)
            }
            let when = random.choice([
                "", "", "WHEN \(row).id % 2", "WHEN abs(\(row).n) < 40 ",
                "WHEN (SELECT count(*) FROM hist WHERE c = \(row).id) < 3",
            ])
            script.append(
                """
                CREATE TRIGGER cust_\(event) \(random.choice(["BEFORE", "AFTER"])) \(event) ON cust
                \(when) BEGIN \(body) END
                """)
        }
        if random.isOne(in: 3) {
            let (event, row) = random.choice([
                ("INSERT", "NEW"), ("DELETE", "OLD"), ("UPDATE", "NEW"),
            ])
            script.append(
                """
                CREATE TRIGGER hist_log \(random.choice(["BEFORE", "AFTER"])) \(event) ON hist
                BEGIN INSERT INTO log VALUES('hist \(event) ' || \(row).n); END
                """)
        }
        if random.isOne(in: 4) {
            // A trigger between: `cust` writes `feed`, and `feed` writes `hist`.
            script.append(
                """
                CREATE TRIGGER cust_feed AFTER UPDATE ON cust
                BEGIN UPDATE feed SET n = NEW.n WHERE id = NEW.id; END
                """)
            script.append(
                """
                CREATE TRIGGER feed_hist AFTER UPDATE ON feed BEGIN
                UPDATE hist SET n = NEW.n WHERE c = NEW.id; DELETE FROM hist WHERE id = NEW.n; END
                """)
        }
        if random.isOne(in: 3) {
            let (event, row) = random.choice([("INSERT", "NEW"), ("DELETE", "OLD")])
            let change = random.choice([
                "UPDATE hist SET n = n + 1 WHERE c = \(row).c AND id <> \(row).id;",
                "DELETE FROM hist WHERE c = \(row).id + 0 AND c = \(row).n;",
                "UPDATE hist SET id = id + 3000 WHERE c = \(row).id;",
            ])
            script.append("CREATE TRIGGER hist_own AFTER \(event) ON hist BEGIN \(change) END")
        }
        return script
    }

    private static func body(_ number: Int, _ row: String) -> String {
        switch number {
        case 0: "INSERT INTO hist(id, c, n) VALUES(\(row).id + 9, \(row).id, \(row).n);"
        case 1: "INSERT INTO hist(c, n) VALUES(\(row).id, \(row).n);"
        case 2: "INSERT OR IGNORE INTO hist VALUES(\(row).id, \(row).id, 1);"
        case 3: "INSERT OR REPLACE INTO hist VALUES(\(row).id, \(row).id, 2);"
        case 4:
            """
            INSERT INTO hist VALUES(\(row).id, \(row).id, 3)
            ON CONFLICT(id) DO UPDATE SET n = hist.n + excluded.n;
            """
        case 5: "INSERT INTO hist(c, n) SELECT \(row).id, n FROM feed WHERE id < \(row).id;"
        case 6: "UPDATE hist SET n = n + 500 WHERE id = \(row).id;"
        case 7: "UPDATE hist SET n = n + 1 WHERE n > 2 AND \(row).id = hist.c;"
        case 8: "DELETE FROM hist WHERE c IN (\(row).id, \(row).n, 3);"
        case 9:
            """
            INSERT INTO log SELECT '\(row) ' || count(*) || ' ' || coalesce(sum(n), '') FROM hist
            WHERE c = \(row).id;
            """
        default:
            """
            INSERT INTO hist(id, c, n) SELECT max(h.id) + 1000, 1, 9 FROM main.hist AS h
            WHERE h.c = \(row).id AND h.n < 100;
            """
        }
    }

    // MARK: Steps

    /// One random step, after which both answer alike.
    func step() throws {
        switch random.integer(0...99) {
        case 0...69: try compare(randomChange())
        case 70...84: try compare(randomTransaction())
        default: try migrate()
        }
        try compareContents()
    }

    /// Ends an open transaction, compares, and verifies the remote.
    func finish() throws {
        if twin.plain.isInTransaction { try compare("ROLLBACK") }
        try compareContents()
        let result = try twin.database.verify()
        guard result.isSound else { throw log.difference("verify found \(result)") }
    }

    private func migrate() throws {
        guard !twin.plain.isInTransaction else { return }
        log.append("-- migrate")
        let report = try twin.database.migrate(batchRowCount: random.integer(1...5))
        guard report.waiting.isEmpty else { throw log.difference("waits: \(report.waiting)") }
        counts.movedRows += report.tables.reduce(0) { $0 + $1.rowCount }
    }

    private func randomTransaction() -> String {
        twin.plain.isInTransaction
            ? random.choice(["COMMIT", "COMMIT", "ROLLBACK", "SAVEPOINT s", "ROLLBACK TO s"])
            : "BEGIN"
    }

    private func randomChange() -> String {
        let mode = random.choice(["", "", "", "OR IGNORE ", "OR REPLACE "])
        let table = random.choice(["cust", "cust", "cust", "hist"])
        let isSingle = table == "cust" && isCustomerStretched
        let condition =
            isSingle
            ? "id = \(id())" : random.choice(["id = \(id())", "id > \(id())", "id % 3 = 1"])
        switch random.integer(0...9) {
        case 0...2:
            let rows = (0..<random.integer(1...3)).map { _ in
                let key = random.isOne(in: 2) ? "NULL" : id()
                return "(\(key), \(id()), \(table == "cust" ? "'x'" : "4"))"
            }
            return "INSERT \(mode)INTO \(table) VALUES \(rows.joined(separator: ", "))"
        case 3...4: return "DELETE FROM \(table) WHERE \(condition)"
        case 5 where table == "cust":
            // What a BEFORE trigger did for a row that is then ignored stays on a plain table only.
            let clause = isCustomerStretched && mode == "OR IGNORE " ? "" : mode
            return "UPDATE \(clause)cust SET id = \(id()) WHERE id = \(id())"
        default:
            return "UPDATE \(table) SET n = \(random.choice(["n + 1", id()])) WHERE \(condition)"
        }
    }

    private func id() -> String { "\(random.integer(1...14))" }

    // MARK: Comparing

    private func compare(_ sql: String) throws {
        log.append(sql)
        counts.statements += 1
        let actual = Result { try twin.database.execute(sql) }
        let expected = Result { try twin.plain.execute(sql) }
        switch (expected, actual) {
        case (.success, .success):
            let isChange = ["INSERT", "UPDATE", "DELETE"].contains { sql.beginsWith($0) }
            guard !isChange || twin.plain.changeCount == twin.database.changeCount else {
                throw log.difference(
                    "changes() is \(twin.database.changeCount), not \(twin.plain.changeCount)")
            }
        case (.failure(let expected), .failure(let actual)):
            counts.failures += 1
            // A virtual table can report another class where the mode must not ignore an error.
            guard TwinLog.code(expected) == TwinLog.code(actual) || TwinLog.code(actual) == 1 else {
                throw log.difference("error \(actual), not \(expected)")
            }
        case (.success, .failure(let actual)):
            throw log.difference("error \(actual), not success")
        case (.failure(let expected), .success): throw log.difference("success, not \(expected)")
        }
        guard twin.plain.isInTransaction == twin.database.isInTransaction else {
            throw log.difference("in a transaction: \(twin.database.isInTransaction)")
        }
    }

    private func compareContents() throws {
        for table in ["cust", "hist", "feed", "log"] {
            let query = "SELECT * FROM \(table)"
            let (found, expected) = (
                try twin.database.query(query).rows, try twin.plain.rows(query)
            )
            try log.requireSame(found, as: expected, table)
        }
    }
}
