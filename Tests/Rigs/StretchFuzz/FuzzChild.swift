internal import Crypto
internal import Foundation
internal import StretchBackup
internal import StretchCore
internal import StretchEngine
internal import StretchKeystore
internal import StretchMigration
internal import StretchTransactSQL
internal import TransactSQL

/// Runs the library's calls on a file, one after the other, and says what each came to.
struct FuzzChild {
    /// The calls whose answer must be the sample's, or an error.
    static let answers: Set = ["query", "count", "script"]

    private let folder: String
    private let isServer: Bool
    private let hasLogin: Bool
    private let configuration: Configuration
    private var path: String { "\(folder)/app.db" }

    init(_ words: [String]) throws {
        folder = words[0]
        isServer = words.contains("server")
        hasLogin = words.contains("login")
        var configuration = FuzzSample.configuration(
            // A server keeps what was done: ids must not come again.
            folder: folder, seed: isServer ? .random(in: 0...UInt64.max) : 1,
            login: isServer ? FuzzSample.serverLogin : FuzzSample.login)
        if isServer { configuration.keystore = nil }
        self.configuration = configuration
    }

    func run() {
        // A machine may be slow; a loop without an end takes time of the processor.
        var limit = rlimit(rlim_cur: 60, rlim_max: 60)
        setrlimit(Self.processorTime, &limit)
        for (name, body) in isServer ? serverCommands : commands
        where !hasLogin || Self.loginCommands.contains(name) {
            attempt(name, body)
        }
    }

    #if canImport(Darwin)
        private static let processorTime = RLIMIT_CPU
    #else
        private static let processorTime = __rlimit_resource_t(RLIMIT_CPU.rawValue)
    #endif

    /// Of the calls that derive a key from the login's password, which takes long, these few.
    private static let loginCommands: Set = ["query", "branches", "gc-dry", "reauthorize-dry"]

    private func attempt(_ name: String, _ body: () throws -> String) {
        say("begin \(name)")
        let start = ContinuousClock.now
        defer { say("time \(ContinuousClock.now - start)") }
        let outcome: String
        do {
            let text = try body()
            let digest = SHA256.hash(data: Data(text.utf8)).prefix(6)
            outcome = "ok " + digest.map { String($0, radix: 16) }.joined()
        } catch let error as StretchError {
            outcome = "error \(error.code) \(error.message.prefix(300))"
        } catch {
            outcome = "error \(error)"
        }
        say("end \(name) \(outcome.replacing("\n", with: " "))")
    }

    private func open() throws -> StretchDatabase {
        try StretchDatabase(path: path, configuration: configuration)
    }

    private func rows(_ sql: String) throws -> String {
        try "\(open().query(sql).rows)"
    }

    private static let tables = ["t", "k", "c"]

