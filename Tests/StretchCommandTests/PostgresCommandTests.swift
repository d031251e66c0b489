import Foundation
import StretchEndpoint
import StretchKeystore
import StretchTestSupport
import Testing

/// The command line with a PostgreSQL server of the tests' own.
@Suite struct PostgresCommandTests {
    private static func files(_ folder: String) throws -> [String: Data] {
        var found: [String: Data] = [:]
        let enumerator = try #require(FileManager.default.enumerator(atPath: folder))
        for case let name as String in enumerator {
            let path = "\(folder)/\(name)"
            var isFolder: ObjCBool = false
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
                !isFolder.boolValue
            else { continue }
            found[name] = try Data(contentsOf: URL(fileURLWithPath: path))
        }
        return found
    }

    @Test func `a whole life with lesser logins leaves no password anywhere`() throws {
        let server = try PrivatePostgres()
        try server.logStatements()
        let sample = try CommandSample()
        let address = server.address(of: try server.makeDatabase())
        let home = sample.folder.path("home")
        let admin = ["--login", PrivatePostgres.login, "--password-file", "-"]
        var said = ""
        func run(_ arguments: [String], asAdmin: Bool = false, status: Int32 = 0) throws
            -> CommandRun
        {
            let run = try sample.run(
                arguments + (asAdmin ? admin : []),
                input: asAdmin ? PrivatePostgres.password + "\n" : "",
                environment: ["STRETCH_HOME": home])
            #expect(run.status == status, "\(arguments): \(run.errors)")
            said += run.output + run.errors
            return run
        }
        let enabled = try run(
            ["enable", "app.db", "--server", address, "--json"], asAdmin: true)
        let enableTable = ["table", "enable", "app.db", "orders", "--filter", "year <= 2004"]
        let denied = try run(enableTable, status: 11)
        #expect(denied.errors.contains("hint: The owner's login is needed: --login NAME."))
        _ = try run(enableTable, asAdmin: true)
        _ = try run(["migrate", "app.db"])
        let query = ["query", "app.db", "SELECT count(*), sum(total) FROM orders", "--json"]
        #expect(try run(query).output.contains("[10,82.5]"))
        _ = try run(["query", "app.db", "ALTER TABLE orders ADD COLUMN more TEXT"])
        let waiting = try run(["migrate", "app.db"], status: 11)
        #expect(waiting.output.contains("Waiting: table \"orders\" waits for the owner"))
        #expect(waiting.errors.contains("stretch provision app.db --login NAME"))
        let text = try run(["status", "app.db"]).output
        #expect(text.contains("Waits for  the owner of the remote to add column \"more\""))
        let status = try run(["status", "app.db", "--json"]).object()
        let table = try #require((status["tables"] as? [[String: Any]])?.first)
        let steps = try #require(table["ownerSteps"] as? [[String: Any]])
        #expect(steps.first?["kind"] as? String == "columns")
        #expect(table["hasRemoteIndexes"] as? Bool == true)
        _ = try run(["provision", "app.db"], status: 11)
        let done = try run(["provision", "app.db"], asAdmin: true)
        #expect(done.output.contains("add column \"more\": done"))
        #expect(try run(["provision", "app.db"], asAdmin: true).output == "Nothing was waiting.\n")
        _ = try run(["migrate", "app.db"])
        _ = try run(["verify", "app.db"])
        let healthy = try run(["test-connection", "app.db", "--json"]).object()
        #expect(healthy["state"] as? String == "healthy")
        let wrong = try sample.run(
            [
                "test-connection", address, "--login", PrivatePostgres.login, "--json",
            ], environment: ["STRETCH_HOME": home, "STRETCH_PASSWORD": "a wrong one"])
        #expect(wrong.status == 11)
        #expect(try wrong.object()["state"] as? String == "authenticationFailure")
        #expect(try wrong.object()["number"] as? String == "28P01")
        said += wrong.output + wrong.errors

        let keystore = Keystore(path: home)
        let named = try #require(try enabled.object()["server"] as? String)
        let remote = try EndpointAddress(parsing: named)
        var secrets = [PrivatePostgres.password]
        for role in [RemoteRole.writer, .reader] {
            let credential = try #require(try keystore.credential(at: remote, for: role))
            #expect(credential.login.hasSuffix("_\(role)"))
            secrets.append(try #require(credential.password))
        }
        let log = try server.log()
        #expect(log.contains("CREATE ROLE") && log.contains("SCRAM-SHA-256$"))
        // The command's input, which holds what it was given, is no file of Stretch.
        let files = try Self.files(sample.folder.path).filter { $0.key != "stdin" }
        #expect(files.keys.contains("app.db") && files.keys.contains("home/service.key"))
        for secret in secrets {
            #expect(!said.contains(secret))
            #expect(!log.contains(secret))
            for (name, data) in files {
                #expect(data.range(of: Data(secret.utf8)) == nil, "\(name)")
            }
        }
        // Tests of the search itself.
        #expect(log.contains(PrivatePostgres.login))

        let reader = try #require(try keystore.credential(at: remote, for: .reader))
        let login = try sample.run(
            ["login", "app.db", "--login", reader.login],
            environment: ["STRETCH_HOME": home, "STRETCH_PASSWORD": reader.password ?? ""])
        #expect(login.status == 0, "\(login.errors)")
        #expect(login.output.contains("to read only"))
        #expect(try run(query).output.contains("[10,82.5]"))
        _ = try run(["migrate", "app.db"], status: 11)
    }
}
