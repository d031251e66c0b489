internal import Foundation
internal import Stretch
internal import StretchCore
internal import StretchEngine
internal import StretchSQLite
internal import StretchText
internal import StretchTransactSQL
internal import TransactSQL

/// Prints nothing: the demo describes the script, and an error ends it.
private final class SilentOutput: TransactSQLOutput {
    func write(_ message: TransactSQLMessage) {}
    func write(_ result: TransactSQLResult) {}
    func write(_ error: TransactSQLError) {}
}

/// The second half of the demo: a backup, further changes, and the state of the backup again.
extension Demo {
    private var momentPath: String { "\(folder)/moment.db" }
    private var restoredPath: String { "\(folder)/restored.db" }

    func backUp(_ copy: Connection) throws {
        story.chapter("A backup with any tool, without the cold rows")
        story.command("sqlite3 shop.db \".backup backup.db\"")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["sqlite3", shopPath, ".backup '\(backupPath)'"]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw StretchError(
                .statementFailed, "sqlite3 could not make the backup",
                hint: "Install the program sqlite3.")
        }
        // The current state of the whole shop, for comparison.
        try copy.run("VACUUM INTO ?", .text(momentPath))
        story.say(
            "backup.db: \(byteCount(backupPath).byteText); the whole shop: "
                + "\(byteCount(momentPath).byteText).")
        let plain = try Connection(path: backupPath, access: .readOnly, routines: .linked)
        let hot = try plain.integer("SELECT count(*) FROM orders") ?? 0
        story.say("Plain sqlite3 opens it and sees the \(hot.grouped) hot orders.")
    }

    mutating func goOn(_ database: StretchDatabase, _ copy: Connection) throws {
        story.chapter("More changes after the backup")
        story.queryHeader()
        for step in DemoScript.laterChanges(orderCount: orderCount) {
            try run(step, database, copy)
        }
        story.command("stretch table alter shop.db orders --filter \"\(DemoScript.laterFilter)\"")
        try database.tables["orders"].alter(filter: DemoScript.laterFilter)
        story.command("stretch migrate shop.db")
        let moved = try database.migrate(lockBudget: .milliseconds(250))
        story.say("\(moved.rowCount.grouped) more orders moved.")
    }

    mutating func restore() throws {
        story.chapter("A restore to the time of the backup")
        story.command("cp backup.db restored.db")
        try FileManager.default.copyItem(atPath: backupPath, toPath: restoredPath)
        let restored = try open(restoredPath)
        let count = "SELECT count(*) FROM orders"
        let hot = try restored.query(
            "SELECT count(*) FROM orders WHERE id = \(orderCount)"
        ).rows
        report.check(hot == [[1]])
        story.say("Its hot orders can be read immediately. Queries of cold orders fail:")
        do {
            _ = try restored.query("SELECT round(sum(total), 2) FROM orders")
            report.check(false)
        } catch {
            report.check(error.code == .disconnected)
            story.say("   error: \(error.message.replacing(folder + "/", with: ""))")
        }
        story.say("The steps of SQL Server's documentation connect it:")
        story.command("stretch sql restored.db")
        for line in DemoScript.reauthorization { story.say("   \(line)") }
        let time = try ContinuousClock().measure { try runFourSteps(on: restored) }
        let status = try restored.status()
        let cold = status.tables.reduce(0) { $0 + $1.remoteRows }
        story.say("\(cold.grouped) cold orders are attached again in \(time.text), and none was")
        story.say("copied: restored.db has its own branch \(status.database.branch).")
        let whole = try restored.query(count).rows[0][0].integerValue ?? 0
        story.say("restored.db shows all \(whole.grouped) orders of that time:")
        let moment = try Connection(path: momentPath, access: .readOnly, routines: .linked)
        try compare(restored, moment)
    }

    /// Runs the shown script with the login of the demo.
    private func runFourSteps(on database: StretchDatabase) throws {
        let login = GivenLogin.ofEnvironment
        var password = "none"
        if case .text(let given?) = login?.source { password = given }
        let script = DemoScript.reauthorization.map { line in
            if line.beginsWith("CREATE MASTER KEY") {
                return "CREATE MASTER KEY ENCRYPTION BY PASSWORD = '\(UUID().uuidString)';"
            }
            guard line.beginsWith("CREATE DATABASE SCOPED CREDENTIAL") else { return line }
            let name = (login?.login ?? "admin").quoted(by: "'")
            return "CREATE DATABASE SCOPED CREDENTIAL archive WITH IDENTITY = \(name), "
                + "SECRET = \(password.quoted(by: "'"));"
        }.joined(separator: "\n")
        let host = DatabaseHost(database) { try $0.run() }
        var executor = ScriptExecutor(host: host, output: SilentOutput())
        try executor.run(script)
    }

    mutating func compareEverything(_ database: StretchDatabase, _ copy: Connection) throws {
        story.chapter("Comparison of every order of shop.db with the untouched copy")
        try compare(database, copy)
    }

    /// Compares every order, value by value.
    private mutating func compare(_ database: StretchDatabase, _ copy: Connection) throws {
        let sql = "SELECT * FROM orders ORDER BY id"
        let (stretched, plain) = (try database.prepare(sql), try copy.prepare(sql))
        var rowCount: Int64 = 0
        var differentCount: Int64 = 0
        while true {
            let hasRow = (try stretched.step(), try plain.step())
            guard hasRow.0 == hasRow.1 else {
                differentCount += 1
                break
            }
            guard hasRow.0 else { break }
            rowCount += 1
            for column in 0..<plain.columnCount
            where stretched.column(column) != plain.column(column) { differentCount += 1 }
        }
        report.check(differentCount == 0)
        story.say(
            differentCount == 0
                ? "\(rowCount.grouped) orders, value by value: no difference."
                : "\(differentCount.grouped) DIFFERENCES in \(rowCount.grouped) orders.")
    }
}
