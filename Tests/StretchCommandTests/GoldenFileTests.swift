import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

/// Files that earlier versions of Stretch made, and what this one does with them.
@Suite struct GoldenFileTests {
    /// Cold rows and hot ones, of each kind of key.
    private static let changes = [
        "UPDATE kinds SET t = 'changed later', cold = 1 WHERE id IN (2, 5, 9)",
        "DELETE FROM kinds WHERE id IN (10, 11)",
        "UPDATE codes SET v = v || ' later' WHERE code = 'GAMMA'",
        "INSERT INTO codes VALUES ('more', 1, 1, 'x') ON CONFLICT(code) DO NOTHING",
        "INSERT OR REPLACE INTO pairs VALUES (-5, 'x', -0.5, 1)",
        "DELETE FROM blobs WHERE k < x'0003'", "UPDATE reals SET v = 'later' WHERE k > 0",
        "UPDATE plain SET v = 'later' WHERE n BETWEEN 3 AND 17",
        "INSERT INTO plain VALUES ('line 0', 0), (NULL, 1)", "DELETE FROM children WHERE id = 50",
        "UPDATE parents SET v = 'later' WHERE id IN (1, 2, 3)",
    ]

    /// The whole daily life, and every kind of backup.
    ///
    /// - Parameter login: The options that give the administrator's login, whose password is asked
    ///   for.
    private func live(
        _ golden: GoldenFiles, _ name: String, _ twin: Connection, login: [String] = []
    ) throws {
        try golden.expect(name, toBe: twin)
        try golden.change(name, twin, Self.changes)
        try golden.expect(name, toBe: twin)
        try golden.run(["migrate", name])
        try golden.expect(name, toBe: twin)
        try golden.run(["backup", name, "deep.db", "--deep"])
        try golden.expectPlain("deep.db", toBe: twin)
        try golden.run(["backup", name, "shallow.db"])
        try golden.run(["drill", name])
        try golden.run(["bring-back", name, "kinds"])
        try golden.run(["table", "disable", name, "codes", "--bring-back"])
        try golden.expect(name, toBe: twin)
        try golden.run(["gc", name, "--dry-run"] + login, input: PrivatePostgres.password + "\n")
    }

    @Test(arguments: GoldenFiles.versions)
    func `a file is queried, changed, migrated, verified and backed up`(_ version: String) throws {
        let golden = try GoldenFiles(version)
        let twin = try golden.twin(of: "app.db")
        let status = try golden.run(["status", "app.db", "--json"]).object()
        #expect((status["database"] as? [String: Any])?["linkState"] as? String == "connected")
        try live(golden, "app.db", twin)
    }

    @Test(arguments: GoldenFiles.versions)
    func `a backup is restored and gets a branch of its own`(_ version: String) throws {
        let golden = try GoldenFiles(version)
        let (twin, original) = (try golden.twin(of: "backup.db"), try golden.twin(of: "app.db"))
        try golden.run(["inspect", "backup.db"])
        try golden.run(["restore", "backup.db", "restored.db"])
        try golden.run(["query", "restored.db", "SELECT count(*) FROM kinds"], status: 12)
        try golden.run(["reauthorize", "restored.db"])
        try live(golden, "restored.db", twin)
        try golden.expect("app.db", toBe: original)
    }

    @Test(arguments: GoldenFiles.versions)
    func `a step in flight is finished, and branches stay apart`(_ version: String) throws {
        let golden = try GoldenFiles(version)
        let (twin, original) = (try golden.twin(of: "fork.db"), try golden.twin(of: "app.db"))
        #expect(try golden.count("stretch_pending", in: "fork.db") == 1)
        try golden.expect("fork.db", toBe: twin)
        try golden.run(["migrate", "fork.db"])
        #expect(try golden.count("stretch_pending", in: "fork.db") == 0)
        try golden.expect("fork.db", toBe: twin)
        try golden.expect("app.db", toBe: original)
        let list = try golden.run(["branch", "list", "app.db", "--json"]).object()
        #expect((list["branches"] as? [Any])?.count == 2)
    }

    @Test(arguments: GoldenFiles.versions)
    func `grants attach a reader and a writer`(_ version: String) throws {
        let golden = try GoldenFiles(version)
        let twin = try golden.twin(of: "app.db")
        for role in ["reader", "writer"] {
            try golden.run(["attach", "app.db", "--from", "\(role).grant"], home: role)
            try golden.expect("app.db", toBe: twin, home: role)
            try golden.change(
                "app.db", twin,
                [
                    "INSERT INTO blobs VALUES (x'dd', '\(role)', 1)".replacing(
                        "dd", with: role == "reader" ? "d1" : "d2")
                ], home: role)
            try golden.run(["migrate", "app.db"], home: role, status: role == "reader" ? 11 : 0)
        }
        try golden.expect("app.db", toBe: twin)
    }

    @Test(arguments: GoldenFiles.versions)
    func `staging has the rows that a remote lost`(_ version: String) throws {
        let golden = try GoldenFiles(version)
        let twin = try golden.twin(of: "app.db")
        let (remote, older) = (golden.folder.path("cold.db"), golden.folder.path("cold-before.db"))
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: remote + suffix)
        }
        try FileManager.default.moveItem(atPath: older, toPath: remote)
        let plan = try golden.run(["reauthorize", "app.db", "--dry-run", "--json"]).object()
        #expect((plan["losses"] as? [Any])?.isEmpty != false, "\(plan)")
        try golden.run(["reauthorize", "app.db"])
        try live(golden, "app.db", twin)
    }

    @Test(arguments: GoldenFiles.versions)
    func `a file whose server moved is connected to it again`(_ version: String) throws {
        let golden = try GoldenFiles(version)
        let twin = try golden.twin(of: "server.db")
        let server = try PrivatePostgres.shared.get()
        let database = try server.makeDatabase()
        try server.psql("\\i \(golden.path("server.dump.sql"))", database: database)
        let login = ["--login", PrivatePostgres.login, "--password-file", "-"]
        let address = server.address(of: database) + "&schema=stretch_fixture"
        let secret = PrivatePostgres.password + "\n"
        try golden.run(
            ["reauthorize", "server.db", "--server", address] + login, input: secret)
        try golden.run(["provision", "server.db"] + login, input: secret)
        try live(golden, "server.db", twin, login: login)
    }
}
