import ArgumentParser
import CBarePeer
import Foundation
import Stretch
import StretchTestSupport

/// Backups, and attaching a restored file to its remote.
struct TimelineBenchmark: ParsableCommand {
    enum Part: String, CaseIterable, ExpressibleByArgument {
        case reauthorize, backup, deep
    }

    static let configuration = CommandConfiguration(
        commandName: "timeline",
        abstract: "Reauthorizing with few and with many cold rows; backups against sqlite3's.",
        discussion: """
            reauthorize: a copy of a file with 100,000 cold rows and of one with all of them, \
            against a copy of the remote's table. backup: a shallow one against the shell's \
            .backup. deep: cold rows of PostgreSQL against a COPY into an SQLite file.
            """)

    @Argument(help: "What is measured: reauthorize, backup or deep.")
    var parts: [Part] = Part.allCases
    @Option(help: "The cold rows of the large file that is reauthorized.") var rows = 10_000_000
    @Option(help: "The rows of the file that is backed up.") var backupRows = 1_000_000
    @Option(help: "How often each side runs; medians are shown.") var rounds = 5
    @Flag(help: "Reauthorize on PostgreSQL in place of a SQLite file.") var postgresql = false
    @Option(help: "A folder on disk for the files.") var folder = "/tmp"

    func run() throws {
        let folder = self.folder + "/stretch-bench-timeline"
        try? FileManager.default.removeItem(atPath: folder)
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let needsServer = postgresql || parts.contains(.deep)
        let server = needsServer ? try PostgresServer(folder: self.folder) : nil
        for part in parts {
            switch part {
            case .reauthorize: try reauthorize(in: folder, postgresql ? server : nil)
            case .backup: try backUp(in: folder)
            case .deep: try server.map(backUpDeep)
            }
        }
    }

    // MARK: Reauthorize

    private func reauthorize(in folder: String, _ server: PostgresServer?) throws {
        var table: [[String]] = []
        var times: [Double] = []
        var copyTime = Double.nan
        for count in [100_000, rows] {
            let life = try Life(in: folder, server, rowCount: count)
            let time = try (0..<rounds).map { round in
                try reauthorizeCopy(of: life, round)
            }.median
            copyTime = try life.copyTheRemote()
            times.append(time)
            table.append([
                "\(count) cold rows", (time * 1e3).formatted(digits: 1),
                copyTime.formatted(digits: 2), (copyTime / time).formatted(digits: 0),
                count == rows ? "≥ 100" : "",
                count == rows ? (copyTime >= 100 * time ? "yes" : "NO") : "",
            ])
        }
        let ratio = times[1] / times[0]
        table.append([
            "many ÷ few", ratio.formatted(digits: 2), "", "", "0.8 to 1.2",
            (0.8...1.2).contains(ratio) ? "yes" : "NO",
        ])
        print("\nreauthorize with a copy, \(server == nil ? "SQLite file" : "PostgreSQL"):")
        printTable(
            ["", "ms", "copying the table, s", "times as fast", "target", "met"], table)
    }

    /// The seconds of reauthorizing a new copy of a file.
    private func reauthorizeCopy(of life: Life, _ round: Int) throws -> Double {
        let copy = life.file.path + ".copy\(round)"
        let source = try Connection(path: life.file.path, access: .readOnly, routines: .linked)
        try source.run("VACUUM INTO ?", .text(copy))
        defer { try? FileManager.default.removeItem(atPath: copy) }
        let database = try StretchDatabase(path: copy, configuration: life.configuration)
        // What making the file and its copy left to be written is not reauthorize's.
        sync()
        let time = try seconds { _ = try database.remote.reauthorize() }
        let count = try database.query("SELECT count(*) FROM orders").rows[0][0].integerValue
        guard count == Int64(life.rowCount) else { throw WrongAnswer() }
        return time
    }

    /// A file all of whose rows are cold.
    private struct Life {
        let rowCount: Int
        let file: OrdersFile
        let configuration: Configuration
        private let server: (PostgresServer, StretchedOrders)?

        init(in folder: String, _ server: PostgresServer?, rowCount: Int) throws {
            self.rowCount = rowCount
            let keystore = Keystore(path: folder + "/keystore")
            guard let server else {
                var configuration = Configuration.everyRemote
                configuration.keystore = keystore
                self.configuration = configuration
                file = try OrdersFile(
                    path: "\(folder)/life\(rowCount).db", rowCount: rowCount, hasIndex: false)
                let database = try file.openStretched(coldCount: 0, configuration)
                try database.tables["orders"].alter(filter: "id <= \(rowCount)")
                _ = try database.migrate(lockBudget: .milliseconds(250))
                self.server = nil
                return
            }
            let orders = try server.stretchedFile(
                "life\(rowCount)", rowCount: rowCount, keystore: keystore)
            _ = try orders.migrate(upTo: rowCount)
            configuration = orders.database.configuration
            file = orders.file
            self.server = (server, orders)
        }

