internal import Foundation
internal import Stretch
internal import StretchEndpointTesting
internal import StretchEngine
internal import StretchKeystore
internal import StretchSQLite
internal import StretchTestSupport

/// Changes the answers of a PostgreSQL server.
struct ServerFuzzer {
    private let arguments: Arguments
    private let proxy: MessageProxy
    private let folder: TemporaryFolder
    private let expected: [String: String]
    private let messageCount: Int

    init(_ arguments: Arguments) throws {
        self.arguments = arguments
        let server = try PrivatePostgres.shared.get()
        proxy = try MessageProxy(to: server.port)
        folder = try TemporaryFolder(isInMemory: true)
        let address = server.address(of: try server.makeDatabase(), isTCP: true)
            .replacing(":\(server.port)/", with: ":\(proxy.port)/")
        let path = folder.path("app.db")
        try Connection(path: path, access: .create, routines: .linked).execute(
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE t(id INTEGER PRIMARY KEY, v, n INT);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
                INSERT INTO t SELECT i, CASE i % 3 WHEN 0 THEN 'row ' || i WHEN 1 THEN i / 2.0
                    ELSE x'0102' END, i FROM n;
            """)
        var configuration = FuzzSample.configuration(
            folder: folder.path, seed: arguments.seed, login: FuzzSample.serverLogin)
        configuration.keystore = nil
        let database = try StretchDatabase(path: path, configuration: configuration)
        try database.enable(server: address + "&schema=fuzz")
        try database.tables["t"].enable(filter: "n <= 40")
        try database.migrate(batchRowCount: 10)
        proxy.begin(nil)
        let run = try FuzzProcess([folder.path, "server"])
        guard run.problem == nil, run.outcomes["query"]?.hasPrefix("ok") ?? false else {
            throw ConformanceFailure("the sample is unsound:\n\(run.tail)")
        }
        expected = run.outcomes
        messageCount = proxy.messageCount
    }

    /// Runs cases until the time is over.
    ///
    /// - Returns: The number of findings.
    func run() throws -> Int {
        var summary = FuzzSummary()
        let start = ContinuousClock.now
        var number = arguments.cases.lowerBound
        while arguments.allows(number, since: start) {
            var generator = SeededGenerator(seed: arguments.seed &+ UInt64(number) &* 0x9e37_79b9)
            let place = Int.random(in: 0..<max(messageCount, 1), using: &generator)
            proxy.begin(MessageProxy.Change(message: place, generator: generator))
            let run = try FuzzProcess([folder.path, "server"])
            let change = proxy.end()
            let wrong = ["query", "count", "point"].filter {
                let outcome = run.outcomes[$0] ?? "error"
                return outcome.hasPrefix("ok") && outcome != expected[$0]
            }
            let text = "  seed \(arguments.seed), case \(number): \(change)"
            // A row's value that changes on its way is proved by `verify` and TLS alone.
            let changesRow = change.hasPrefix("D ") || change.hasPrefix("d ")
            summary.add(run, text, wrong: changesRow ? [] : wrong)
            number += 1
            guard try number % 4 != 0 || isSound(text, &summary) else { break }
        }
        say(summary.text)
        return summary.findingCount
    }

    /// Whether the file and its server are whole when nothing is changed on the way.
    private func isSound(_ text: String, _ summary: inout FuzzSummary) throws -> Bool {
        proxy.begin(nil)
        let run = try FuzzProcess([folder.path, "server"])
        let isSound =
            run.outcomes["query"] == expected["query"]
            && run.outcomes["migrate"]?.hasPrefix("ok") ?? false
        summary.add(run, text, wrong: isSound ? [] : ["the calls afterwards"])
        return isSound
    }
}
