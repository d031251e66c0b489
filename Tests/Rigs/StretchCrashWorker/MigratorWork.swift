internal import Foundation
internal import Stretch
internal import StretchCatalog
internal import StretchEndpoint
internal import StretchEngine
internal import StretchKeystore
internal import StretchMigration
internal import StretchSQLite

/// Runs the migrator once, and dies at the n-th passing of a crash point when one is given.
struct MigratorWork {
    private let arguments: WorkerArguments

    init(_ arguments: WorkerArguments) { self.arguments = arguments }

    func run() throws {
        let migrator = try Migrator(path: arguments.path, configuration: arguments.configuration)
        if let number = arguments["point"].flatMap({ Int($0) }) {
            guard let victim = CrashPoint(rawValue: number) else {
                arguments.fail("no crash point has the number \(number)")
            }
            var remaining = arguments.integer("pass", default: 1)
            migrator.atCrashPoint = { point in
                guard point == victim else { return }
                remaining -= 1
                if remaining == 0 { kill(getpid(), SIGKILL) }
            }
        }
        arguments.report("rows=\(try rowCount(migrator))")
    }

    private func rowCount(_ migrator: Migrator) throws -> Int64 {
        var options = MigrationOptions()
        options.maximumRowCount = arguments["rows"].flatMap { Int($0) }
        switch arguments.mode {
        case "migrate": return try migrator.migrate(options).rowCount
        case "bring-back":
            return try migrator.bringBack(
                table: arguments["table"] ?? "t", where: arguments["where"], options: options
            ).rowCount
        default: return try collect(migrator)
        }
    }

    /// Collects garbage, in mode `erase` after batches with hidden rows were written again.
    private func collect(_ migrator: Migrator) throws -> Int64 {
        let catalog = Catalog(
            try Connection(path: arguments.path, access: .readOnly, routines: .linked))
        guard let record = try catalog.database() else { arguments.fail("it is not enabled") }
        let endpoint = try arguments.configuration.endpoint(
            at: EndpointAddress(parsing: record.endpoint), localPath: arguments.path,
            as: .administrator)
        return try migrator.collectGarbage(
            GarbageRequest(database: record.database), at: endpoint,
            erasesHiddenRows: arguments.mode == "erase"
        ).0.rowCount
    }
}

/// Migrates a table and brings it back in turns: without an end, or until a time is over.
struct LoadWork {
    private let arguments: WorkerArguments

    init(_ arguments: WorkerArguments) { self.arguments = arguments }

    func run() throws {
        let database = try StretchDatabase(
            path: arguments.path, configuration: arguments.configuration)
        let table = arguments["table"] ?? "t"
        let isEndless = arguments["milliseconds"] == nil
        let deadline = arguments.deadline()
        let rowCount = arguments["rows"].flatMap { Int($0) }
        var (roundCount, movedRowCount): (Int, Int64) = (0, 0)
        arguments.report("ready")
        // A run that was killed left the table in state `inbound` or `paused`.
        try database.tables[table].resume(.outbound)
        while isEndless || ContinuousClock.now < deadline {
            movedRowCount += try database.migrate(batchRowCount: rowCount).rowCount
            // Some rows first, then all of them, after which the table is paused.
            let some = try database.tables[table].bringBack(where: arguments["where"])
            let all = try database.tables[table].bringBack()
            movedRowCount += some.rowCount + all.rowCount
            try database.tables[table].resume(.outbound)
            roundCount += 1
        }
        arguments.report("rounds=\(roundCount) rows=\(movedRowCount)")
    }
}
