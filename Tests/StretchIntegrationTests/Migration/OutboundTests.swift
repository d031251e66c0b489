import StretchCatalog
import StretchCore
import StretchMigration
import StretchSQLite
import StretchTestSupport
import StretchTimeline
import Testing

@Suite struct OutboundTests {
    @Test(arguments: TableKind.all)
    func `eligible rows move, and the rest stays`(kind: TableKind) throws {
        let file = try StretchedFile(kind.script)
        try file.stretch("t", filter: "n < 20")
        let start = try file.all("t")
        let report = try file.migrator().migrate(StretchedFile.options())
        #expect(try file.hot("t").count == kind.keptRowCount)
        #expect(try file.all("t") == start)
        #expect(report.rowCount == Int64(24 - kind.keptRowCount))
        #expect(try file.isSettled)
    }

    @Test(arguments: TableKind.all)
    func `the embedded endpoint takes every kind of table`(kind: TableKind) throws {
        let file = try StretchedFile(kind.script, isEmbedded: true)
        try file.stretch("t", filter: "n < 20")
        let start = try file.all("t")
        try file.migrator().migrate(StretchedFile.options())
        #expect(try file.hot("t").count == kind.keptRowCount)
        #expect(try file.all("t") == start)
        try file.migrator().bringBack(table: "t", options: StretchedFile.options())
        #expect(StretchedFile.sorted(try file.hot("t")) == start)
        #expect(try file.isSettled)
    }

    @Test(arguments: TableKind.all, [false, true])
    func `no row is lost wherever the remote fails`(kind: TableKind, isPersistent: Bool) throws {
        for isAfterEffect in [false, true] {
            for call in 1...1_000 {
                let file = try StretchedFile(kind.script)
                try file.stretch("t", filter: "n < 20")
                let start = try file.all("t")
                let faults = FaultPlan(
                    failingCall: call, isPersistent: isPersistent, isAfterEffect: isAfterEffect)
                file.use(faults: faults)
                _ = try? file.migrator().migrate(StretchedFile.options())
                file.use(faults: nil)
                #expect(try file.all("t") == start, "call \(call)")
                try file.migrator().migrate(StretchedFile.options())
                #expect(try file.all("t") == start, "call \(call), resumed")
                #expect(try file.hot("t").count == kind.keptRowCount, "call \(call)")
                #expect(try file.isSettled)
                guard faults.didFail else {
                    #expect(call > 1)
                    break
                }
                try #require(call < 1_000, "still failing after 1,000 calls")
            }
        }
    }

    /// What another program does to the first row while it moves, and the row's twin.
    static let interferences = [
        "UPDATE t SET v = 'changed' WHERE n = 0",
        "DELETE FROM t WHERE n = 0",
        "CREATE TEMP TABLE old AS SELECT * FROM t WHERE n = 0; DELETE FROM t WHERE n = 0;"
            + "INSERT INTO t(v, n) VALUES('new', 0)",
        "INSERT INTO t(v, n) VALUES('more', 3)",
        "VACUUM",
        "DELETE FROM t WHERE n = 4; VACUUM",
        "ALTER TABLE t ADD COLUMN paid INT; UPDATE t SET paid = 1 WHERE n < 2",
    ]

