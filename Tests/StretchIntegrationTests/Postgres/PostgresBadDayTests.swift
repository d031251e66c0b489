import Foundation
import StretchCore
import StretchEndpoint
import StretchPostgres
import StretchSQLite
import StretchTestSupport
import Testing

/// Bad days of a server; each has a server of its own.
@Suite struct PostgresBadDayTests {
    private static let start = TimelinePosition(branch: 7, epoch: 0, token: 70)
    private static let relation = Relation(
        id: 5, name: "orders",
        columns: [
            RemoteColumn(id: 1, name: "id", affinity: .integer, defaultValue: .null),
            RemoteColumn(id: 2, name: "note", affinity: .text, defaultValue: .null),
        ], key: [OrderTerm(column: 1)], indexes: [])

    private static func rows(_ count: Int) -> RowBuffer {
        let rows = RowBuffer(columnCount: 2)
        for row in 0..<count {
            rows.beginRow(identifier: Int64(row))
            rows.append(Int64(row))
            rows.append(.text("note \(row)"))
        }
        return rows
    }

    private static func batch(_ id: Int64, _ rows: RowBuffer) -> NewBatch {
        NewBatch(
            id: id, relation: 5, columns: [1, 2], rowCount: Int64(rows.rowCount),
            digest: [UInt8](repeating: 1, count: 32))
    }

    private static func request(
        _ position: TimelinePosition, _ rowCount: Int64
    ) -> ColdScanRequest {
        ColdScanRequest(
            relation: 5, position: position,
            batches: [VisibleBatch(id: 11, number: 1, rowCount: rowCount)], columns: [1, 2])
    }

    private static func count(_ scan: any ColdScan) throws -> Int {
        let page = RowBuffer(columnCount: 2)
        var count = 0
        while try scan.nextPage(into: page, maximumRowCount: 1_000) { count += page.rowCount }
        return count
    }

    @Test func `sessions survive a restart and a kill, a running scan says so`() throws {
        let server = try PrivatePostgres()
        let remote = try PostgresRemote(on: server)
        let endpoint = remote.makeEndpoint()
        try endpoint.register(database: 1, position: Self.start)
        try endpoint.provision(Self.relation)
        let rows = Self.rows(200_000)
        let next = Self.start.next(token: 71)
        try endpoint.commit(Self.batch(11, rows), rows: rows, from: Self.start, to: next)
        let request = Self.request(next, 200_000)
        #expect(try Self.count(endpoint.scan(request)) == 200_000)
        try server.restart()
        #expect(try Self.count(endpoint.scan(request)) == 200_000)
        let running = try endpoint.scan(request)
        let page = RowBuffer(columnCount: 2)
        #expect(try running.nextPage(into: page, maximumRowCount: 10))
        try server.kill9()
        let error = #expect(throws: StretchError.self) { _ = try Self.count(running) }
        #expect(error?.code == .remoteUnavailable)
        let absent = #expect(throws: StretchError.self) { _ = try endpoint.fence(branch: 7) }
        #expect(absent?.code == .remoteUnavailable)
        try server.start()
        #expect(try endpoint.fence(branch: 7) == next)
        #expect(try Self.count(endpoint.scan(request)) == 200_000)
    }

