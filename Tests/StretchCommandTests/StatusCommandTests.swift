import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

/// What `stretch status` shows as text.
@Suite struct StatusCommandTests {
    @Test func `status shows the cold rows that hot rows hide`() throws {
        let sample = try CommandSample(isStretched: true)
        let plain = try Connection(
            path: sample.folder.path("app.db"), access: .readWrite, routines: .linked)
        try plain.execute("INSERT INTO orders VALUES(2, 2020, 1.0)")
        #expect(try sample.run(["status", "app.db"]).output.contains("Shadowed   1 cold row"))
    }

    @Test func `the way out of a problem is in the text and in the JSON`() throws {
        let sample = try CommandSample(isStretched: true)
        let plain = try Connection(
            path: sample.folder.path("app.db"), access: .readWrite, routines: .linked)
        try plain.execute(
            """
            DROP VIEW recent; BEGIN;
            CREATE TABLE n(id INTEGER PRIMARY KEY AUTOINCREMENT, year INTEGER, sum REAL);
            INSERT INTO n SELECT id, year, -total FROM orders;
            DROP TABLE orders; ALTER TABLE n RENAME TO orders; COMMIT
            """)
        let status = try sample.run(["status", "app.db", "--json"]).object()
        let table = try #require((status["tables"] as? [[String: Any]])?.first)
        #expect(table["problem"] is String)
        let hint = try #require(table["problemHint"] as? String)
        #expect(hint.contains("stretch table"))
        #expect(try sample.run(["status", "app.db"]).output.contains("Way out    \(hint)"))
    }

    @Test func `a login for a remote without one is not passed over in silence`() throws {
        let sample = try CommandSample(isStretched: true)
        let environment = ["STRETCH_LOGIN": "anna", "STRETCH_PASSWORD": "any password"]
        let test = try sample.run(
            ["test-connection", "app.db", "--login", "anna"], environment: environment)
        #expect(test.status == 0, "\(test.errors)")
        #expect(test.output.contains("created without a login"), "\(test.output)")
        #expect(try sample.run(["test-connection", "app.db"]).output.contains("login") == false)
        _ = try sample.run(["deauthorize", "app.db"])
        let again = try sample.run(
            ["reauthorize", "app.db", "--login", "anna"], environment: environment)
        #expect(again.status == 0, "\(again.errors)")
        #expect(again.output.contains("created without a login"), "\(again.output)")
    }

    @Test func `disabling says what stays at the remote and how it is removed`() throws {
        let sample = try CommandSample(isStretched: true)
        let table = try sample.run(["table", "disable", "app.db", "orders", "--abandon"])
        #expect(table.output.contains("4 cold rows left in the remote."))
        #expect(table.output.contains("stretch gc app.db"))
        for arguments in [["--dry-run"], []] {
            let run = try sample.run(["disable", "app.db"] + arguments)
            #expect(run.status == 0, "\(run.errors)")
            #expect(run.output.contains("The remote file:cold.db stays"), "\(run.output)")
            #expect(run.output.contains("cold.db-wal"))
        }
        #expect(FileManager.default.fileExists(atPath: sample.folder.path("cold.db")))
    }

    @Test(arguments: ["now() - interval '90 days' > id", "year < dateadd(id, 3)", "interval"])
    func `times of other databases get SQLite's`(filter: String) throws {
        let sample = try CommandSample(isStretched: true)
        let run = try sample.run(["table", "alter", "app.db", "orders", "--filter", filter])
        #expect(run.errors.contains("date('now', '-90 days')"), "\(run.errors)")
        let address = try sample.run(["enable", "app.db", "--server", "file:a#b.db"])
        #expect(address.errors.contains("?, # or NUL"), "\(address.errors)")
    }

    @Test func `following by columns is shown and can be changed`() throws {
        let sample = try CommandSample(isStretched: true)
        let plain = try Connection(
            path: sample.folder.path("app.db"), access: .readWrite, routines: .linked)
        try plain.execute(
            """
            CREATE TABLE items(o INT, text);
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10)
            INSERT INTO items SELECT i, 'item' FROM n
            """)
        let enable = ["table", "enable", "app.db", "items", "--follow", "orders"]
        let refused = try sample.run(enable)
        #expect(refused.errors.contains("--follow orders --on CHILD=PARENT"), "\(refused.errors)")
        let dryRun = try sample.run(enable + ["--on", "o=id", "--dry-run"])
        #expect(dryRun.output.contains("Would enable table items."))
        #expect(dryRun.output.contains("It follows table orders on o=id."))
        #expect(dryRun.output.contains("4 of 10 rows are eligible."))
        #expect(try sample.run(enable + ["--on", "o=id"]).status == 0)
        #expect(try sample.run(["status", "app.db"]).output.contains("Follows    orders on o=id"))
        let alter = try sample.run(
            ["table", "alter", "app.db", "items", "--no-follow", "--filter", "o < 3", "--dry-run"])
        #expect(alter.output.contains("Would change table items."))
        #expect(alter.output.contains("2 of 10 hot rows are eligible."))
        #expect(try sample.run(enable + ["--on", "o"]).errors.contains("--on takes CHILD=PARENT"))
    }
}
