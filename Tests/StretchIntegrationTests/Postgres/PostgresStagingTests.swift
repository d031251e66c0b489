import Foundation
import StretchCore
import StretchEndpoint
import StretchMigration
import StretchPostgres
import StretchSQLite
import StretchTestSupport
import Synchronization
import Testing

/// Batches whose rows travel before their commit.
@Suite struct PostgresStagingTests {
    private static let start = TimelinePosition(branch: 7, epoch: 0, token: 70)
    private static let next = start.next(token: 71)

    /// A remote with a relation of two columns, which the endpoint remembers.
    private static func prepared() throws -> (PostgresRemote, PostgresEndpoint) {
        let remote = try PostgresRemote()
        let endpoint = remote.makeEndpoint()
        try endpoint.register(database: 1, position: start)
        try endpoint.provision(
            Relation(
                id: 5, name: "orders",
                columns: [
                    RemoteColumn(id: 1, name: "id", affinity: .integer, defaultValue: .null),
                    RemoteColumn(id: 2, name: "note", affinity: .text, defaultValue: .null),
                ], key: [OrderTerm(column: 1)], indexes: []))
        let (first, rows) = batch(10, from: 0)
        try endpoint.commit(first, rows: rows, from: start, to: next)
        return (remote, endpoint)
    }

    /// A batch of 1,000 rows; the row 1,003 holds a misfit.
    private static func batch(_ id: Int64, from first: Int64) -> (NewBatch, RowBuffer) {
        let rows = RowBuffer(columnCount: 2)
        for row in first..<first + 1_000 {
            rows.beginRow(identifier: row)
            rows.append(row)
            rows.append(row == 1_003 ? .blob([0, 1]) : .text("note \(row)"))
        }
        let batch = NewBatch(
            id: id, relation: 5, columns: [1, 2], rowCount: 1_000,
            digest: [UInt8](repeating: UInt8(id), count: 32))
        return (batch, rows)
    }

