import Foundation
import StretchTestSupport
import Testing

@testable import StretchCommand

/// The command `stretch sql`: its forms of output, its statuses, and the restore of the seed.
@Suite struct SQLCommandTests {
    private static let keyPassword = "s3cret: the key's password"
    private static let remotePassword = "s3cret: the remote's password"
    private static let name = "<database_scoped_credential_name_created_previously>"

    /// The restore's last step, exactly as the page has it, typographic quotes included.
    private static let seedBlock = """
            Declare @credentialName nvarchar(128);
            SET @credentialName = N’<database_scoped_credential_name_created_previously>’;
            EXEC sp_rda_reauthorize_db @credentialName;
        """

    private static func keys(login: String, password: String) -> String {
        """
        CREATE MASTER KEY ENCRYPTION BY PASSWORD = '\(keyPassword.replacing("'", with: "''"))';
        CREATE DATABASE SCOPED CREDENTIAL [\(name)]
        WITH IDENTITY = '\(login)', SECRET = '\(password.replacing("'", with: "''"))';

        """
    }

    @Test(arguments: [false, true])
    func `the four steps of a restore bring back every row of the moment`(
        onServer: Bool
    ) throws {
        let server = onServer ? try PrivatePostgres.shared.get() : nil
        let address = try server.map { $0.address(of: try $0.makeDatabase()) } ?? "file:cold.db"
        let login = server == nil ? "admin" : PrivatePostgres.login
        let password = server == nil ? Self.remotePassword : PrivatePostgres.password
        let keys = Self.keys(login: login, password: password)
        let sample = try CommandSample()
        var said = ""
        @discardableResult func run(
            _ arguments: [String], input: String = "", status: Int32 = 0
        ) throws -> CommandRun {
            let run = try sample.run(arguments, input: input)
            #expect(run.status == status, "\(arguments): \(run.errors)")
            said += run.output + run.errors
            return run
        }
        try run(
            ["sql", "app.db"],
            input: keys + """
                ALTER DATABASE app SET REMOTE_DATA_ARCHIVE = ON
                    (SERVER = '\(address)', CREDENTIAL = [\(Self.name)]);
                ALTER TABLE orders SET (REMOTE_DATA_ARCHIVE = ON
                    (FILTER_PREDICATE = 'year <= 2004', MIGRATION_STATE = OUTBOUND));
                """)
        try run(["migrate", "app.db"])
        let rows = ["sql", "app.db", "--csv", "-q", "SELECT * FROM orders ORDER BY id"]
        let moment = try run(rows).output
        #expect(moment.split(whereSeparator: \.isNewline).count == 11)
        try run(["sql", "app.db", "-q", "VACUUM INTO 'backup.db'"])
        try run(
            ["sql", "app.db", "--json"],
            input: """
                UPDATE orders SET total = 0 WHERE id = 1;
                DELETE FROM orders WHERE id = 2;
                ALTER TABLE orders SET (REMOTE_DATA_ARCHIVE
                    (FILTER_PREDICATE = 'year <= 2007', MIGRATION_STATE = OUTBOUND));
                """)
        try run(["migrate", "app.db"])
        #expect(try run(rows).output != moment)

        let files = FileManager.default
        for name in ["app.db", "app.db-wal", "app.db-shm"] {
            try? files.removeItem(atPath: sample.folder.path(name))
        }
        try files.moveItem(
            atPath: sample.folder.path("backup.db"), toPath: sample.folder.path("app.db"))
        let cut = try run(rows, status: 12)
        #expect(cut.errors.hasPrefix("Msg 14827, Level 16, State 1, Line 1, Column 1\n"))
        try run(["sql", "app.db"], input: keys)
        try run(["sql", "app.db", "-q", Self.seedBlock])
        #expect(try run(rows).output == moment)
        try run(["sql", "app.db", "-q", Self.seedBlock], status: 3)
        try run(["verify", "app.db"])
        try run(["status", "app.db", "--json"])

        for secret in [Self.keyPassword, password] {
            #expect(!said.contains(secret))
            for (name, data) in try Self.files(sample.folder.path) where name != "stdin" {
                #expect(data.range(of: Data(secret.utf8)) == nil, "\(name)")
            }
        }
        #expect(said.contains(Self.name) == false && said.contains("14847"))
    }