    private var commands: [(String, () throws -> String)] {
        [
            (
                "status",
                {
                    _ = try open().status(); return ""
                }
            ),
            (
                "inspect",
                {
                    _ = try StretchDatabase.inspect(path, configuration: configuration)
                    return ""
                }
            ),
            (
                "query",
                {
                    let database = try open()
                    return try Self.tables.map {
                        "\(try database.query("SELECT * FROM \($0) ORDER BY 1, 2, 3").rows)"
                    }.joined()
                }
            ),
            ("count", { try rows("SELECT count(*), max(id), min(id) FROM t") }),
            ("point", { try rows("SELECT * FROM t WHERE id IN (3, 12, 25, 50)") }),
            ("join", { try rows("SELECT sum(t.n), count(*) FROM c JOIN t ON t.id = c.t") }),
            (
                "verify",
                {
                    _ = try open().verify(); return ""
                }
            ),
            (
                "drill",
                {
                    _ = try open().drill(in: folder); return ""
                }
            ),
            (
                "branches",
                {
                    _ = try open().branches.all(); return ""
                }
            ),
            (
                "retention",
                {
                    _ = try open().remote.retention(); return ""
                }
            ),
            (
                "staging",
                {
                    _ = try open().staging.report(); return ""
                }
            ),
            ("staged", { try rows("SELECT count(*) FROM stretch_staged_t") }),
            (
                "gc-dry",
                {
                    _ = try open().remote.collectGarbage(isDryRun: true); return ""
                }
            ),
            (
                "reauthorize-dry",
                {
                    var options = ReauthorizeOptions()
                    options.isDryRun = true
                    _ = try open().remote.reauthorize(options)
                    return ""
                }
            ),
            ("backup", { try backUp(isDeep: false) }),
            ("backup-deep", { try backUp(isDeep: true) }),
            ("script", script),
            (
                "credentials",
                {
                    _ = try open().credentials.all(); return ""
                }
            ),
            ("update", { try write("UPDATE t SET v = v || 'x' WHERE id IN (3, 12, 25)") }),
            ("delete", { try write("DELETE FROM k WHERE b < 5") }),
            ("insert", { try write("INSERT OR IGNORE INTO t(id, v, n) VALUES(13, 'new', 1)") }),
            ("child", { try write("PRAGMA foreign_keys = 1; INSERT INTO c VALUES('z', 14, 1)") }),
            ("migrate", migrate), ("migrate-again", migrate),
            (
                "bring-back",
                {
                    _ = try open().tables["t"].bringBack(where: "id < 9"); return ""
                }
            ),
            (
                "bring-all",
                {
                    _ = try open().tables["k"].bringBack(); return ""
                }
            ),
            (
                "gc",
                {
                    _ = try open().remote.collectGarbage(olderThan: nil); return ""
                }
            ),
            (
                "erase",
                {
                    _ = try open().remote.collectGarbage(erasesHiddenRows: true); return ""
                }
            ),
            (
                "reauthorize",
                {
                    var options = ReauthorizeOptions()
                    options.acceptsAllLosses = true
                    _ = try open().remote.reauthorize(options)
                    return ""
                }
            ),
            ("query-after", { try rows("SELECT count(*), sum(n) FROM t") }),
            (
                "abandon",
                {
                    _ = try open().tables["c"].disable(.abandon); return ""
                }
            ),
            (
                "disable",
                {
                    try open().disable(); return ""
                }
            ),
        ]
    }

    /// What asks a server; nothing that lasts changes but by moving rows.
    private var serverCommands: [(String, () throws -> String)] {
        [
            ("query", { try rows("SELECT * FROM t ORDER BY id") }),
            ("count", { try rows("SELECT count(*), max(id) FROM t") }),
            ("point", { try rows("SELECT * FROM t WHERE id IN (3, 12, 25)") }),
            (
                "status",
                {
                    _ = try open().status(); return ""
                }
            ),
            (
                "verify",
                {
                    _ = try open().verify(); return ""
                }
            ),
            (
                "branches",
                {
                    _ = try open().branches.all(); return ""
                }
            ),
            (
                "gc-dry",
                {
                    _ = try open().remote.collectGarbage(isDryRun: true); return ""
                }
            ),
            (
                "test",
                {
                    _ = try open().remote.testConnection(); return ""
                }
            ),
            ("update", { try write("UPDATE t SET n = n WHERE id IN (3, 12, 25)") }),
            ("migrate", migrate),
            (
                "gc",
                {
                    _ = try open().remote.collectGarbage(); return ""
                }
            ),
        ]
    }

    private func write(_ sql: String) throws -> String {
        let database = try open()
        for statement in sql.split(separator: ";") { try database.execute(String(statement)) }
        return ""
    }

    /// Without a wait between attempts.
    private func migrate() throws -> String {
        let migrator = try Migrator(path: path, configuration: configuration)
        migrator.sleep = { _ in }
        var options = MigrationOptions()
        options.maximumRowCount = 7
        _ = try migrator.migrate(options)
        return ""
    }

    private func backUp(isDeep: Bool) throws -> String {
        var options = BackupOptions()
        (options.isDeep, options.overwrites) = (isDeep, true)
        _ = try open().backUp(to: "\(folder)/backup.db", options)
        return ""
    }

    private func script() throws -> String {
        let output = ScriptOutput()
        let host = DatabaseHost(try open(), showsSystemCatalog: true) { _ in }
        var executor = ScriptExecutor(host: host, output: output, stopsAtFirstError: false)
        _ = try executor.run(
            """
            SELECT count(*), sum(n) FROM t;
            EXEC sp_spaceused 't';
            SELECT count(*) FROM sys.dm_db_rda_migration_status;
            SELECT count(*) FROM sys.remote_data_archive_tables;
            """)
        if let first = output.firstError { throw StretchError(.statementFailed, first) }
        return ""
    }
}

private final class ScriptOutput: TransactSQLOutput {
    var firstError: String?
    func write(_ message: TransactSQLMessage) {}
    func write(_ result: TransactSQLResult) {}
    func write(_ error: TransactSQLError) { firstError = firstError ?? "\(error)" }
}