    @Test(arguments: TableKind.all, interferences)
    func `a change between two steps is kept`(kind: TableKind, interference: String) throws {
        // Keys must be given where SQLite draws none.
        let canInsert = [
            "INTEGER PRIMARY KEY", "AUTOINCREMENT", "keyless with duplicates", "STRICT",
        ]
        guard !interference.contains("INSERT") || canInsert.contains(kind.testDescription) else {
            return
        }
        let points: [CrashPoint] = [
            .beforeBegin, .afterBegin, .beforeSend, .afterSend, .afterReadBack,
        ]
        for point in points {
            let twin = try StretchedFile(kind.script)
            try twin.connection.execute(interference)
            let file = try StretchedFile(kind.script)
            try file.stretch("t", filter: "n < 20")
            let migrator = try file.migrator()
            var isDone = false
            migrator.atCrashPoint = { now in
                guard now == point, !isDone else { return }
                isDone = true
                #expect(throws: Never.self) { try file.connection.execute(interference) }
            }
            try migrator.migrate(StretchedFile.options())
            #expect(isDone)
            #expect(
                try file.all("t") == StretchedFile.sorted(try twin.hot("t")), "point \(point)")
            try file.migrator().migrate(StretchedFile.options())
            #expect(
                try file.all("t") == StretchedFile.sorted(try twin.hot("t")), "point \(point)")
            #expect(try file.isSettled)
        }
    }

    @Test func `a row that is hot again replaces its cold version`() throws {
        for script in [
            "CREATE TABLE t(k INTEGER PRIMARY KEY, v, n); "
                + "INSERT INTO t VALUES(1, 'a', 1), (9, 'z', 99);",
            "CREATE TABLE t(k TEXT COLLATE NOCASE PRIMARY KEY, v, n); "
                + "INSERT INTO t VALUES('1', 'a', 1);",
            "CREATE TABLE t(k, j, v, n, PRIMARY KEY (k, j)) WITHOUT ROWID;"
                + "INSERT INTO t VALUES(1, 'x', 'a', 1), (1, 'y', 'a', 1);",
        ] {
            let file = try StretchedFile(script)
            try file.stretch("t", filter: "n < 20")
            try file.migrator().migrate(StretchedFile.options())
            // A program without Stretch inserts a cold key.
            try file.connection.execute(
                script.contains("j,")
                    ? "INSERT INTO t VALUES(1.0, 'x', 'b', 2)" : "INSERT INTO t VALUES('1', 'b', 2)"
            )
            try file.migrator().migrate(StretchedFile.options())
            let cold = try file.cold("t")
            #expect(cold.filter { $0.contains("b") }.count == 1)
            #expect(cold.filter { $0.contains("a") }.count == (script.contains("j,") ? 1 : 0))
        }
    }

    @Test func `triggers and foreign-key actions do not run`() throws {
        let file = try StretchedFile(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY, n);
            CREATE TABLE note(t_id REFERENCES t ON DELETE CASCADE);
            CREATE TABLE log(x);
            CREATE TRIGGER gone AFTER DELETE ON t BEGIN INSERT INTO log VALUES(old.id); END;
            CREATE TRIGGER born AFTER INSERT ON t BEGIN INSERT INTO log VALUES(new.id); END;
            INSERT INTO t VALUES(1, 1), (2, 1), (3, 99); DELETE FROM log;
            INSERT INTO note VALUES(1);
            """)
        try file.stretch("t", filter: "n < 20")
        let report = try file.migrator().migrate(StretchedFile.options())
        // Row 1 has a hot child.
        #expect(try file.hot("t").map { $0[0] } == [1, 3])
        #expect(report.tables[0].keptRowCounts == [.hotChild: 1])
        try file.migrator().bringBack(table: "t", options: StretchedFile.options())
        #expect(try file.hot("t").map { $0[0] } == [1, 2, 3])
        #expect(try file.connection.integer("SELECT count(*) FROM log") == 0)
        #expect(try file.connection.integer("SELECT count(*) FROM note") == 1)
    }

    @Test func `followers move before their parents`() throws {
        let file = try StretchedFile(
            """
            CREATE TABLE orders(id INTEGER PRIMARY KEY AUTOINCREMENT, created);
            CREATE TABLE items(id INTEGER PRIMARY KEY AUTOINCREMENT,
                order_id REFERENCES orders);
            CREATE INDEX item_order ON items(order_id);
            INSERT INTO orders VALUES(1, '2020-01-01'), (2, '2030-01-01'), (3, '2020-01-01');
            INSERT INTO items(order_id) VALUES(1), (1), (2), (NULL), (3), (77);
            """)
        try file.stretch("orders", filter: "created < date('now')")
        try file.stretch("items", filter: "", follows: "orders")
        try file.migrator().migrate(StretchedFile.options(rowCount: 2))
        #expect(try file.hot("orders").map { $0[0] } == [2])
        #expect(try file.hot("items").map { $0[1] } == [2, nil])
        #expect(try file.isSettled)
    }

    @Test func `a tree moves leaves first, in one run`() throws {
        let file = try StretchedFile(
            """
            CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, up REFERENCES t, n);
            CREATE INDEX t_up ON t(up);
            INSERT INTO t VALUES(1, NULL, 1), (2, 1, 1), (3, 2, 1), (4, 3, 99),
                (5, 2, 1), (6, NULL, 1);
            """)
        try file.stretch("t", filter: "n < 20")
        try file.migrator().migrate(StretchedFile.options())
        // Row 4 stays, and with it all that it descends from.
        #expect(try file.hot("t").map { $0[0] } == [1, 2, 3, 4])
    }

    @Test func `a second migrator is told who holds the lease`() throws {
        let file = try StretchedFile(TableKind.all[0].script)
        try file.stretch("t", filter: "n < 20")
        let migrator = try file.migrator()
        var codes: [StretchError.Code] = []
        migrator.atCrashPoint = { point in
            guard point == .afterBegin else { return }
            do {
                try file.migrator().migrate(StretchedFile.options())
            } catch {
                codes.append((error as? StretchError)?.code ?? .damaged)
                #expect("\(error)".contains("pid "))
            }
        }
        try migrator.migrate(StretchedFile.options(rowCount: 50))
        #expect(codes == [.busy])
    }

    @Test func `a step of another branch is dropped`() throws {
        let file = try StretchedFile(TableKind.all[0].script)
        try file.stretch("t", filter: "n < 20")
        let start = try file.all("t")
        let other = TimelinePosition(branch: 5, epoch: 0, token: 6)
        try file.catalog.insert(
            PendingStep(
                kind: .outbound, table: 1, batch: 99, base: other, nextToken: 7, schemaVersion: 0))
        try file.migrator().migrate(StretchedFile.options())
        #expect(try file.all("t") == start)
        #expect(try file.hot("t").count == 4)
    }

    @Test func `a lost branch stops the run and names reauthorize`() throws {
        let file = try StretchedFile(TableKind.all[0].script)
        try file.stretch("t", filter: "n < 20")
        let start = try file.all("t")
        let migrator = try file.migrator()
        var isDone = false
        migrator.atCrashPoint = { point in
            guard point == .beforeSend, !isDone else { return }
            isDone = true
            // Another file extends the branch.
            let head = try? file.catalog.position()
            if let head { file.remote.histories[head.branch]?.append(head.next(token: 1)) }
        }
        for migrator in [migrator, try file.migrator()] {
            let error = #expect(throws: StretchError.self) {
                try migrator.migrate(StretchedFile.options())
            }
            #expect(error?.code == .remoteMismatch)
        }
        #expect(try file.all("t") == start)
        #expect(try file.hot("t").count == 24)
    }

    @Test func `a row that the remote refuses stays, and its neighbours move`() throws {
        let file = try StretchedFile(TableKind.all[0].script)
        try file.stretch("t", filter: "n < 20")
        file.remote.refused = ["v7"]
        let start = try file.all("t")
        let report = try file.migrator().migrate(StretchedFile.options(rowCount: 8))
        #expect(try file.hot("t").map { $0[1] } == ["v7", "v20", "v21", "v22", "v23"])
        #expect(try file.all("t") == start)
        #expect(report.tables[0].keptRowCounts == [.refused: 1])
    }

    @Test func `a copy that differs is never switched`() throws {
        let file = try StretchedFile(TableKind.all[0].script)
        try file.stretch("t", filter: "n < 20")
        let start = try file.all("t")
        let migrator = try file.migrator()
        migrator.atCrashPoint = { point in
            guard point == .afterSend else { return }
            for id in file.remote.rows.keys { file.remote.rows[id]?[0][1] = "flipped" }
        }
        let error = #expect(throws: StretchError.self) {
            try migrator.migrate(StretchedFile.options())
        }
        #expect(error?.code == .damaged)
        #expect(try file.all("t") == start)
        try file.migrator().migrate(StretchedFile.options())
        #expect(try file.all("t") == start)
        #expect(try file.hot("t").count == 4)
        #expect(try file.isSettled)
    }

    @Test func `a stopped run goes on later`() throws {
        let file = try StretchedFile(TableKind.all[0].script + "; CREATE INDEX t_n ON t(n)")
        try file.stretch("t", filter: "n < 20")
        let start = try file.all("t")
        var options = StretchedFile.options()
        var batches = 0
        options.shouldStop = { batches >= 2 }
        let report = try file.migrator().migrate(options) { _ in batches += 1 }
        #expect(report.isStopped)
        // The batch that was written down with the second one's switch is finished.
        #expect(report.rowCount == 15)
        #expect(try file.isSettled)
        // Indexes would make the rest slower.
        #expect(file.remote.indexedRelations.isEmpty)
        try file.migrator().migrate(StretchedFile.options())
        #expect(try file.all("t") == start)
        #expect(try file.hot("t").count == 4)
        #expect(file.remote.indexedRelations == Set(file.remote.relations.keys))
    }
}
