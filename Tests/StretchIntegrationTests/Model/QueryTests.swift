import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchEngine

/// Random queries of a stretched database and its plain twin.
@Suite struct QueryTests {
    /// How many rows of the two stretched tables are cold.
    private static let filters = ["id < 0", "id > 0", "id % 2 = 0"]

    /// A long run by hand: `STRETCH_QUERY_WORLDS=300 swift test --filter QueryTests`.
    @Test(arguments: MigratedTwin.Remote.allCases)
    func `random queries answer as on a plain database`(remote: MigratedTwin.Remote) throws {
        let environment = ProcessInfo.processInfo.environment
        let worldCount = environment["STRETCH_QUERY_WORLDS"].flatMap(UInt64.init) ?? 5
        let firstSeed = environment["STRETCH_SEED"].flatMap(UInt64.init) ?? 1
        var (queryCount, rowCount, refusalCount, failureCount) = (0, 0, 0, 0)
        for seed in firstSeed..<firstSeed + worldCount where failureCount < 10 {
            var writer = QueryWriter(seed: seed)
            let schema = writer.schema(rowCount: 11)
            let filter = Self.filters[Int(seed % 3)]
            let twin = try MigratedTwin(
                schema.joined(separator: ";\n"), [("ta", filter), ("tb", filter)],
                batchRowCount: 4, on: remote)
            // SQLite 3.40 loses rows by indexes. So an answer must be that of a plain database with
            // the same indexes, or with none.
            let plain = try Connection(
                path: twin.folder.path("reference.db"), access: .create, routines: .linked)
            try plain.execute(
                schema.filter { !$0.contains("CREATE INDEX") }.joined(separator: ";\n")
                    .replacing(" PRIMARY KEY", with: ""))
            for connection in [plain, twin.plain, twin.database.connection] {
                try connection.execute("PRAGMA automatic_index = OFF")
            }
            for _ in 0..<300 {
                let query = writer.next()
                // SQLite 3.40 refuses some views with outer joins.
                let reference = query.replacing(QueryWriter.alternativesMark, with: "+")
                guard let expected = try? plain.rows(reference) else {
                    refusalCount += 1
                    continue
                }
                let found = Result { try twin.database.query(query).rows }
                queryCount += 1
                rowCount += expected.count
                let answer = (try? found.get()).map(MigratedTwin.sorted)
                guard
                    try answer == MigratedTwin.sorted(expected)
                        || answer == MigratedTwin.sorted(twin.plain.rows(query))
                else {
                    failureCount += 1
                    Issue.record(
                        """
                        STRETCH_SEED=\(seed) \(filter): \(query)
                        \(found), not \(expected)
                        \(schema.joined(separator: ";\n"));
                        """)
                    break
                }
            }
        }
        print("queries: \(remote), seeds \(firstSeed)..., \(queryCount), \(rowCount) rows")
        #expect(queryCount + refusalCount >= 300 * Int(worldCount))
        #expect(refusalCount * 20 < queryCount)
        #expect(rowCount > queryCount)
    }
}
