import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCatalog
@testable import StretchCore
@testable import StretchEngine

/// What somebody changed by hand so that queries leave rows out, or show others, and `verify`.
@Suite struct ManifestLieTests {
    /// What a lie says, how it is told, and what `verify` finds.
    struct Lie: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let sql: String
        let kinds: Set<VerificationReport.Finding.Kind>
    }

    private static let catalogLies = [
        Lie(
            testDescription: "fewer rows",
            sql: "UPDATE stretch_batch SET rows = 6 WHERE number = 1",
            kinds: [.differingLedger]),
        Lie(
            testDescription: "no batch", sql: "DELETE FROM stretch_batch WHERE number = 2",
            kinds: [.unlistedBatch]),
        Lie(
            testDescription: "another table's batch",
            sql: "UPDATE stretch_batch SET table_id = 9 WHERE number = 2",
            kinds: [.catalog, .unlistedBatch]),
        Lie(
            testDescription: "a tombstone beyond the batch",
            sql: "INSERT INTO stretch_tombstone VALUES(1, 7, 1)", kinds: [.strayTombstone]),
        Lie(
            testDescription: "a tombstone of a batch to come",
            sql: "INSERT INTO stretch_tombstone VALUES(4, 0, 1)", kinds: [.strayTombstone]),
        Lie(
            testDescription: "a tombstone without a cause",
            sql: "INSERT INTO stretch_tombstone VALUES(1, 0, 0)", kinds: [.lostRow]),
        Lie(
            testDescription: "a retirement in flight",
            sql: """
                INSERT INTO stretch_pending SELECT 1, 'retirement', b.table_id, b.id, d.branch,
                    d.epoch, d.token, 5, b.schema_version
                FROM stretch_batch AS b, stretch_database AS d WHERE b.number = 2
                """, kinds: [.catalog]),
    ]

    @Test(arguments: catalogLies)
    func `verify finds a catalog that leaves rows out`(_ lie: Lie) throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        #expect(try twin.database.verify().isSound)
        try twin.runNatively(lie.sql)
        let kinds = Set(try twin.database.verify().findings.map(\.kind))
        #expect(kinds == lie.kinds)
    }

    // MARK: Zones

    /// A table with a batch of every kind of value, and changes of its zones.
    private static let values = """
        CREATE TABLE t(id INTEGER PRIMARY KEY, n INT, v, w TEXT COLLATE NOCASE,
            x TEXT COLLATE RTRIM);
        WITH c(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM c WHERE n < 23)
        INSERT INTO t SELECT n + 1, n, CASE n % 4 WHEN 0 THEN n WHEN 1 THEN n + 0.5
            WHEN 2 THEN 'v' || n ELSE NULL END, char(65 + n) || 'B' || hex(zeroblob(20)),
            'a' || CASE n % 2 WHEN 0 THEN char(1) ELSE '                              b' END FROM c;
        """

    /// The place of a column, and what is said of it instead of its zone.
    private static let zoneLies: [(Int, @Sendable (Zone) -> Zone)] = [
        (1, { Zone(minimum: 3, maximum: $0.maximum, hasNull: false) }),
        (1, { Zone(minimum: $0.minimum, maximum: 4, hasNull: false) }),
        (2, { Zone(minimum: $0.minimum, maximum: "b", hasNull: true) }),
        (2, { Zone(minimum: $0.minimum, maximum: $0.maximum, hasNull: false) }),
        (3, { _ in Zone(minimum: nil, maximum: nil, hasNull: true) }),
        (4, { _ in Zone(minimum: "b", maximum: "z", hasNull: false) }),
        (0, { Zone(minimum: $0.minimum, maximum: 2, hasNull: false) }),
    ]

    @Test(arguments: zoneLies.indices)
    func `verify finds a zone that leaves values out, and says how to go on`(_ lie: Int) throws {
        let twin = try MigratedTwin(Self.values)
        #expect(try twin.database.verify().findings == [])
        let local = try Connection(path: twin.path, access: .readWrite, routines: .linked)
        let batch = try Catalog(local).batches(table: 1)[0]
        var zones = batch.zones.zones
        let column = try Catalog(local).tables()[0].columns[Self.zoneLies[lie].0].id
        zones[column] = zones[column].map(Self.zoneLies[lie].1)
        try local.run(
            "UPDATE stretch_batch SET zones = ? WHERE number = 1",
            .blob(ZoneMap(zones: zones).encoded))
        let findings = try twin.database.verify().findings
        #expect(findings.map(\.kind) == [.wrongZone])
        #expect(findings.map(\.batchNumber) == [1])
        let repair = try #require(findings.first?.message.firstMatch(of: /UPDATE .* = 1/))
        try local.execute(String(repair.output))
        #expect(try twin.database.verify().findings == [])
        try twin.both("SELECT * FROM t WHERE id < 3")
        try twin.both("SELECT * FROM t WHERE v IS NULL ORDER BY id")
    }

    @Test(arguments: MigratedTwin.Remote.allCases)
    func `a column that was added later is compared with its default`(
        remote: MigratedTwin.Remote
    ) throws {
        let twin = try MigratedTwin(MigratedTwin.numbers, on: remote)
        try twin.both("ALTER TABLE t ADD COLUMN a REAL DEFAULT 1")
        try twin.both("ALTER TABLE t ADD COLUMN b TEXT DEFAULT 7")
        try twin.both("ALTER TABLE t ADD COLUMN c DECIMAL DEFAULT '1e2'")
        try twin.both("ALTER TABLE t ADD COLUMN d INT DEFAULT 'x'")
        try twin.both("SELECT * FROM t ORDER BY id")
        #expect(try twin.database.verify().findings == [])
        // The remote gets the columns with the first batch that has them.
        try twin.both("INSERT INTO t(id, n) VALUES(500, 1), (501, 99)")
        try twin.database.migrate()
        try twin.both("SELECT * FROM t ORDER BY id")
        #expect(try twin.database.verify().findings == [])
        guard remote == .embedded else { return }
        let cold = try Connection(
            path: twin.folder.path("cold.db"), access: .readWrite, routines: .linked)
        let column = try #require(
            try cold.integer("SELECT id FROM stretch_column WHERE name = 'd'"))
        try cold.execute("UPDATE rows_1 SET c\(column) = 'y' WHERE id = 9")
        let findings = try twin.database.verify().findings
        #expect(findings.map(\.kind) == [.differingRows])
        #expect(findings.map(\.batchNumber) == [2])
    }

    // MARK: Embedded remote

    private static let embeddedLies = [
        Lie(
            testDescription: "a row behind all", sql: "INSERT INTO rows_1(id) VALUES(1000)",
            kinds: [.strayRows]),
        Lie(
            testDescription: "a row before all", sql: "INSERT INTO rows_1(id) VALUES(-1)",
            kinds: [.strayRows]),
        Lie(
            testDescription: "the greatest row",
            sql: "INSERT INTO rows_1(id) VALUES(9223372036854775807)", kinds: [.strayRows]),
        Lie(
            testDescription: "two batches in one place",
            sql: """
                UPDATE stretch_batch SET first_row = 1, digest = (SELECT digest FROM stretch_batch
                    ORDER BY first_row LIMIT 1) WHERE first_row = 8
                """,
            kinds: [.differingLedger, .differingRows]),
        Lie(
            testDescription: "a batch of others in the same place",
            sql: """
                INSERT INTO stretch_batch SELECT 77, relation, 5, epoch, first_row, row_count,
                    byte_count, digest, columns, NULL, NULL FROM stretch_batch WHERE first_row = 1
                """, kinds: [.refusedScan]),
        Lie(
            testDescription: "a wrong count",
            sql: "UPDATE stretch_relation SET row_count = 5", kinds: []),
    ]

    @Test(arguments: embeddedLies)
    func `queries and verify agree about an embedded remote`(_ lie: Lie) throws {
        let twin = try MigratedTwin(MigratedTwin.numbers)
        let query = "SELECT * FROM t ORDER BY id"
        try twin.both(query)
        try Connection(
            path: twin.folder.path("cold.db"), access: .readWrite, routines: .linked
        ).execute(lie.sql)
        let database = try StretchDatabase(path: twin.path, configuration: .everyRemote)
        #expect(throws: Never.self) {
            let result = try database.verify()
            #expect(Set(result.findings.map(\.kind)) == lie.kinds, "\(result.findings)")
        }
        do {
            // An answer is right, or there is none.
            #expect(try database.query(query).rows == twin.plain.rows(query))
        } catch let error as StretchError {
            #expect(!lie.kinds.isEmpty && [.damaged, .remoteMismatch].contains(error.code))
        }
    }
}