    private static func files(_ folder: String) throws -> [String: Data] {
        var found: [String: Data] = [:]
        let names = try #require(FileManager.default.enumerator(atPath: folder))
        for case let name as String in names {
            let path = "\(folder)/\(name)"
            var isFolder: ObjCBool = false
            if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
                !isFolder.boolValue
            {
                found[name] = try Data(contentsOf: URL(fileURLWithPath: path))
            }
        }
        #expect(found.keys.contains("app.db") && found.keys.contains("keystore/service.key"))
        return found
    }

    @Test func `an error ends a script, or is told and passed over`() throws {
        let sample = try CommandSample(isStretched: true)
        let script = "SELECT 1 AS a;\nSELECT * FROM missing;\nPRINT 'on';"
        let stopped = try sample.run(["sql", "app.db"], input: script)
        #expect(stopped.status == 1)
        #expect(stopped.output == "a\n-\n1\n")
        #expect(
            stopped.errors == """
                Msg 50000, Level 16, State 1, Line 2, Column 1
                no such table: missing

                """)
        let passed = try sample.run(["sql", "app.db", "--continue"], input: script)
        #expect(passed.status == 1)
        #expect(passed.output == "a\n-\n1\non\n")
        #expect(passed.errors == stopped.errors)
        let syntax = try sample.run(["sql", "app.db", "--json", "-q", "EXEC sp_helpdb )"])
        #expect(syntax.status == 2)
        let object = try syntax.errorObject()
        #expect(object["number"] as? Int == 102)
        #expect(object["line"] as? Int == 1)
        #expect(object["column"] as? Int == 16)
    }

    @Test func `rows come as tables, JSON and comma-separated values`() throws {
        let sample = try CommandSample(isStretched: true)
        let script = """
            SELECT id, total, NULL AS none, '' AS empty, 'a"b,c' AS text FROM orders WHERE id < 3;
            PRINT 'done';
            """
        let table = try sample.run(["sql", "app.db", "-q", script])
        #expect(
            table.output == """
                id  total  none  empty  text
                --  -----  ----  -----  -----
                1   1.5    NULL         a"b,c
                2   3.0    NULL         a"b,c
                done

                """)
        let json = try sample.run(["sql", "app.db", "--json", "-q", script])
        #expect(
            json.output == """
                {"columns":["id","total","none","empty","text"],\
                "rows":[[1,1.5,null,"","a\\"b,c"],[2,3.0,null,"","a\\"b,c"]]}
                {"message":{"number":0,"text":"done"}}

                """)
        let csv = try sample.run(["sql", "app.db", "--csv", "-q", script])
        #expect(
            csv.output == "id,total,none,empty,text\r\n1,1.5,,\"\",\"a\"\"b,c\"\r\n"
                + "2,3.0,,\"\",\"a\"\"b,c\"\r\n")
        #expect(csv.errors == "done\n")
        let local = try sample.run(
            ["sql", "app.db", "--csv", "--query-mode", "local_only", "-q", "SELECT id FROM orders"])
        #expect(local.output == "id\r\n5\r\n6\r\n7\r\n8\r\n9\r\n10\r\n")
    }

    @Test func `a result after one that broke off begins a line of its own`() throws {
        let sample = try CommandSample()
        let script = """
            SELECT CASE column1 WHEN 2 THEN abs(-9223372036854775807 - 1) ELSE 1 END AS a
            FROM (VALUES (1), (2));
            SELECT 3 AS b;
            """
        let run = try sample.run(["sql", "app.db", "--json", "--continue", "-q", script])
        #expect(run.status == 1)
        #expect(
            run.output == """
                {"columns":["a"],"rows":[[1
                {"columns":["b"],"rows":[[3]]}

                """)
    }

    @Test func `whoever does not own the file administers nothing`() throws {
        guard geteuid() == 0 else {
            withKnownIssue("only root can run the command as somebody else") {
                Issue.record("not root")
            }
            return
        }
        let sample = try CommandSample(isStretched: true)
        let script = sample.folder.path("script.sql")
        let statements = [
            "EXEC sp_rda_reauthorize_db N'cold'", "EXEC sp_rda_deauthorize_db",
            "EXEC sp_rda_set_query_mode 'LOCAL_ONLY'", "EXEC sp_rda_reconcile_columns N'orders'",
            "EXEC sp_rda_reconcile_indexes N'orders'", "EXEC sp_rda_reconcile_batch N'orders'",
            "EXEC sp_rda_set_rpo_duration 8", "EXEC sp_rda_test_connection",
            "CREATE MASTER KEY", "OPEN MASTER KEY DECRYPTION BY PASSWORD = 'x'",
            "DROP MASTER KEY", "DROP DATABASE SCOPED CREDENTIAL cold",
            "CREATE DATABASE SCOPED CREDENTIAL cold WITH IDENTITY = 'admin'",
            "ALTER DATABASE SCOPED CREDENTIAL cold WITH IDENTITY = 'admin'",
            "EXEC sp_control_dbmasterkey_password N'app', N'x', N'add'",
            "ALTER DATABASE app SET REMOTE_DATA_ARCHIVE = OFF",
            "ALTER TABLE orders SET (REMOTE_DATA_ARCHIVE (MIGRATION_STATE = PAUSED))",
            "ALTER ROLE db_owner ADD MEMBER nobody",
        ]
        let text = statements.map { $0 + ";\n" }.joined() + "SELECT count(*) FROM main.orders;"
        try Data(text.utf8).write(to: URL(fileURLWithPath: script))
        let hint = "SELECT 1 FROM orders WITH (REMOTE_DATA_ARCHIVE_OVERRIDE = LOCAL_ONLY)"
        // Files that everybody may write, so that it is not the file system that refuses.
        let files = try FileManager.default.contentsOfDirectory(atPath: sample.folder.path)
        for name in files where name.hasPrefix("app.db") || name.hasPrefix("cold.db") {
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o666], ofItemAtPath: sample.folder.path(name))
        }
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o777], ofItemAtPath: sample.folder.path)
        let command = try CommandRun.executable().path
        func run(_ arguments: [String]) throws -> (output: String, errors: String) {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
            process.arguments =
                ["--reuid=65534", "--regid=65534", "--clear-groups", command] + arguments
            process.currentDirectoryURL = URL(fileURLWithPath: sample.folder.path)
            process.environment = ["STRETCH_HOME": sample.folder.path("home"), "PATH": "/usr/bin"]
            let (output, errors) = (Pipe(), Pipe())
            (process.standardOutput, process.standardError) = (output, errors)
            try process.run()
            let said = try output.fileHandleForReading.readToEnd() ?? Data()
            let failed = try errors.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return (String(decoding: said, as: UTF8.self), String(decoding: failed, as: UTF8.self))
        }
        let (output, errors) = try run(["sql", "app.db", "--continue", "-f", script])
        for line in 1...statements.count {
            #expect(errors.contains("Msg 15247, Level 16, State 1, Line \(line), "), "\(errors)")
        }
        #expect(output == "count(*)\n--------\n6\n")
        #expect(try run(["sql", "app.db", "-q", hint]).errors.hasPrefix("Msg 14869, "))
    }

    @Test func `what is typed runs when it is whole`() {
        for text in ["SELECT 1;", "select 1;\n", "EXEC sp_helpdb\nGO\n", "SELECT 1 -- x\n;"] {
            #expect(Shell.isComplete(text + "\n"), "\(text)")
        }
        for text in [
            "SELECT 1", "SELECT ';", "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1;",
            "/* ;", "EXEC sp_helpdb",
        ] {
            #expect(!Shell.isComplete(text + "\n"), "\(text)")
        }
    }
}
