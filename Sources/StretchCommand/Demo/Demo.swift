internal import Foundation
internal import Stretch
internal import StretchCore
internal import StretchEngine
internal import StretchKeystore
internal import StretchPostgres
internal import StretchSQLite
internal import StretchText

/// The demo: creates the files, migrates the cold rows, works with them, and compares every result.
struct Demo {
    let folder: String
    let server: String
    let orderCount: Int
    let story: DemoStory
    var report = DemoReport()
    var shopPath: String { "\(folder)/shop.db" }
    var copyPath: String { "\(folder)/untouched.db" }
    var backupPath: String { "\(folder)/backup.db" }

    init(folder: String, server: String, orderCount: Int, story: DemoStory) {
        self.folder = folder
        self.server = server
        self.orderCount = orderCount
        self.story = story
    }

    mutating func run() throws -> DemoReport {
        let start = ContinuousClock.now
        try makeShop()
        let database = try open(shopPath)
        let copy = try Connection(path: copyPath, access: .readWrite, routines: .linked)
        try stretch(database)
        try ask(database, copy)
        try change(database, copy)
        try backUp(copy)
        try goOn(database, copy)
        try restore()
        try compareEverything(database, copy)
        report.seconds = (ContinuousClock.now - start).seconds
        tellEnd()
        return report
    }

    private var isFile: Bool { server.beginsWith("file:") }
    /// The remote's name in the story.
    private var remoteName: String { isFile ? String(server.dropFirst(5)) : "a PostgreSQL server" }

    func open(_ path: String) throws(StretchError) -> StretchDatabase {
        var configuration = Configuration.linked
        configuration.remotes.append(.postgresql)
        // The demo has its own keystore and does not use the user's.
        configuration.keystore = Keystore(path: "\(folder)/keystore")
        try GivenLogin.ofEnvironment?.serve(&configuration, server: server, file: nil)
        return try StretchDatabase(path: path, configuration: configuration)
    }

    // MARK: Making and moving

    private func makeShop() throws {
        story.say("A shop keeps every order of the last three years in one SQLite file. The old")
        story.say("orders are rarely read, but they must stay, and every backup contains them.")
        story.chapter("The shop's database")
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        for name in DemoStory.fileNames {
            for suffix in ["", "-wal", "-shm", "-stretch-migrator", "-stretch-unique"] {
                // A missing file is the expected case.
                try? FileManager.default.removeItem(atPath: "\(folder)/\(name)\(suffix)")
            }
        }
        let shop = DemoShop(path: shopPath, orderCount: orderCount)
        let time = try ContinuousClock().measure { try shop.make() }
        try shop.copy(to: copyPath)
        story.say(
            "shop.db has \(Int64(orderCount).grouped) orders, \(byteCount(shopPath).byteText); "
                + "made in \(time.text).")
        story.say("untouched.db is a plain copy. Every answer is compared with it.")
    }

    private func stretch(_ database: StretchDatabase) throws {
        story.chapter("Orders older than 90 days move to \(remoteName)")
        story.command("stretch enable shop.db --server \(isFile ? server : "postgresql://…")")
        try database.enable(server: server)
        story.command("stretch table enable shop.db orders --filter \"\(DemoScript.filter)\"")
        let table = try database.tables["orders"].enable(filter: DemoScript.filter)
        story.say(
            "\(table.eligibleRows.grouped) of \(table.localRows.grouped) orders are eligible.")
        story.command("stretch migrate shop.db --lock-budget 250 --reclaim full")
        let before = byteCount(shopPath)
        let bar = ProgressBar()
        // There is no other writer, and larger batches are faster.
        let moved = try database.migrate(
            lockBudget: .milliseconds(250), progress: bar.update)
        bar.finish()
        try database.reclaim(.full)
        let rate = Int64(Double(moved.rowCount) / max(moved.elapsed.seconds, 0.001))
        story.say(
            "\(moved.rowCount.grouped) orders moved in \(moved.elapsed.text), "
                + "\(rate.grouped) a second. Each was read back and compared")
        story.say(
            "before it was deleted here; write lock p99 "
                + "\(moved.lockTimes.percentile(0.99).milliseconds.formatted(digits: 0)) ms.")
        story.say(
            "shop.db: \(before.byteText) before, \(byteCount(shopPath).byteText) now"
                + (isFile
                    ? "; \(remoteName): \(byteCount("\(folder)/\(remoteName)").byteText)." : "."))
    }

    // MARK: Asking and changing

    private mutating func ask(_ database: StretchDatabase, _ copy: Connection) throws {
        story.chapter("Queries, unchanged: SELECT … FROM orders")
        story.queryHeader()
        let groups = [
            (
                "hot rows only: the remote is not contacted",
                DemoScript.hotQueries(orderCount: orderCount)
            ),
            ("cold rows", DemoScript.coldQueries(orderCount: orderCount)),
            ("hot and cold rows together", DemoScript.mixedQueries),
        ]
        for (title, steps) in groups {
            story.say("   -- \(title)")
            for step in steps { try run(step, database, copy) }
        }
    }

    private mutating func change(_ database: StretchDatabase, _ copy: Connection) throws {
        story.chapter("Changes of hot and cold rows")
        story.queryHeader()
        for step in DemoScript.changes(orderCount: orderCount) {
            try run(step, database, copy)
        }
    }

    mutating func run(
        _ step: DemoScript.Step, _ database: StretchDatabase, _ copy: Connection
    ) throws {
        let clock = ContinuousClock()
        var answers: (stretched: [[Value]], plain: [[Value]]) = ([], [])
        let roundTripCount = database.roundTripCount
        let stretched = try clock.measure { answers.stretched = try database.query(step.sql).rows }
        let asked = database.roundTripCount - roundTripCount
        let plain = try clock.measure { answers.plain = try copy.rows(step.sql) }
        let isSame =
            answers.stretched == answers.plain
            && (!step.isChange || database.connection.changeCount == copy.changeCount)
        report.check(isSame)
        story.query(
            step.title, stretched: stretched, roundTripCount: asked, plain: plain, isSame: isSame)
    }

    // MARK: The end

    private func tellEnd() {
        let time = Duration.seconds(report.seconds).text
        story.say("")
        story.say(
            report.isEqual
                ? "All \(report.checks) answers were the same. The demo took \(time)."
                : "\(report.differences) of \(report.checks) answers were DIFFERENT.")
    }

    /// Returns the size of a file in bytes, without its write-ahead log.
    func byteCount(_ path: String) -> Int64 {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.size] as? Int64 ?? 0
    }
}
