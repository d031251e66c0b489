import Foundation
import StretchTestSupport
import Testing

/// Several users of one file, each with a `STRETCH_HOME` of his own.
@Suite struct GrantCommandTests {
    /// A user of the file with a keystore of his own.
    private struct User {
        let sample: CommandSample
        let home: String
        var password = ""

        @discardableResult
        func run(
            _ arguments: [String], input: String? = nil, status: Int32 = 0,
            environment: [String: String] = [:]
        ) throws -> CommandRun {
            let run = try sample.run(
                arguments, input: input ?? password,
                environment: ["STRETCH_HOME": sample.folder.path(home)].merging(environment) { $1 })
            #expect(run.status == status, "\(arguments): \(run.errors)")
            return run
        }

        func rows() throws -> String {
            try run([
                "query", "app.db", "SELECT count(*), sum(total) FROM orders", "--json",
            ]).output
        }
    }

    private static let enableTable = [
        "table", "enable", "app.db", "orders", "--filter", "year <= 2004",
    ]

    @Test(arguments: ["file", "postgresql"])
    func `a reader reads and writes rows, and a writer migrates too`(_ kind: String) throws {
        let server = kind == "file" ? nil : try PrivatePostgres()
        let address = try server.map { $0.address(of: try $0.makeDatabase()) } ?? "file:cold.db"
        let admin =
            server == nil ? [] : ["--login", PrivatePostgres.login, "--password-file", "-"]
        let sample = try CommandSample()
        let owner = User(
            sample: sample, home: "owner",
            password: server == nil ? "" : PrivatePostgres.password + "\n")
        let (reader, writer) = (User(sample: sample, home: "r"), User(sample: sample, home: "w"))
        try owner.run(["enable", "app.db", "--server", address] + admin)
        try owner.run(Self.enableTable + admin)
        try owner.run(["migrate", "app.db"])
        try reader.run(["query", "app.db", "SELECT count(*) FROM orders"], status: 12)

        let grant = ["grant", "app.db", "anna", "--output", "anna.grant"] + admin
        let made = try owner.run(grant + ["--json"]).object()
        #expect(made["role"] as? String == "reader")
        #expect((made["login"] as? String)?.hasSuffix("_anna") ?? (kind == "file"))
        try owner.run(grant, status: 3)
        let attributes = try FileManager.default.attributesOfItem(
            atPath: sample.folder.path("anna.grant"))
        #expect(attributes[.posixPermissions] as? Int == 0o600)

        try reader.run(["attach", "app.db", "--from", "anna.grant"])
        #expect(try reader.rows().contains("[10,82.5]"))
        // A cold row is written in the file only; the others see it, too.
        try reader.run(["query", "app.db", "UPDATE orders SET total = total + 1 WHERE id = 2"])
        #expect(try owner.rows().contains("[10,83.5]"))
        let refused = try reader.run(["migrate", "app.db"], status: 11)
        #expect(refused.errors.contains("may read the cold rows"))
        try reader.run(["grant", "app.db", "eve", "--role", "writer", "--output", "-"], status: 11)

        let text = try owner.run(
            ["grant", "app.db", "will", "--role", "writer", "--output", "-"] + admin
        ).output
        try writer.run(["attach", "app.db"], environment: ["STRETCH_GRANT": text])
        try writer.run(["migrate", "app.db"])
        #expect(try writer.rows().contains("[10,83.5]"))
        // The owner goes on where the writer stopped.
        try owner.run(["query", "app.db", "INSERT INTO orders VALUES(11, 2001, 1)"])
        try owner.run(["migrate", "app.db"])
        for user in [owner, reader, writer] { #expect(try user.rows().contains("[11,84.5]")) }
        try server?.stop()
    }

    @Test func `a grant is for one file, one branch and one remote`() throws {
        let sample = try CommandSample()
        let owner = User(sample: sample, home: "owner")
        let other = User(sample: sample, home: "other")
        try owner.run(["enable", "app.db", "--server", "file:cold.db"])
        try owner.run(Self.enableTable)
        try owner.run(["migrate", "app.db"])
        try owner.run(["grant", "app.db", "anna", "--output", "anna.grant"])
        for damaged in ["", "{}", "not a grant"] {
            try other.run(["attach", "app.db", "--from", "-"], input: damaged + "\n", status: 2)
        }
        try other.run(["attach", "app.db"], status: 2)
        try owner.run(["deauthorize", "app.db"])
        try owner.run(["grant", "app.db", "anna", "--output", "late.grant"], status: 12)
        #expect(!FileManager.default.fileExists(atPath: sample.folder.path("late.grant")))
        try owner.run(["reauthorize", "app.db"])
        let stale = try other.run(["attach", "app.db", "--from", "anna.grant"], status: 6)
        #expect(stale.errors.contains("reauthorized or re-pointed"))
        try owner.run(["grant", "app.db", "anna", "--output", "new.grant"])
        try other.run(["attach", "app.db"], environment: ["STRETCH_GRANT_FILE": "new.grant"])
        #expect(try other.rows().contains("[10,82.5]"))
    }

    @Test(arguments: ["file", "postgresql"])
    func `a reader's grant takes no right to migrate away unless told to`(_ kind: String) throws {
        let server = kind == "file" ? nil : try PrivatePostgres()
        let address = try server.map { $0.address(of: try $0.makeDatabase()) } ?? "file:cold.db"
        let admin =
            server == nil ? [] : ["--login", PrivatePostgres.login, "--password-file", "-"]
        let sample = try CommandSample()
        let owner = User(
            sample: sample, home: "owner",
            password: server == nil ? "" : PrivatePostgres.password + "\n")
        try owner.run(["enable", "app.db", "--server", address] + admin)
        try owner.run(Self.enableTable + admin)
        try owner.run(["grant", "app.db", "anna", "--output", "r.grant"] + admin)
        let refused = try owner.run(["attach", "app.db", "--from", "r.grant"], status: 3)
        #expect(refused.errors.contains("right to migrate"))
        try owner.run(["migrate", "app.db"])
        try owner.run(
            ["grant", "app.db", "bob", "--role", "writer", "--output", "w.grant"] + admin)
        let writer = User(sample: sample, home: "w")
        try writer.run(["attach", "app.db", "--from", "w.grant"])
        try writer.run(["attach", "app.db", "--from", "r.grant"], status: 3)
        try writer.run(["migrate", "app.db"])
        try writer.run(["attach", "app.db", "--from", "r.grant", "--replace"])
        try writer.run(["migrate", "app.db"], status: 11)
    }

    @Test func `another keystore is told of grants, and does not throw the owner out`() throws {
        let sample = try CommandSample()
        let owner = User(sample: sample, home: "owner")
        let other = User(sample: sample, home: "other")
        try owner.run(["enable", "app.db", "--server", "file:cold.db"])
        try owner.run(Self.enableTable)
        try owner.run(["migrate", "app.db"])
        let unknown = try other.run(
            ["query", "app.db", "SELECT sum(total) FROM orders"], status: 12)
        #expect(unknown.errors.contains(sample.folder.path("other")))
        #expect(
            unknown.errors.contains("stretch grant") && unknown.errors.contains("stretch attach"))
        let refused = try other.run(["reauthorize", "app.db"], status: 6)
        #expect(refused.errors.contains("stretch grant FILE USER --role writer"))
        #expect(try owner.rows().contains("[10,82.5]"))
        let owned = try #require(refused.errors.firstMatch(of: /--take-over (.*)\.\n/)?.1)
        try other.run(["reauthorize", "app.db", "--without-copy", "--take-over", String(owned)])
        #expect(try other.rows().contains("[10,82.5]"))
    }
}
