import Stretch
import StretchCatalog
import StretchCore
import StretchEndpoint
import StretchEngine
import StretchSQLite
import StretchStaging
import StretchTestSupport
import Testing

/// Numbers that another program wrote into the catalog, the remote and the staging file.
///
/// Each of these stopped the process, or made it wait for ever.
@Suite struct StoredNumberTests {
    /// A call of the library, and what it says.
    enum Call: String, CaseIterable {
        case query, count, update, status, inspect, verify, drill, reauthorize, backUp
        case migrate, bringBack, collectGarbage
    }

    struct Change: CustomTestStringConvertible {
        let file: String
        let sql: String
        /// What every call says: the table and the column.
        let place: [String]
        let calls: [Call]

        var testDescription: String { "\(file): \(sql)" }
    }

    private static let extremes = ["9223372036854775807", "-9223372036854775808", "-1"]

    static let changes: [Change] =
        (extremes + ["4611686018427387904", "0"]).map { value in
            Change(
                file: "app.db", sql: "UPDATE stretch_batch SET rows = \(value)",
                place: ["stretch_batch", "\"rows\""],
                calls: [
                    .query, .count, .update, .status, .inspect, .verify, .drill, .backUp,
                    .bringBack, .collectGarbage,
                ])
        }
        + extremes.flatMap { value in
            [
                Change(
                    file: "app.db",
                    sql: "UPDATE stretch_database SET next_batch_number = \(value)",
                    place: ["stretch_database", "\"next_batch_number\""], calls: [.migrate]),
                Change(
                    file: "app.db",
                    sql: """
                        INSERT INTO stretch_pending
                        SELECT 1, 'outbound', 1, 1, branch, \(value), token, 1, 1
                        FROM stretch_database
                        """, place: ["stretch_pending", "\"epoch\""],
                    calls: [.status, .verify, .query, .migrate, .bringBack, .inspect]),
                Change(
                    file: "app.db", sql: "UPDATE stretch_database SET epoch = \(value)",
                    place: ["stretch_database", "\"epoch\""],
                    calls: [.status, .query, .migrate, .verify, .reauthorize]),
                Change(
                    file: "app.db", sql: "UPDATE stretch_staging SET rpo_hours = \(value)",
                    place: ["stretch_staging", "\"rpo_hours\""],
                    calls: [.migrate, .bringBack, .status]),
                Change(
                    file: "app.db-stretch-staging",
                    sql: "UPDATE stretch_staged_batch SET compressed_bytes = \(value)",
                    place: ["stretch_staged_batch", "\"compressed_bytes\""], calls: [.migrate]),
                Change(
                    file: "cold.db", sql: "UPDATE stretch_batch SET first_row = \(value)",
                    place: ["stretch_batch", "\"first_row\""],
                    calls: [.query, .verify, .bringBack, .drill, .backUp]),
                Change(
                    file: "cold.db", sql: "UPDATE stretch_relation SET next_row = \(value)",
                    place: ["stretch_relation", "\"next_row\""], calls: [.migrate]),
                Change(
                    file: "cold.db", sql: "UPDATE stretch_relation SET byte_count = \(value)",
                    place: ["stretch_relation", "\"byte_count\""], calls: [.status, .migrate]),
                Change(
                    file: "cold.db", sql: "UPDATE stretch_remote SET generation = \(value)",
                    place: ["\"generation\""], calls: [.query, .verify]),
            ]
        }
        + [
            Change(
                file: "app.db", sql: "UPDATE stretch_staging SET byte_budget = 0",
                place: ["stretch_staging", "\"byte_budget\""], calls: [.migrate]),
            Change(
                file: "app.db", sql: "UPDATE stretch_column SET default_value = x'0301'",
                place: ["stretch_column", "\"default_value\""], calls: [.query, .status]),
            Change(
                file: "app.db", sql: "UPDATE stretch_table SET state = 'elsewhere'",
                place: ["stretch_table", "\"state\""], calls: [.query, .status, .migrate]),
            Change(
                file: "app.db", sql: "UPDATE stretch_database SET query_mode = 'ALL'",
                place: ["stretch_database", "\"query_mode\""], calls: [.query, .status]),
            Change(
                file: "cold.db", sql: "UPDATE stretch_batch SET first_row = 1",
                place: ["stretch_batch", "the same rows"], calls: [.query]),
        ]

