import Stretch
import StretchCore
import StretchEndpoint
import StretchSQLite
import StretchTestSupport
import StretchTimeline
import Testing

@testable import StretchCatalog

/// What the readers of the catalog return, and what they say of a damaged column.
@Suite struct CatalogReaderTests {
    private static let position = TimelinePosition(branch: 11, epoch: 3, token: 13)
    private static let next = TimelinePosition(branch: 11, epoch: 4, token: 14)
    private static let database = DatabaseRecord(
        database: 7, position: position, endpoint: "file:cold.db", queryMode: .localOnly)
    private static let table = StretchedTable(
        id: 2, name: "orders", relation: 21, filter: "year < 2020", follows: "customers",
        state: .inbound, schemaVersion: 5,
        columns: [
            CatalogColumn(
                id: 31, name: "id", declaredType: "INTEGER", affinity: .integer,
                defaultValue: .null, added: 1, dropped: nil),
            CatalogColumn(
                id: 32, name: "was", declaredType: "", affinity: .blob, defaultValue: "x",
                added: 1, dropped: 4),
        ])
    private static let batch = ManifestBatch(
        visible: VisibleBatch(id: 41, number: 1, rowCount: 10), table: 2, epoch: 3,
        schemaVersion: 5, byteCount: 99,
        zones: ZoneMap(zones: [31: Zone(minimum: 1, maximum: 9, hasNull: false)]), digest: [1, 2])
    private static let step = PendingStep(
        kind: .outbound, table: 2, batch: 42, base: position, nextToken: 14, schemaVersion: 5)
    private static let fork = PendingFork(
        child: 51, token: 52, base: position, origin: next)

    /// A catalog with a row in each table.
    private static func makeCatalog() throws -> Catalog {
        let catalog = Catalog(
            try Connection(path: ":memory:", access: .create, routines: .linked))
        try catalog.create(database)
        try catalog.save(table)
        try catalog.insert(batch)
        try catalog.insertTombstone(ColdLocation(batchNumber: 1, ordinal: 4), .deleted)
        try catalog.insertTombstone(ColdLocation(batchNumber: 1, ordinal: 6), .unfinished)
        try catalog.insert(fork)
        try catalog.insert(step)
        try catalog.setStaging(hours: 8, byteBudget: 1_000)
        try catalog.insertEvent(time: "now", table: "orders", kind: .staging, message: "message")
        try catalog.insertStatus(
            table: 2, batch: 1, direction: .outbound, ended: "then", rowCount: 10, byteCount: 99)
        try catalog.insertMember("ann")
        return catalog
    }