    @Test func `a server killed during COPY holds nothing of the batch, which can be sent again`()
        throws
    {
        let server = try PrivatePostgres()
        let remote = try PostgresRemote(on: server)
        let endpoint = remote.makeEndpoint()
        try endpoint.register(database: 1, position: Self.start)
        try endpoint.provision(Self.relation)
        // The server stops in the middle of the rows, at a trigger, and is killed there.
        try remote.psql(
            """
            CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN IF NEW.id = 500 THEN PERFORM pg_sleep(100); END IF; RETURN NEW; END $$;
            CREATE TRIGGER stop BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION stop()
            """)
        let killer = Thread {
            let isAsleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
            while (try? remote.psql(isAsleep)) != "1" {}
            try? server.kill9()
        }
        killer.start()
        let rows = Self.rows(1_000)
        let next = Self.start.next(token: 71)
        let error = #expect(throws: StretchError.self) {
            try endpoint.commit(Self.batch(11, rows), rows: rows, from: Self.start, to: next)
        }
        #expect(error?.code == .remoteUnavailable)
        while !killer.isFinished { usleep(1_000) }
        try server.start()
        try remote.psql("DROP TRIGGER stop ON orders")
        #expect(try endpoint.fence(branch: 7) == Self.start)
        #expect(try endpoint.ledgerEntry(batch: 11) == nil)
        #expect(try endpoint.usage(relation: 5).rowCount == 0)
        try endpoint.commit(Self.batch(11, rows), rows: rows, from: Self.start, to: next)
        #expect(try Self.count(endpoint.scan(Self.request(next, 1_000))) == 1_000)
        #expect(try remote.psql("SELECT count(*) FROM orders") == "1000")
    }

    @Test func `the fence waits for a commit in doubt`() throws {
        let remote = try PostgresRemote()
        let endpoint = remote.makeEndpoint()
        try endpoint.register(database: 1, position: Self.start)
        // A session that has committed everything but the COMMIT, as a client that was killed.
        let doubt = Thread {
            _ = try? remote.psql(
                """
                BEGIN; SELECT 1 FROM stretch_branch WHERE id = 7 FOR UPDATE;
                INSERT INTO stretch_history VALUES (7, 1, 71);
                UPDATE stretch_branch SET head_epoch = 1 WHERE id = 7;
                DO $$ BEGIN
                    WHILE NOT EXISTS (
                        SELECT 1 FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()
                    ) LOOP PERFORM pg_sleep(0.01); END LOOP;
                END $$;
                COMMIT
                """)
        }
        doubt.start()
        let isLocked = """
            SELECT count(*) FROM pg_locks WHERE mode = 'RowShareLock'
                AND relation = 'stretch_1.stretch_branch'::regclass
            """
        while try remote.psql(isLocked) == "0" {}
        #expect(try endpoint.fence(branch: 7) == Self.start.next(token: 71))
        while !doubt.isFinished { usleep(1_000) }
    }

    @Test func `an interrupted scan stops, and the session's next calls work`() throws {
        let remote = try PostgresRemote()
        let endpoint = remote.makeEndpoint()
        try endpoint.register(database: 1, position: Self.start)
        try endpoint.provision(Self.relation)
        let rows = Self.rows(10)
        let next = Self.start.next(token: 71)
        try endpoint.commit(Self.batch(11, rows), rows: rows, from: Self.start, to: next)
        // A server that never comes to the end of a scan.
        try remote.psql(
            """
            ALTER TABLE orders RENAME TO orders_rows;
            CREATE VIEW orders AS SELECT r.* FROM orders_rows AS r, pg_sleep(100)
            """)
        nonisolated(unsafe) let shared = endpoint
        let interrupter = Thread {
            let isAsleep = """
                SELECT count(*) FROM pg_stat_activity
                WHERE wait_event = 'PgSleep' AND datname = current_database()
                """
            while (try? remote.psql(isAsleep)) != "1" {}
            shared.interrupt()
        }
        interrupter.start()
        let error = #expect(throws: StretchError.self) {
            _ = try Self.count(endpoint.scan(Self.request(next, 10)))
        }
        #expect(error?.code == .cancelled)
        try remote.psql("DROP VIEW orders; ALTER TABLE orders_rows RENAME TO orders")
        #expect(try Self.count(endpoint.scan(Self.request(next, 10))) == 10)
        while !interrupter.isFinished { usleep(1_000) }
    }

    @Test(arguments: [
        "DROP TABLE orders", "DROP TABLE stretch_history",
        "ALTER TABLE orders ALTER COLUMN id TYPE integer", "ALTER TABLE orders DROP COLUMN note",
    ])
    func `what another program changed is reported as damage`(_ change: String) throws {
        let remote = try PostgresRemote()
        let endpoint = remote.makeEndpoint()
        try endpoint.register(database: 1, position: Self.start)
        try endpoint.provision(Self.relation)
        let rows = Self.rows(10)
        let next = Self.start.next(token: 71)
        try endpoint.commit(Self.batch(11, rows), rows: rows, from: Self.start, to: next)
        try remote.psql(change)
        for endpoint in [endpoint, remote.makeEndpoint()] {
            let error = #expect(throws: StretchError.self) {
                _ = try Self.count(endpoint.scan(Self.request(next, 10)))
            }
            #expect(error?.code == .damaged)
        }
    }
}