    @Test(arguments: changes)
    func `a value that Stretch never writes is damage, by its table and column`(
        change: Change
    ) throws {
        let sample = try TimelineSample()
        do {
            let database = try sample.open()
            try database.staging.set(StagingSettings(rpoHours: 24))
            try database.migrate(batchRowCount: 10)
            try database.execute("INSERT INTO t VALUES (100, 'late', 1), (101, 'hot', 90)")
        }
        try Connection(
            path: sample.folder.path(change.file), access: .readWrite, routines: .linked
        ).execute(change.sql)
        for call in change.calls {
            let text = said(by: call, sample)
            for place in change.place { #expect(text.contains(place), "\(call): \(text)") }
        }
    }

    private func said(by call: Call, _ sample: TimelineSample) -> String {
        do {
            // A report shows its texts with their quotes escaped.
            return try answer(of: call, sample).replacing("\\\"", with: "\"")
        } catch {
            return "\(error)"
        }
    }

    private func answer(of call: Call, _ sample: TimelineSample) throws -> String {
        let database = try sample.open()
        switch call {
        case .query: return "\(try TimelineSample.contents(database))"
        case .count: return "\(try database.query("SELECT count(*) FROM t").rows)"
        case .update: return "\(try database.query("UPDATE t SET v = 'x' WHERE id = 3").rows)"
        case .status: return "\(try database.status())"
        case .inspect:
            return "\(try StretchDatabase.inspect(sample.path, configuration: .everyRemote))"
        case .verify: return "\(try database.verify())"
        case .drill: return "\(try database.drill(in: sample.folder.path))"
        case .reauthorize:
            var options = ReauthorizeOptions()
            options.isDryRun = true
            return "\(try database.remote.reauthorize(options))"
        case .backUp:
            var options = BackupOptions()
            (options.isDeep, options.overwrites) = (true, true)
            return "\(try database.backUp(to: sample.folder.path("deep.db"), options))"
        case .migrate: return "\(try database.migrate())"
        case .bringBack: return "\(try database.tables["t"].bringBack())"
        case .collectGarbage: return "\(try database.remote.collectGarbage())"
        }
    }

    @Test func `a tombstone of a row that its batch does not have is no smaller count`() throws {
        let sample = try TimelineSample()
        let database = try sample.open()
        try database.migrate(batchRowCount: 10)
        try Connection(path: sample.path, access: .readWrite, routines: .linked).execute(
            "INSERT INTO stretch_tombstone SELECT number, 99, 1 FROM stretch_batch LIMIT 1")
        #expect(throws: StretchError.self) { try database.query("SELECT count(*) FROM t") }
    }

    @Test func `zones that are cut off leave no batch out`() throws {
        let zones = ZoneMap(zones: [
            1: Zone(minimum: 1, maximum: 9, hasNull: false),
            2: Zone(minimum: "a", maximum: nil, hasNull: true),
        ])
        for count in 1..<zones.encoded.count {
            let cut = ZoneMap(encoded: Array(zones.encoded.prefix(count))).zones
            #expect(cut.isEmpty || cut == [1: Zone(minimum: 1, maximum: 9, hasNull: false)])
        }
        let backwards = ManifestBatch(
            visible: VisibleBatch(id: 1, number: 1, rowCount: 1), table: 1, epoch: 1,
            schemaVersion: 1, byteCount: 1,
            zones: ZoneMap(zones: [1: Zone(minimum: 9, maximum: 1, hasNull: false)]), digest: [])
        let manifest = TableManifest(batches: [backwards], collations: [:], keyColumn: 1)
        #expect(manifest.rowids == nil)
    }

    @Test func `a function of the library refuses a column that the table does not have`() throws {
        let sample = try TimelineSample()
        let database = try sample.open()
        try database.migrate()
        try database.execute("PRAGMA foreign_keys = ON")
        for column in ["99", "-1", "9223372036854775807"] {
            #expect(throws: StretchError.self) {
                try database.query("SELECT stretch_recall_matching(1, \(column), 1, 'BINARY')")
            }
        }
    }

    @Test func `parameters of a password's key that were changed are damage`() throws {
        let login = RemoteCredential(login: "admin", password: "p")
        let sample = try TimelineSample(login: login)
        let remote = try Connection(
            path: sample.folder.path("cold.db"), access: .readWrite, routines: .linked)
        let verifier = try #require(try remote.string("SELECT verifier FROM stretch_remote"))
        let changes: [(name: Value, number: Value)] = [
            ("$.blockSize", -1), ("$.blockSize", 0), ("$.blockSize", 32), ("$.parallelism", -1),
            ("$.parallelism", .integer(.max)), ("$.rounds", 0), ("$.rounds", 3),
            ("$.rounds", 1_048_576), ("$.rounds", .integer(.min)),
        ]
        let database = try sample.open(login: login)
        for (name, number) in changes {
            try remote.run(
                "UPDATE stretch_remote SET verifier = json_set(?, ?, ?)", .text(verifier), name,
                number)
            let error = #expect(throws: StretchError.self) {
                try database.remote.collectGarbage(isDryRun: true)
            }
            #expect(error?.code == .damaged, "\(name) = \(number)")
        }
    }

    @Test func `an age or a retention without sense is refused`() throws {
        let sample = try TimelineSample()
        let database = try sample.open()
        for duration in [Duration.seconds(-1), .seconds(Int64.max), .seconds(1e18)] {
            let errors = [
                #expect(throws: StretchError.self) { try database.remote.setRetention(duration) },
                #expect(throws: StretchError.self) {
                    try database.remote.collectGarbage(olderThan: duration)
                },
            ]
            #expect(errors.map(\.?.code) == [.invalidArgument, .invalidArgument])
        }
    }
}