    @Test func `every reader returns what was written`() throws {
        let catalog = try Self.makeCatalog()
        #expect(try catalog.exists && catalog.isComplete)
        #expect(try catalog.database() == Self.database)
        #expect(try catalog.queryMode() == .localOnly)
        #expect(try catalog.position() == Self.position)
        #expect(try catalog.history().positions == [Self.position])
        #expect(try catalog.tables() == [Self.table])
        #expect(try catalog.table(id: 2) == Self.table && catalog.table(id: 3) == nil)
        #expect(try catalog.table(named: "ORDERS") == Self.table)
        #expect(try catalog.schemaVersions().map { [$0.table, $0.version] } == [[2, 5]])
        #expect(try catalog.schemaVersion(table: 2) == 5 && catalog.schemaVersion(table: 3) == nil)
        #expect(try catalog.batches(table: 2) == [Self.batch])
        #expect(try catalog.batchesOfTables() == [2: [Self.batch]])
        #expect(try catalog.batch(id: 41) == Self.batch.visible && catalog.batch(id: 42) == nil)
        #expect(try catalog.counts(table: 2).visibleRows == 8)
        #expect(try catalog.countsOfTables()[2]?.batches == 1)
        #expect(
            try catalog.namedBatches()
                == [NamedBatch(id: 41, rowCount: 10, hiddenRowCount: 2, digest: [1, 2])])
        #expect(try catalog.manifestCounts() == (batches: 1, rows: 8))
        #expect(try catalog.hasBatches(table: 2) && !catalog.hasBatches(table: 3))
        #expect(try catalog.names(batch: 41) && !catalog.names(batch: 42))
        #expect(try catalog.lists(Self.batch.visible) && catalog.lists(batchNumber: 1))
        #expect(try !catalog.lists(batchNumber: 2))
        #expect(try catalog.hiddenOrdinals(batchNumber: 1) == [4, 6])
        #expect(try catalog.unfinishedOrdinals(batchNumber: 1) == [6])
        #expect(try catalog.hiddenRowCount() == 2 && catalog.hiddenRowCount(batchNumber: 2) == 0)
        #expect(try catalog.isHidden(ColdLocation(batchNumber: 1, ordinal: 4)))
        #expect(try !catalog.isHidden(ColdLocation(batchNumber: 1, ordinal: 5)))
        #expect(try catalog.pending() == Self.step)
        #expect(try catalog.pendingFork() == Self.fork)
        let staging = try #require(try catalog.staging())
        #expect(staging == (hours: 8, byteBudget: 1_000))
        #expect(try catalog.events(limit: 5).map(\.message) == ["message"])
        #expect(try catalog.events(limit: 0) == [])
        #expect(try catalog.migrationStatuses().map(\.rowCount) == [10])
        #expect(try catalog.members() == ["ann"] && catalog.hasMember("ann"))
        #expect(try catalog.takeBatchNumber() == 1 && catalog.takeBatchNumber() == 2)
    }

    @Test func `every writer changes what it names, and nothing else`() throws {
        let catalog = try Self.makeCatalog()
        let hidden = ColdLocation(batchNumber: 1, ordinal: 6)
        #expect(try !catalog.insertTombstone(hidden, .deleted))
        try catalog.finishTombstone(hidden)
        #expect(try catalog.unfinishedOrdinals(batchNumber: 1) == [])
        try catalog.removeTombstone(hidden)
        #expect(try catalog.hiddenOrdinals(batchNumber: 1) == [4])
        try catalog.hideAll(Self.batch.visible, .abandoned)
        #expect(try catalog.hiddenOrdinals(batchNumber: 1) == Array(0..<10))
        #expect(try catalog.counts(table: 2).hiddenBatches == [1])
        try catalog.pauseWithoutBatches(table: 2)
        #expect(try catalog.table(id: 2)?.state == .inbound)
        try catalog.removeBatches([41, 99])
        #expect(try catalog.hiddenRowCount() == 0 && catalog.strayTombstoneCount() == 0)
        try catalog.pauseWithoutBatches(table: 2)
        #expect(try catalog.table(id: 2)?.state == .paused)
        try catalog.setState(.outbound, table: 2)
        #expect(try catalog.table(id: 2)?.state == .outbound)
        try catalog.setPosition(Self.next)
        #expect(try catalog.position() == Self.next)
        #expect(try catalog.history().positions == [Self.position, Self.next])
        try catalog.removeStaging()
        #expect(try catalog.staging() == nil)
        #expect(try catalog.removeMember("ann") && !catalog.removeMember("ann"))
        try catalog.removeFork()
        try catalog.removePending()
        #expect(try catalog.pendingFork() == nil && catalog.pending() == nil)
        try catalog.takeWriteLock()
        try catalog.writeUnchangedPage()
        #expect(try catalog.connection.rows("SELECT * FROM main.stretch_lock") == [])
        try catalog.drop()
        #expect(try catalog.database() == nil)
    }

    @Test func `batches and tombstones without an owner are counted`() throws {
        let catalog = try Self.makeCatalog()
        #expect(try catalog.strayBatchCount(after: 3) == 0)
        #expect(try catalog.strayBatchCount(after: 2) == 1)
        try catalog.insertTombstone(ColdLocation(batchNumber: 9, ordinal: 0), .deleted)
        #expect(try catalog.strayTombstoneCount() == 1)
    }

    // MARK: Damage

    /// A column of a table, what it is changed to, and the readers that must refuse it.
    struct Damage: CustomTestStringConvertible {
        let table: String
        let column: String
        let values: [String]
        /// How the row is named, where the table can have several.
        var row = ""
        let read: @Sendable (Catalog) throws -> Void

        var testDescription: String { "\(table).\(column)" }
    }

    private static let numberOfText = ["'text'", "NULL", "x'00'", "1.5"]
    private static let id = numberOfText + ["0", "-1"]
    private static let epoch = numberOfText + ["-1", "9223372036854775807"]
    private static let text = ["NULL", "x'00'", "CAST(x'ff' AS TEXT)"]
    private static let blob = ["NULL", "7", "'text'"]

    private static func damages(
        _ table: String, _ columns: [(String, [String])], row: String = "",
        _ read: @escaping @Sendable (Catalog) throws -> Void
    ) -> [Damage] {
        columns.map { Damage(table: table, column: $0, values: $1, row: row, read: read) }
    }

    static let damages: [Damage] =
        damages(
            "stretch_database",
            [
                ("database", id), ("branch", id), ("epoch", epoch), ("token", id),
                ("endpoint", text), ("query_mode", text + ["'ALL'"]),
            ]
        ) { _ = try $0.database() }
        + damages(
            "stretch_database", [("branch", id), ("epoch", epoch), ("token", id)]
        ) { _ = try $0.position() }
        + damages("stretch_database", [("query_mode", text + ["'ALL'"])]) {
            _ = try $0.queryMode()
        }
        + damages("stretch_database", [("next_batch_number", id + ["2147483648"])]) {
            _ = try $0.takeBatchNumber()
        }
        + damages(
            "stretch_table",
            [
                ("name", text), ("relation", id), ("filter", text),
                ("follows", ["x'00'", "CAST(x'ff' AS TEXT)"]), ("state", text + ["'elsewhere'"]),
                ("schema_version", numberOfText + ["-1"]),
            ], row: "row 2"
        ) { _ = try $0.tables() }
        + damages("stretch_table", [("schema_version", numberOfText + ["-1"])], row: "row 2") {
            _ = try $0.schemaVersion(table: 2)
        }
        + damages("stretch_table", [("schema_version", numberOfText + ["-1"])], row: "row 2") {
            _ = try $0.schemaVersions()
        }
        + damages(
            "stretch_column",
            [
                ("name", text), ("declared_type", text), ("affinity", text + ["'any'"]),
                ("default_value", blob + ["x'03'", "x''"]), ("added", numberOfText + ["-1"]),
                ("dropped", ["'text'", "1.5", "-1"]),
            ], row: "row 31"
        ) { _ = try $0.tables() }
        + damages("stretch_column", [("id", ["'text'", "x'00'", "0", "-1"])]) {
            _ = try $0.tables()
        }
        + damages(
            "stretch_batch",
            [
                ("id", id), ("rows", id + ["1073741825"]), ("epoch", epoch),
                ("schema_version", numberOfText + ["-1"]),
                ("bytes", numberOfText + ["-1", "1099511627777"]), ("zones", blob),
                ("digest", blob),
            ], row: "row 1"
        ) { _ = try $0.batches(table: 2) }
        + damages(
            "stretch_batch", [("id", id), ("rows", id), ("table_id", id)], row: "row 1"
        ) { _ = try $0.countsOfTables() }
        + damages("stretch_batch", [("table_id", id)], row: "row 1") {
            _ = try $0.batchesOfTables()
        }
        + damages(
            "stretch_batch", [("id", id), ("rows", id), ("digest", blob)], row: "row 1"
        ) { _ = try $0.namedBatches() }
        + damages("stretch_batch", [("rows", id)], row: "row 1") { _ = try $0.batch(id: 41) }
        + damages("stretch_tombstone", [("ordinal", ["'text'", "x'00'", "1.5"])], row: "batch 1") {
            _ = try $0.hiddenOrdinals(batchNumber: 1)
        }
        + damages("stretch_tombstone", [("ordinal", ["1.5"])]) {
            try TombstoneLookup(on: $0.connection).forEachHiddenOrdinal(
                ofBatch: 1, from: 0, through: 9
            ) { _ in }
        }
        + damages(
            "stretch_pending",
            [
                ("kind", text + ["'sideways'"]), ("table_id", id), ("batch", id), ("branch", id),
                ("epoch", epoch), ("token", id), ("next_token", id),
                ("schema_version", numberOfText + ["-1"]),
            ]
        ) { _ = try $0.pending() }
        + damages(
            "stretch_fork",
            [
                ("child", id), ("child_token", id), ("base_branch", id), ("base_epoch", epoch),
                ("base_token", id), ("branch", id), ("epoch", epoch), ("token", id),
            ]
        ) { _ = try $0.pendingFork() }
        + damages(
            "stretch_staging",
            [("rpo_hours", id + ["87601"]), ("byte_budget", id)]
        ) { _ = try $0.staging() }
        + damages(
            "stretch_history", [("branch", id), ("epoch", epoch), ("token", id)], row: "row 1"
        ) { _ = try $0.history() }
        + damages(
            "stretch_migration_status",
            [
                ("table_id", id), ("batch", id), ("direction", text + ["'up'"]), ("ended", text),
                ("rows", numberOfText + ["-1"]), ("bytes", numberOfText + ["-1"]),
            ], row: "row 1"
        ) { _ = try $0.migrationStatuses() }
        + damages(
            "stretch_event",
            [
                ("time", text), ("table_name", ["x'00'", "CAST(x'ff' AS TEXT)"]), ("kind", text),
                ("message", text),
            ], row: "row 1"
        ) { _ = try $0.events(limit: 9) }
        + damages("stretch_principal", [("name", ["x'00'", "CAST(x'ff' AS TEXT)"])]) {
            _ = try $0.members()
        }

    @Test(arguments: damages)
    func `a column that holds something else is damage, named by table, row and column`(
        damage: Damage
    ) throws {
        let catalog = try Self.makeCatalog()
        try Self.loosen(damage.table, in: catalog.connection)
        let whole = try catalog.connection.rows("SELECT * FROM main.\(damage.table)")
        try catalog.connection.execute("BEGIN")
        try damage.read(catalog)
        try catalog.connection.execute("ROLLBACK")
        for value in damage.values {
            try catalog.connection.execute("BEGIN")
            try catalog.connection.execute(
                one: "UPDATE main.\(damage.table) SET \(damage.column) = \(value)")
            expectDamage(damage, value) { try damage.read(catalog) }
            try catalog.connection.execute("ROLLBACK")
        }
        #expect(try catalog.connection.rows("SELECT * FROM main.\(damage.table)") == whole)
    }

    private func expectDamage(_ damage: Damage, _ value: String, _ body: () throws -> Void) {
        do {
            try body()
            Issue.record("\(damage.testDescription) = \(value): nothing was thrown")
        } catch let error as StretchError {
            #expect(error.code == .damaged, "\(value): \(error)")
            for part in ["table \"\(damage.table)\"", damage.row, "column \"\(damage.column)\""] {
                #expect(part.isEmpty || error.message.contains(part), "\(value): \(error.message)")
            }
        } catch {
            Issue.record("\(damage.testDescription) = \(value): \(error)")
        }
    }

    /// Lets a table hold any value in any column, as a changed schema would.
    private static func loosen(_ table: String, in connection: Connection) throws {
        let sql = try #require(
            try connection.string("SELECT sql FROM main.sqlite_schema WHERE name = ?", .text(table))
        )
        let loose = sql.replacing(/,\s*PRIMARY KEY \([^)]*\)/, with: "")
            .replacing(/TEXT PRIMARY KEY|STRICT, WITHOUT ROWID|STRICT|NOT NULL|TEXT|BLOB/, with: "")
        try connection.execute(one: "ALTER TABLE main.\(table) RENAME TO strict")
        try connection.execute(one: loose)
        try connection.execute(one: "INSERT INTO main.\(table) SELECT * FROM main.strict")
        try connection.execute("DROP TABLE main.strict")
    }

    @Test func `a format that this version does not know is refused`() throws {
        for value in ["0", "2", "'text'", "NULL"] {
            let catalog = try Self.makeCatalog()
            try Self.loosen("stretch_database", in: catalog.connection)
            try catalog.connection.execute(
                one: "UPDATE main.stretch_database SET format = \(value)")
            let error = #expect(throws: StretchError.self) { try catalog.database() }
            #expect(error?.code == .damaged && error?.message.contains("another version") == true)
        }
    }

    @Test func `the causes are added once, in any transaction`() throws {
        for isInTransaction in [false, true] {
            let catalog = try Self.makeCatalog()
            try catalog.connection.execute(
                """
                DROP TABLE main.stretch_tombstone;
                CREATE TABLE main.stretch_tombstone(
                    batch INTEGER NOT NULL, ordinal INTEGER NOT NULL, PRIMARY KEY (batch, ordinal)
                ) STRICT, WITHOUT ROWID;
                INSERT INTO main.stretch_tombstone VALUES(1, 4), (1, 6)
                """)
            #expect(try !catalog.isComplete && catalog.hiddenOrdinals(batchNumber: 1) == [4, 6])
            #expect(try catalog.unfinishedOrdinals(batchNumber: 1) == [])
            if isInTransaction { try catalog.connection.execute("BEGIN") }
            try catalog.complete()
            try catalog.complete()
            #expect(catalog.connection.isInTransaction == isInTransaction)
            #expect(
                try catalog.connection.rows("SELECT * FROM main.stretch_tombstone")
                    == [[1, 4, 1], [1, 6, 1]])
            guard isInTransaction else { continue }
            try catalog.connection.execute("ROLLBACK")
            #expect(try !catalog.isComplete && catalog.hiddenOrdinals(batchNumber: 1) == [4, 6])
        }
    }
}
