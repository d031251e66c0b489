internal import Foundation
internal import Stretch
internal import StretchCore
internal import StretchEndpoint
internal import StretchEndpointTesting
internal import StretchEngine
internal import StretchKeystore
internal import StretchMigration
internal import StretchSQLite
internal import StretchStaging
internal import StretchTestSupport
internal import Synchronization

/// A folder with a stretched database, its remote, staging file and keystore, in one of several
/// states; each is kept as a copy, and put back to the same place for each case.
struct FuzzSample {
    static let login = RemoteCredential(login: "admin", password: "a Secret 1!")
    static let serverLogin = RemoteCredential(
        login: PrivatePostgres.login, password: PrivatePostgres.password)

    /// The state of a sample.
    enum State: String, CaseIterable {
        case settled, outbound, sent, retirement, retired, fork
    }

    let folder: TemporaryFolder
    /// Where a case finds its files.
    var work: String { folder.path("work") }
    private var path: String { "\(work)/app.db" }

    /// The configuration of a user with a keystore in the folder, and random numbers of a seed.
    static func configuration(
        folder: String, seed: UInt64, login: RemoteCredential?
    ) -> Configuration {
        var configuration = Configuration.everyRemote
        configuration.keystore = Keystore(path: "\(folder)/home")
        configuration.credential = { (_, _) throws(StretchError) in login }
        configuration.busyTimeout = .seconds(2)
        let numbers = RandomNumbers(seed: seed)
        configuration.randomID = { numbers.next() }
        return configuration
    }

    /// Makes all states.
    init(seed: UInt64) throws {
        folder = try TemporaryFolder(isInMemory: true)
        try FileManager.default.createDirectory(
            atPath: work, withIntermediateDirectories: false)
        let configuration = Self.configuration(folder: work, seed: seed, login: Self.login)
        try makeTables()
        try live(configuration)
        try restoreOld(configuration)
        try stopFork(configuration)
        let forked = try StretchDatabase(path: path, configuration: configuration)
        try forked.remote.reauthorize()
        try forked.execute("ALTER TABLE t ADD COLUMN w INT DEFAULT 7")
        try forked.execute("INSERT INTO t(id, v, n, w) VALUES(201, 'later', 5, 9)")
        try forked.execute("DELETE FROM k WHERE b < 10")
        try forked.migrate(batchRowCount: 10)
        try keep(.settled)
        try keepSteps(forked, configuration)
    }

    /// The time before the fork.
    private func live(_ configuration: Configuration) throws {
        let database = try StretchDatabase(path: path, configuration: configuration)
        try database.enable(server: "file:cold.db")
        try database.staging.set(StagingSettings(rpoHours: 24))
        try database.tables["t"].enable(filter: "n <= 40")
        try database.tables["k"].enable(filter: "b < 20")
        try database.tables["c"].enable(filter: "t <= 20")
        try database.migrate(batchRowCount: 10)
        try database.execute("UPDATE t SET v = 'changed' WHERE id = 3")
        try database.execute("DELETE FROM t WHERE id BETWEEN 31 AND 33")
        try database.backUp(to: folder.path("old.db"))
        try database.execute("ALTER TABLE t ADD COLUMN w INT DEFAULT 7")
        try database.execute("INSERT INTO t(id, v, n, w) VALUES(200, 'late', 5, 8)")
        try database.migrate(batchRowCount: 10)
    }

    private func makeTables() throws {
        let plain = try Connection(path: path, access: .create, routines: .linked)
        try plain.execute(
            """
            PRAGMA journal_mode = WAL;
            CREATE TABLE t(id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT, n INT);
            CREATE TABLE k(a TEXT, b REAL, d);
            CREATE TABLE c(id TEXT PRIMARY KEY COLLATE NOCASE, t INTEGER REFERENCES t(id), x)
                WITHOUT ROWID;
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60)
                INSERT INTO t SELECT i, 'row ' || i, i FROM n;
            INSERT INTO k SELECT 'a' || id, id, x'01' FROM t WHERE id <= 30;
            INSERT INTO c SELECT 'c' || id, id, NULL FROM t WHERE id <= 30;
            """)
    }

    private func restoreOld(_ configuration: Configuration) throws {
        var options = RestoreOptions()
        options.replaces = true
        _ = try StretchDatabase.restore(
            [folder.path("old.db")], to: path, options, configuration: configuration)
    }

    /// Reauthorizes until the remote would make the child.
    private func stopFork(_ configuration: Configuration) throws {
        let remote = "\(work)/cold.db"
        do {
            let connection = try Connection(path: remote, access: .readWrite, routines: .linked)
            // No trigger of the file fires for the endpoint; an index that allows one row does.
            try connection.execute("CREATE UNIQUE INDEX stop ON stretch_branch(id IS NULL)")
        }
        let database = try StretchDatabase(path: path, configuration: configuration)
        do {
            try database.remote.reauthorize()
        } catch {
            try Connection(path: remote, access: .readWrite, routines: .linked).execute(
                "DROP INDEX stop")
            return try keep(.fork)
        }
        throw ConformanceFailure("the fork was not stopped")
    }

    /// Keeps what the file is in the middle of steps.
    private func keepSteps(_ database: StretchDatabase, _ configuration: Configuration) throws {
        try database.execute("INSERT INTO t(id, v, n) VALUES(202, 'last', 6)")
        try database.execute("DELETE FROM k WHERE b < 30")
        let migrator = try Migrator(path: path, configuration: configuration)
        let points: [CrashPoint: State] = [
            .beforeSend: .outbound, .afterSend: .sent, .beforeRetire: .retirement,
            .afterRetire: .retired,
        ]
        var failure: (any Error)?
        migrator.atCrashPoint = { point in
            guard let state = points[point] else { return }
            do { try keep(state) } catch { failure = error }
        }
        _ = try migrator.migrate(MigrationOptions())
        if let failure { throw failure }
        for state in State.allCases
        where !FileManager.default.fileExists(atPath: folder.path(state.rawValue)) {
            throw ConformanceFailure("the sample never was in state \(state)")
        }
    }

    private func keep(_ state: State) throws { try copy(work, folder.path(state.rawValue)) }

    /// Puts a state into the place where it was made.
    ///
    /// - Parameter hasLogin: Whether the remote asks for its password, which costs seconds.
    func restore(_ state: State, hasLogin: Bool = false) throws {
        try copy(folder.path(state.rawValue), work)
        guard !hasLogin else { return }
        try Connection(path: "\(work)/cold.db", access: .readWrite, routines: .linked).run(
            "UPDATE stretch_remote SET login = NULL")
    }

    private func copy(_ source: String, _ target: String) throws {
        if FileManager.default.fileExists(atPath: target) {
            try FileManager.default.removeItem(atPath: target)
        }
        _ = try SpawnedProcess("/bin/cp", ["-R", "-p", source, target]).wait()
    }
}

/// Numbers from 1 to 2⁶³ − 1 that repeat for the same seed.
private final class RandomNumbers: Sendable {
    private let generator: Mutex<SeededGenerator>
    init(seed: UInt64) { generator = Mutex(SeededGenerator(seed: seed)) }
    func next() -> Int64 {
        generator.withLock { Int64.random(in: 1...Int64.max, using: &$0) }
    }
}