        /// The seconds of copying the table of cold rows on the remote.
        func copyTheRemote() throws -> Double {
            if let (server, orders) = server {
                return try seconds {
                    try server.server.psql(
                        "CREATE TABLE copied AS SELECT * FROM \(orders.table)",
                        database: orders.remote)
                }
            }
            let remote = try Connection(
                path: file.path + ".archive", access: .readWrite, routines: .linked)
            let name = try remote.string(
                "SELECT name FROM sqlite_schema WHERE name LIKE 'rows!_%' ESCAPE '!'")
            guard let name else { throw WrongAnswer() }
            return try seconds {
                try remote.execute(one: "CREATE TABLE copied AS SELECT * FROM \"\(name)\"")
            }
        }
    }

    // MARK: Backups

    private func backUp(in folder: String) throws {
        let file = try OrdersFile(path: folder + "/backup.db", rowCount: backupRows)
        let database = try file.openStretched(coldCount: backupRows / 10)
        let target = folder + "/copy.db"
        var work = Rounds()
        try addBackups(of: database, to: target, BackupOptions(), &work)
        work.add("sqlite3 .backup") {
            try shell(file.path, ".backup '\(target)'", making: target)
        }
        try run(
            work, "shallow backup of \(backupRows) rows, a tenth of them cold", target,
            peer: "sqlite3 .backup", limit: 1.1)
    }

    private func backUpDeep(_ server: PostgresServer) throws {
        let orders = try server.stretchedFile("deep", rowCount: backupRows)
        _ = try orders.migrate(upTo: backupRows)
        let target = server.folder + "/stretch-bench-deep-copy.db"
        let peer = server.barePeer(orders.remote)
        defer { bare_peer_close(peer) }
        var options = BackupOptions()
        options.isDeep = true
        var work = Rounds()
        try addBackups(of: orders.database, to: target, options, &work)
        work.add("COPY into an SQLite file") {
            try? FileManager.default.removeItem(atPath: target)
            return seconds {
                bare_peer_copy_to_sqlite(
                    peer,
                    """
                    COPY (SELECT id, customer, created, total, note FROM \(orders.table))
                    TO STDOUT (FORMAT binary)
                    """, target)
            }
        }
        try run(
            work, "deep backup of \(backupRows) cold rows of PostgreSQL", target,
            peer: "COPY into an SQLite file", limit: 1 / 0.8)
    }

    /// Our way, with the check at its end and without.
    private func addBackups(
        of database: StretchDatabase, to target: String, _ options: BackupOptions,
        _ work: inout Rounds
    ) throws {
        for (name, isChecked) in [("stretch", true), ("stretch --no-check", false)] {
            work.add(name) {
                try? FileManager.default.removeItem(atPath: target)
                var options = options
                options.isChecked = isChecked
                return try seconds { _ = try database.backUp(to: target, options) }
            }
        }
    }

    /// Measures, the peer's file read by `integrity_check` too, and prints the ratios of like to
    /// like.
    private func run(
        _ work: Rounds, _ title: String, _ target: String, peer: String, limit: Double
    ) throws {
        var work = work
        // It reads what the peer has just made.
        work.add("integrity_check") { try shell(target, "PRAGMA integrity_check") }
        try work.run(rounds)
        let check = work.median("integrity_check") ?? .nan
        let rows = [("stretch", check), ("stretch --no-check", 0)].map { name, extra in
            let own = work.median(name) ?? .nan
            let other = (work.median(peer) ?? .nan) + extra
            return [
                name, own.formatted(digits: 2), peer + (extra > 0 ? ", integrity_check" : ""),
                other.formatted(digits: 2), (own / other).formatted(digits: 2),
                "≤ \(limit.formatted(digits: 2))", own / other <= limit ? "yes" : "NO",
            ]
        }
        print("\n\(title):")
        printTable(["", "seconds", "peer", "seconds", "ratio", "target", "met"], rows)
    }

    /// The seconds of a command of SQLite's shell, or `nil` where the shell is not installed.
    private func shell(
        _ file: String, _ command: String, making target: String? = nil
    ) throws -> Double? {
        let program = "/usr/bin/sqlite3"
        guard FileManager.default.isExecutableFile(atPath: program) else { return nil }
        if let target { try? FileManager.default.removeItem(atPath: target) }
        return try seconds {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: program)
            process.arguments = [file, command]
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            process.waitUntilExit()
            guard process.terminationStatus == 0 else { throw WrongAnswer() }
        }
    }
}
