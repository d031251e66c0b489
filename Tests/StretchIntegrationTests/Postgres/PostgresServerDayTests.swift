import Foundation
import Stretch
import StretchCore
import StretchEngine
import StretchMigration
import StretchSQLite
import StretchStaging
import StretchTestSupport
import Testing

/// Bad days of a server under a whole migration.
@Suite struct PostgresServerDayTests {
    @Test func `a full disk stops the migration with a reason, and room lets it go on`() throws {
        let server = try PrivatePostgres()
        let remote = try PostgresRemote(on: server)
        // Three batches of 8 MiB; a file of the server may have 17 MiB and half a page.
        let file = try PostgresStretchedFile(
            server: server.address(of: remote.database), noteSize: 250_000)
        try server.stop()
        try server.start(maximumFileByteCount: 17 << 20 | 4_096)
        let migrator = try file.makeMigrator()
        let error = #expect(throws: StretchError.self) { try migrator.migrate() }
        #expect(error?.code == .remoteUnavailable)
        #expect(error?.message.contains("53100") == true, "\(String(describing: error))")
        #expect(error?.hint?.contains("disk space") == true)
        let hot = try #require(try file.hotRowCount())
        #expect(hot > 20 && hot < 120)
        #expect(try file.database.query(PostgresStretchedFile.all).rows == file.start)
        try server.restart()
        try migrator.migrate()
        try file.checkSettled("with room")
    }

    @Test func `a server that is absent is waited for, and the migration goes on by itself`()
        throws
    {
        let server = try PrivatePostgres()
        let remote = try PostgresRemote(on: server)
        let file = try PostgresStretchedFile(server: server.address(of: remote.database))
        try server.stop()
        let migrator = try file.makeMigrator()
        var waitCount = 0
        migrator.sleep = { _ in
            waitCount += 1
            if waitCount == 4 { try? server.start() }
        }
        #expect(try migrator.migrate().rowCount == 100)
        #expect(waitCount == 4)
        try file.checkSettled("absent at start")
    }

    @Test(arguments: [CrashPoint.beforeSend, .afterSend, .afterReadBack, .afterSwitch])
    func `a server that is killed between two steps costs a wait and no row`(
        _ victim: CrashPoint
    ) throws {
        let server = try PrivatePostgres()
        let remote = try PostgresRemote(on: server)
        let file = try PostgresStretchedFile(server: server.address(of: remote.database))
        let migrator = try file.makeMigrator()
        var isKilled = false
        migrator.atCrashPoint = { point in
            guard point == victim, !isKilled else { return }
            isKilled = true
            try? server.kill9()
        }
        migrator.sleep = { _ in try? server.start() }
        #expect(
            try migrator.migrate(PostgresStretchedFile.options(rowCount: 30)).rowCount == 100)
        #expect(isKilled)
        try file.checkSettled("\(victim)")
    }

    @Test(arguments: CrashPoint.allCases)
    func `no row is lost or doubled by a kill of the client`(_ point: CrashPoint) throws {
        let sample = try CrashSample(CrashTable.all[0], remote: try PostgresRemote())
        let isInbound = [
            .beforeRetire, .afterRetire, .insideRetirementSwitch, .afterRetirementSwitch,
            .beforeRecall, .insideRecallBeforeInsert, .insideRecallBeforeCommit, .afterRecall,
        ].contains(point)
        switch point {
        case .beforeAbandon, .insideAbandon, .afterAbandon:
            #expect(try sample.crash("migrate", at: .afterSend))
            try sample.open().execute("ALTER TABLE t ADD COLUMN added")
        case .insideDrop, .afterDrop: #expect(try sample.crash("migrate", at: .afterBegin))
        case .beforeStaging, .afterStaging:
            try sample.open().staging.set(StagingSettings(rpoHours: 8))
        default: if isInbound { try sample.work("migrate", ["rows=5"]) }
        }
        let isCollection = [.beforeCollection, .afterCollection].contains(point)
        let mode = isCollection ? "gc" : isInbound ? "bring-back" : "migrate"
        let isKilled = try sample.crash(mode, at: point)
        #expect(isKilled, "\(point) was not passed")
        try sample.checkFiles("\(point)")
        #expect(try sample.rows() == sample.start, "\(point)")
        try sample.resume("\(point)")
    }

    @Test func `a client that is killed while the server commits finds its batch again`() throws {
        let remote = try PostgresRemote()
        let sample = try CrashSample(CrashTable.all[0], remote: remote)
        // The commit lasts until another session waits for the branch.
        try remote.psql(
            """
            CREATE FUNCTION public.linger() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                WHILE NOT EXISTS (SELECT 1 FROM pg_locks AS l JOIN pg_stat_activity AS a
                    ON a.pid = l.pid WHERE NOT l.granted AND a.datname = current_database())
                LOOP PERFORM pg_sleep(0.01); PERFORM pg_stat_clear_snapshot(); END LOOP;
                RETURN NULL;
            END $$;
            CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON stretch_history
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.linger()
            """)
        let worker = try WorkerProcess(
            "migrate", sample.path, ["rows=5"],
            login: "\(PrivatePostgres.login):\(PrivatePostgres.password)")
        let isLingering = """
            SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event = 'PgSleep' AND query ~ 'COMMIT'
            """
        while worker.isRunning, try remote.psql(isLingering) == "0" {}
        worker.kill()
        #expect(try sample.rows() == sample.start)
        let dropper = Thread {
            // Once the commit in doubt is over, later ones need not linger.
            while (try? remote.psql("SELECT count(*) FROM stretch_batch")) != "1" {}
            _ = try? remote.psql("DROP TRIGGER linger ON stretch_history")
        }
        dropper.start()
        try sample.resume("in doubt")
        while !dropper.isFinished { usleep(1_000) }
        #expect(try remote.psql("SELECT count(*) FROM stretch_batch") == "4")
    }

    @Test func `a server with older files is refused, never believed`() throws {
        let server = try PrivatePostgres()
        let remote = try PostgresRemote(on: server, isTCP: true)
        let file = try PostgresStretchedFile(
            server: server.address(of: remote.database, isTCP: true))
        let options = PostgresStretchedFile.options(rowCount: 30)
        try file.makeMigrator().migrate(options)
        let lagging = try PrivatePostgres(copyOf: server)
        try file.database.tables["orders"].alter(filter: "id <= 110")
        try file.makeMigrator().migrate(options)
        // The first host is the one that lags; both accept writes.
        let hosts = "127.0.0.1:\(lagging.port),127.0.0.1:\(server.port)"
        let plain = try Connection(path: file.path, access: .readWrite, routines: .linked)
        try plain.run(
            "UPDATE stretch_database SET endpoint = replace(endpoint, ?, ?)",
            .text("127.0.0.1:\(server.port)"), .text(hosts))
        for query in [
            "SELECT count(*) FROM orders", "SELECT * FROM orders WHERE id = 5",
            "SELECT id FROM orders ORDER BY id LIMIT 3", "SELECT sum(day) FROM orders",
        ] {
            let database = try file.reopen()
            let error = #expect(throws: StretchError.self, "\(query)") {
                _ = try database.query(query)
            }
            #expect(error?.code == .remoteMismatch)
        }
        let error = #expect(throws: StretchError.self) { try file.makeMigrator().migrate() }
        #expect(error?.code == .remoteMismatch)
        try lagging.stop()
        #expect(try file.reopen().query(PostgresStretchedFile.all).rows == file.start)
    }
}
