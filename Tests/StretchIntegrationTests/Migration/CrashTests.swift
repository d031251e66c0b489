import StretchMigration
import StretchSQLite
import Testing

/// At each numbered point the files are copied as a crash would leave them, and the copy goes on.
@Suite struct CrashTests {
    private static let inbound: Set<CrashPoint> = [
        .beforeRecall, .insideRecallBeforeInsert, .insideRecallBeforeCommit, .afterRecall,
        .beforeRetire, .afterRetire, .insideRetirementSwitch, .afterRetirementSwitch,
    ]

    @Test(arguments: TableKind.all)
    func `a crash at any point of outbound loses and doubles no row`(kind: TableKind) throws {
        let file = try StretchedFile(kind.script)
        try file.stretch("t", filter: "n < 20")
        let start = try file.all("t")
        let migrator = try file.migrator()
        var points: Set<CrashPoint> = []
        migrator.atCrashPoint = { point in
            points.insert(point)
            #expect(throws: Never.self) {
                let crashed = try StretchedFile(crashed: file)
                #expect(try crashed.all("t") == start, "\(point)")
                #expect(try crashed.connection.string("PRAGMA integrity_check") == "ok")
                try crashed.migrator().migrate(StretchedFile.options(rowCount: 7))
                #expect(try crashed.all("t") == start, "\(point), resumed")
                #expect(try crashed.hot("t").count == kind.keptRowCount)
                #expect(try crashed.isSettled)
                #expect(try crashed.migrator().verify().isSound)
            }
        }
        try migrator.migrate(StretchedFile.options(rowCount: 10))
        #expect(try file.all("t") == start)
        #expect(points.count >= 12)
    }

    @Test(arguments: TableKind.all)
    func `a crash at any point of inbound loses and doubles no row`(kind: TableKind) throws {
        let file = try StretchedFile(kind.script)
        try file.stretch("t", filter: "n < 20")
        let start = try file.all("t")
        try file.migrator().migrate(StretchedFile.options(rowCount: 10))
        let migrator = try file.migrator()
        var points: Set<CrashPoint> = []
        migrator.atCrashPoint = { point in
            points.insert(point)
            #expect(throws: Never.self) {
                let crashed = try StretchedFile(crashed: file)
                #expect(try crashed.all("t") == start, "\(point)")
                try crashed.migrator().bringBack(
                    table: "t", options: StretchedFile.options(rowCount: 7))
                #expect(StretchedFile.sorted(try crashed.hot("t")) == start, "\(point), resumed")
                #expect(try crashed.isSettled)
            }
        }
        try migrator.bringBack(table: "t", options: StretchedFile.options(rowCount: 10))
        #expect(points.isSuperset(of: CrashTests.inbound))
    }

    @Test func `a crash while a batch is given up loses no row`() throws {
        let file = try StretchedFile(TableKind.all[0].script)
        try file.stretch("t", filter: "n < 20")
        let migrator = try file.migrator()
        var points: Set<CrashPoint> = []
        var start: [String] = []
        migrator.atCrashPoint = { point in
            #expect(throws: Never.self) {
                if point == .afterSend, start.isEmpty {
                    try file.connection.execute(
                        "ALTER TABLE t ADD COLUMN paid; UPDATE t SET paid = 1 WHERE n = 0")
                    try file.reconcile(file.connection)
                    start = try file.all("t")
                }
                guard !start.isEmpty else { return }
                points.insert(point)
                let crashed = try StretchedFile(crashed: file)
                #expect(try crashed.all("t") == start, "\(point)")
                try crashed.migrator().migrate(StretchedFile.options(rowCount: 7))
                #expect(try crashed.all("t") == start, "\(point), resumed")
                #expect(try crashed.isSettled)
            }
        }
        try migrator.migrate(StretchedFile.options(rowCount: 10))
        #expect(
            points.isSuperset(of: [.beforeAbandon, .insideAbandon, .afterAbandon, .afterRetire]))
        #expect(try file.all("t") == start)
    }
}