    private static func sessionCount(_ remote: PostgresRemote, state: String) throws -> Int? {
        try Int(
            remote.psql(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND state = '\(state)'
                """))
    }

    /// Stages a batch, and waits until its rows are at the server and the transaction is open.
    private static func stage(
        _ batch: (NewBatch, RowBuffer), _ endpoint: PostgresEndpoint, _ remote: PostgresRemote
    ) throws {
        endpoint.sendAhead(batch.0, rows: batch.1)
        for _ in 0..<200 {
            if try sessionCount(remote, state: "idle in transaction") == 1 { return }
        }
        Issue.record("nothing was staged")
    }

    private static func expectStored(
        _ batch: (NewBatch, RowBuffer), _ remote: PostgresRemote
    ) throws {
        let page = RowBuffer(columnCount: 2)
        try remote.makeEndpoint().read(
            batch: batch.0.id, columns: [1, 2], from: 0, maximumRowCount: 2_000, into: page)
        #expect(page.bytes.elementsEqual(batch.1.bytes))
        #expect(try remote.psql("SELECT count(*) FROM orders") == "2000")
        #expect(try sessionCount(remote, state: "idle in transaction") == 0)
    }

    @Test func `a staged batch is committed by its own transaction`() throws {
        let (remote, endpoint) = try Self.prepared()
        let batch = Self.batch(11, from: 1_000)
        try Self.stage(batch, endpoint, remote)
        #expect(try remote.psql("SELECT count(*) FROM orders") == "1000")
        let count = endpoint.roundTripCount
        try endpoint.commit(batch.0, rows: batch.1, from: Self.next, to: Self.next.next(token: 72))
        // The comparison, and the ledger with the commit; the rows went before.
        #expect(endpoint.roundTripCount - count == 2)
        try Self.expectStored(batch, remote)
    }

    @Test func `a staged batch that is not committed leaves nothing`() throws {
        let (remote, endpoint) = try Self.prepared()
        try Self.stage(Self.batch(11, from: 1_000), endpoint, remote)
        endpoint.sendAhead(nil, rows: nil)
        #expect(try Self.sessionCount(remote, state: "idle in transaction") == 0)
        #expect(try remote.psql("SELECT count(*) FROM orders") == "1000")
        // Another batch takes the place of the one that was staged.
        try Self.stage(Self.batch(11, from: 1_000), endpoint, remote)
        let other = Self.batch(12, from: 5_000)
        try endpoint.commit(other.0, rows: other.1, from: Self.next, to: Self.next.next(token: 72))
        try Self.expectStored(other, remote)
    }

    @Test(arguments: [
        // Another session gave a column its first misfit, or lost this one.
        "UPDATE stretch_relation SET generation = generation + 1",
        """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND state = 'idle in transaction'
        """,
    ])
    func `what goes wrong meanwhile costs a second sending`(_ trouble: String) throws {
        let (remote, endpoint) = try Self.prepared()
        let batch = Self.batch(11, from: 1_000)
        try Self.stage(batch, endpoint, remote)
        try remote.psql(trouble)
        try endpoint.commit(batch.0, rows: batch.1, from: Self.next, to: Self.next.next(token: 72))
        try Self.expectStored(batch, remote)
    }

    @Test func `a branch that moved on refuses a staged batch`() throws {
        let (remote, endpoint) = try Self.prepared()
        let batch = Self.batch(11, from: 1_000)
        try Self.stage(batch, endpoint, remote)
        let other = Self.batch(12, from: 5_000)
        try remote.makeEndpoint().commit(
            other.0, rows: other.1, from: Self.next, to: Self.next.next(token: 99))
        let error = #expect(throws: StretchError.self) {
            try endpoint.commit(
                batch.0, rows: batch.1, from: Self.next, to: Self.next.next(token: 72))
        }
        #expect(error?.code == .remoteMismatch)
        try Self.expectStored(other, remote)
    }

    @Test func `without a second session the commit sends the rows`() throws {
        let (remote, endpoint) = try Self.prepared()
        guard case .made(let writer, _) = try endpoint.makeLogins() else {
            Issue.record("no login was made")
            return
        }
        try remote.psql("ALTER ROLE \(writer.login) CONNECTION LIMIT 1")
        let limited = PostgresEndpoint(remote.address) { writer }
        let batch = Self.batch(11, from: 1_000)
        // The endpoint knows the relation, and has its one session.
        let page = RowBuffer(columnCount: 2)
        try limited.read(batch: 10, columns: [1, 2], from: 0, maximumRowCount: 1, into: page)
        let scan = try limited.scan(
            ColdScanRequest(
                relation: 5, position: Self.next,
                batches: [VisibleBatch(id: 10, number: 1, rowCount: 1_000)], columns: [1]))
        limited.sendAhead(batch.0, rows: batch.1)
        withExtendedLifetime(scan) {}
        #expect(try Self.sessionCount(remote, state: "idle in transaction") == 0)
        let narrow = RowBuffer(columnCount: 1)
        while try scan.nextPage(into: narrow, maximumRowCount: 1_000) {}
        try limited.commit(batch.0, rows: batch.1, from: Self.next, to: Self.next.next(token: 72))
        try Self.expectStored(batch, remote)
    }

    @Test func `rows are sent although the application keeps every thread of the pool busy`()
        throws
    {
        let (remote, endpoint) = try Self.prepared()
        let batch = Self.batch(11, from: 1_000)
        let isDone = Atomic(false)
        let overtime = Atomic(false)
        // More tasks than the pool ever has threads for, which end when the batch is committed.
        let deadline = ContinuousClock.now + .seconds(300)
        for _ in 0..<64 {
            DispatchQueue.global().async {
                while !isDone.load(ordering: .relaxed) {
                    guard ContinuousClock.now < deadline else {
                        return overtime.store(true, ordering: .relaxed)
                    }
                }
            }
        }
        endpoint.sendAhead(batch.0, rows: batch.1)
        try endpoint.commit(batch.0, rows: batch.1, from: Self.next, to: Self.next.next(token: 72))
        isDone.store(true, ordering: .relaxed)
        let isLate = overtime.load(ordering: .relaxed)
        #expect(!isLate)
        try Self.expectStored(batch, remote)
    }

    @Test func `a run that stops takes back what it sent ahead`() throws {
        let remote = try PostgresRemote()
        let file = try PostgresStretchedFile(server: remote.server.address(of: remote.database))
        let migrator = try file.makeMigrator()
        var options = PostgresStretchedFile.options(rowCount: 30)
        var isStopped = false
        migrator.atCrashPoint = { if $0 == .afterReadBack { isStopped = true } }
        options.shouldStop = { isStopped }
        let report = try migrator.migrate(options)
        #expect(report.rowCount == 30)
        #expect(report.isStopped)
        #expect(try Self.sessionCount(remote, state: "idle in transaction") == 0)
        #expect(
            try migrator.migrate(PostgresStretchedFile.options(rowCount: 30)).rowCount == 70)
        try file.checkSettled("stopped")
    }
}
