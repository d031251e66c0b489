import Foundation
import Stretch
import StretchCore
import StretchEngine
import StretchKeystore
import StretchSQLite
import StretchTestSupport
import Testing

/// A stretched file, its remote and its keystore, which are put back after every kill.
final class KillSample {
    let sample: TimelineSample
    private let saved: TemporaryFolder
    /// Commands that were killed so far.
    private(set) var killCount = 0

    init(_ kind: String = "file") throws {
        sample = try TimelineSample(kind)
        saved = try TemporaryFolder(isInMemory: true)
        try sample.open().migrate(batchRowCount: 15)
    }

    func path(_ name: String) -> String { sample.folder.path(name) }

    // MARK: State

    /// Remembers every file, and the remote, as they are now; nobody may have them open.
    func save() throws {
        try shell("rm -rf '\(saved.path)'/* && cp -a '\(sample.folder.path)/.' '\(saved.path)'")
        try copyRemote(to: savedDatabase) { $0.database }
    }

    /// Puts all of it back.
    private func putBack() throws {
        let folder = sample.folder.path
        try shell(
            """
            find '\(folder)' -mindepth 1 -delete && cp -a '\(saved.path)/.' '\(folder)'
            """)
        guard let remote = sample.remote else { return }
        try copyRemote(to: remote.database) { _ in savedDatabase }
    }

    /// Puts only the remote back, as a restore of the server would.
    func rollBackRemote() throws {
        try shell(
            """
            rm -f '\(path("cold.db"))'* && cp -a '\(saved.path)'/cold.db* '\(sample.folder.path)'
            """)
    }

    private var savedDatabase: String { "\(sample.remote?.database ?? "")_killed" }

    private func copyRemote(to copy: String, from source: (PostgresRemote) -> String) throws {
        guard let remote = sample.remote else { return }
        let original = source(remote)
        for statement in [
            "DROP DATABASE IF EXISTS \(copy) WITH (FORCE)",
            """
            SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
            WHERE datname = '\(original)'
            """,
            "CREATE DATABASE \(copy) TEMPLATE \(original)",
        ] { try remote.server.psql(statement, database: "postgres") }
    }

    private func shell(_ script: String) throws {
        _ = try SpawnedProcess("/bin/sh", ["-c", script], environment: ["PATH": "/usr/bin:/bin"])
            .wait()
    }

    // MARK: Kills

    /// Kills a command before each of its calls in turn that change a file or tell the server
    /// something, and runs it again.
    ///
    /// - Parameters:
    ///   - check: Called after each kill, before the command runs again.
    ///   - checkEnd: Called after the second run.
    func killEverywhere(
        _ mode: String, _ name: String, _ options: [String] = [],
        check: (Comment) throws -> Void, checkEnd: (Comment) throws -> Void
    ) throws {
        try save()
        let whole = try run(mode, name, options)
        #expect(!whole.isKilled && whole.status == 0, "\(whole)")
        try checkEnd("\(mode) \(options), not killed")
        let callCount = try #require(WorkerProcess.number("calls", in: whole.output))
        for call in 1...max(callCount, 1) {
            try putBack()
            let comment: Comment = "\(mode) \(options), killed before call \(call) of \(callCount)"
            let result = try run(mode, name, options + ["kill=\(call)"])
            // A run's number of calls may differ a little: files are cut at random.
            guard result.isKilled else {
                #expect(result.status == 0, "\(comment): \(result.errors)")
                continue
            }
            #expect(result.status == SIGKILL, comment)
            killCount += 1
            try checkFiles(comment)
            try check(comment)
            let again = try run(mode, name, options)
            #expect(again.status == 0 && !again.isKilled, "\(comment), again: \(again.errors)")
            try checkEnd(comment)
            try checkLeftovers(comment)
        }
        print("killed \(mode) \(options) \(sample.remote == nil ? "" : "at sends "): \(callCount)")
        #expect(killCount * 10 >= callCount * 9, "\(killCount) kills of \(callCount) calls")
    }

    private func run(
        _ mode: String, _ name: String, _ options: [String]
    ) throws -> (isKilled: Bool, status: Int32, output: String, errors: String) {
        // At a server each of its answers counts; a file is the same for both remotes.
        let all =
            options + ["keystore=\(sample.keystore.path)"]
            + (sample.remote == nil ? [] : ["sends=1"])
        let login = sample.remote.map { _ in
            "\(PrivatePostgres.login):\(PrivatePostgres.password)"
        }
        return try WorkerProcess(mode, path(name), all, login: login).wait()
    }

    // MARK: Checks

    /// Checks that plain SQLite finds nothing wrong in any database.
    private func checkFiles(_ comment: Comment) throws {
        for name in try names(in: sample.folder.path) where name.hasSuffix(".db") {
            let plain = try Connection(path: path(name), access: .readWrite, routines: .linked)
            #expect(try plain.string("PRAGMA integrity_check") == "ok", "\(comment): \(name)")
        }
    }

    /// Checks that nothing is left of the run that was killed.
    private func checkLeftovers(_ comment: Comment) throws {
        let ending = try Regex(#"\.db(-wal|-shm|-stretch-migrator|-stretch-unique)?$"#)
        for name in try names(in: sample.folder.path) {
            let isDatabase = try ending.firstMatch(in: name) != nil && !name.hasPrefix(".")
            #expect(isDatabase || name == "keystore", "\(comment): \(name) is left")
        }
    }

    func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder)
    }

    /// Checks a file that is disconnected, or shows these rows; its hot rows are always there.
    func checkRows(_ name: String, _ rows: [[Value]], hot: [[Value]], _ comment: Comment) throws {
        let database = try sample.open(name)
        #expect(
            try database.query("SELECT id, v, n FROM main.t ORDER BY id").rows == hot, comment)
        guard try database.status().database.linkState == .connected else {
            expectError(.disconnected, "") { _ = try TimelineSample.contents(database) }
            return
        }
        #expect(try TimelineSample.contents(database) == rows, comment)
    }

    /// Checks a connected file.
    func checkWhole(_ name: String, _ rows: [[Value]], _ comment: Comment) throws {
        let database = try sample.open(name)
        #expect(try TimelineSample.contents(database) == rows, comment)
        #expect(try database.verify().isSound, comment)
        #expect(try database.status().database.linkState == .connected, comment)
    }

    /// The journal mode, as plain SQLite shows it.
    func journalMode(_ name: String) throws -> String? {
        try Connection(path: path(name), access: .readOnly, routines: .linked).string(
            "PRAGMA journal_mode")
    }

    /// The hot rows, as plain SQLite shows them.
    func hotRows(_ name: String) throws -> [[Value]] {
        try Connection(path: path(name), access: .readOnly, routines: .linked).rows(
            "SELECT id, v, n FROM t ORDER BY id")
    }
}
