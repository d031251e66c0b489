import Foundation
import StretchCore
import StretchTestSupport
import Testing

@testable import StretchCommand

/// The mistakes that a newcomer makes: status, message and hint of each.
@Suite struct MistakeTests {
    struct Mistake: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let status: Int32
        let message: String
        var isStretched = false
        var testDescription: String { arguments.joined(separator: " ") }
    }

    static let mistakes = [
        Mistake(
            arguments: ["enable", "missing.db", "--server", "file:cold.db"], status: 2,
            message: "cannot open the local database"),
        Mistake(
            arguments: ["status", "missing.db"], status: 2,
            message: "cannot open the local database"),
        Mistake(
            arguments: ["backup", "app.db", "note.txt"], status: 3, message: "exists already",
            isStretched: true),
        Mistake(
            arguments: ["backup", "app.db", "b.db"], status: 3,
            message: "the database is not stretch-enabled"),
        Mistake(
            arguments: ["backup", "app.db", "cold.db", "--overwrite"], status: 2,
            message: "\"cold.db\" is the remote", isStretched: true),
        Mistake(
            arguments: ["backup", "app.db", "b.db", "--throttle", "0"], status: 2,
            message: "--throttle is from 0.01", isStretched: true),
        Mistake(
            arguments: ["inspect", "missing.db"], status: 2,
            message: "cannot open \"missing.db\": no such file"),
        Mistake(
            arguments: ["inspect", "note.txt"], status: 2,
            message: "\"note.txt\" is not a SQLite database"),
        Mistake(
            arguments: ["restore", "app.db"], status: 2,
            message: "name a backup and the file to restore"),
        Mistake(
            arguments: ["restore", "missing.db", "app.db"], status: 2,
            message: "cannot open \"missing.db\": no such file"),
        Mistake(
            arguments: ["restore", "app.db", "note.txt"], status: 3,
            message: "exists, and is not a SQLite database", isStretched: true),
        Mistake(
            arguments: ["restore", "app.db", "b.db", "--at", "yesterday"], status: 2,
            message: "use a time such as 2026-11-24 09:30:00"),
        Mistake(
            arguments: ["restore", "app.db", "b.db", "--at", "1999-12-31"], status: 2,
            message: "no backup is as old as 1999-12-31 00:00:00.000"),
        Mistake(
            arguments: ["restore", "app.db", "b.db", "--nearest"], status: 2,
            message: "need --from-litestream"),
        Mistake(
            arguments: [
                "restore", "--from-litestream", "file:///r", "b.db", "--litestream", "./none",
            ], status: 2, message: "there is no program \"./none\""),
        Mistake(
            arguments: ["branch", "drop", "app.db", "7"], status: 2,
            message: "branch 7 does not exist", isStretched: true),
        Mistake(
            arguments: ["branch", "undrop", "app.db", "seven"], status: 2,
            message: "the value 'seven' is invalid", isStretched: true),
        Mistake(arguments: ["drill", "app.db"], status: 3, message: "is not stretch-enabled"),
        Mistake(
            arguments: ["status", "note.txt"], status: 2, message: "not a "),
        Mistake(
            arguments: ["enable", "app.db"], status: 2,
            message: "missing expected argument '--server <address>'"),
        Mistake(
            arguments: ["enable", "app.db", "--server", "mysql://localhost/x"], status: 2,
            message: "server \"mysql://localhost/x\" is not an address that Stretch knows"),
        Mistake(
            arguments: ["enable", "app.db", "--server", "cold.db"], status: 2,
            message: "server \"cold.db\" is not an address that Stretch knows"),
        Mistake(
            arguments: ["enable", "app.db", "--server", "file:app.db"], status: 4,
            message: "server \"file:app.db\" is the local database itself"),
        Mistake(
            arguments: ["enable", "app.db", "--server", "file:cold.db"], status: 3,
            message: "the database is stretch-enabled already", isStretched: true),
        Mistake(arguments: ["status", "app.db"], status: 3, message: "is not stretch-enabled"),
        Mistake(arguments: ["migrate", "app.db"], status: 3, message: "is not stretch-enabled"),
        Mistake(arguments: ["verify", "app.db"], status: 3, message: "is not stretch-enabled"),
        Mistake(
            arguments: ["table", "enable", "app.db", "orders", "--filter", "year < 1"], status: 3,
            message: "is not stretch-enabled"),
        Mistake(
            arguments: ["table", "enable", "app.db", "orders"], status: 2,
            message: "missing --filter", isStretched: true),
        Mistake(
            arguments: ["table", "enable", "app.db", "order", "--filter", "year < 1"], status: 2,
            message: "there is no table \"order\"", isStretched: true),
        Mistake(
            arguments: ["table", "enable", "app.db", "recent", "--filter", "year < 1"], status: 4,
            message: "\"recent\" is a view", isStretched: true),
        Mistake(
            arguments: ["table", "enable", "app.db", "orders", "--filter", "year < 1"], status: 3,
            message: "table \"orders\" is stretch-enabled already", isStretched: true),
        Mistake(
            arguments: ["table", "alter", "app.db", "orders", "--filter", "yaer < 1"], status: 2,
            message: "\"yaer\"", isStretched: true),
        Mistake(
            arguments: ["table", "alter", "app.db", "orders"], status: 2,
            message: "nothing to change", isStretched: true),
        Mistake(
            arguments: ["table", "pause", "app.db", "order"], status: 2,
            message: "table \"order\" is not stretch-enabled", isStretched: true),
        Mistake(
            arguments: ["table", "disable", "app.db", "orders"], status: 2,
            message: "table \"orders\" has 4 cold rows", isStretched: true),
        Mistake(
            arguments: ["table", "disable", "app.db", "orders", "--abandon", "--bring-back"],
            status: 2, message: "exclude each other", isStretched: true),
        Mistake(
            arguments: ["disable", "app.db"], status: 3,
            message: "the database has stretch-enabled tables: \"orders\"", isStretched: true),
        Mistake(
            arguments: ["migrate", "app.db", "--table", "order"], status: 2,
            message: "table \"order\" is not stretch-enabled", isStretched: true),
        Mistake(
            arguments: ["migrate", "app.db", "--batch-rows", "0"], status: 2,
            message: "--batch-rows is from 1", isStretched: true),
        Mistake(
            arguments: ["migrate", "app.db", "--reclaim", "all"], status: 2,
            message: "--reclaim", isStretched: true),
        Mistake(
            arguments: ["migrate", "app.db", "--reclaim", "incremental"], status: 3,
            message: "incremental", isStretched: true),
        Mistake(
            arguments: ["bring-back", "app.db", "orders", "--where", "yaer = 1"], status: 2,
            message: "\"yaer\"", isStretched: true),
        Mistake(
            arguments: ["query", "app.db", "SELEC 1"], status: 1, message: "syntax error"),
        Mistake(
            arguments: ["query", "app.db", "SELECT * FROM order_s"], status: 1,
            message: "no such table"),
        Mistake(
            arguments: ["query", "app.db", "DROP TABLE orders"], status: 3,
            message: "\"orders\"", isStretched: true),
        Mistake(
            arguments: ["statsu", "app.db"], status: 2, message: "there is no command \"statsu\""),
        Mistake(
            arguments: ["table", "enabel", "app.db"], status: 2,
            message: "there is no command \"table enabel\""),
        Mistake(
            arguments: ["retention", "app.db", "30"], status: 2,
            message: "use a number and h, d or w, such as 30d, or unlimited"),
        Mistake(
            arguments: ["attach", "app.db"], status: 2, message: "missing --from FILE"),
        Mistake(
            arguments: ["status", "app.db", "--jsn"], status: 2, message: "unknown option"),
    ]

    @Test(arguments: mistakes)
    func `a mistake is told with what to do next`(_ mistake: Mistake) throws {
        let sample = try CommandSample(isStretched: mistake.isStretched)
        try Data("only a note, and no database at all".utf8).write(
            to: URL(fileURLWithPath: sample.folder.path("note.txt")))
        let run = try sample.run(mistake.arguments)
        #expect(run.status == mistake.status, "\(run.errors)")
        let lines = run.errors.split(separator: "\n", omittingEmptySubsequences: false)
        let first = try #require(lines.first)
        #expect(first.hasPrefix("error: "), "\(run.errors)")
        #expect(first.contains(mistake.message), "\(run.errors)")
        #expect(!first.hasSuffix("."), "\(run.errors)")
        if mistake.status != 1 {
            let hint = try #require(lines.first { $0.hasPrefix("hint: ") })
            #expect(hint.hasSuffix(".") || hint.hasSuffix("--help."), "\(run.errors)")
        }
        #expect(run.output == "")
    }

    @Test func `a mistake is also a JSON object, the last line of standard error`() throws {
        let sample = try CommandSample()
        let run = try sample.run(["status", "app.db", "--json"])
        let error = try run.errorObject()
        #expect(error["code"] as? String == "wrongState")
        #expect(error["exitStatus"] as? Int == 3)
        #expect(error["isRetryable"] as? Bool == false)
        #expect(run.errors.hasPrefix("error: the database is not stretch-enabled\nhint: "))
        #expect(run.output == "")
    }

    @Test func `help is no mistake`() throws {
        let sample = try CommandSample()
        for arguments in [
            ["--help"], ["help", "table"], ["table", "enable", "-h"], ["--version"],
        ] {
            let run = try sample.run(arguments)
            #expect(run.status == 0)
            #expect(run.errors == "")
            #expect(!run.output.isEmpty)
        }
    }

    @Test func `a remote that is missing has a status of its own`() throws {
        let sample = try CommandSample(isStretched: true)
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: sample.folder.path("cold.db\(suffix)"))
        }
        let run = try sample.run(["verify", "app.db", "--json"])
        #expect(run.status == 5)
        #expect(try run.errorObject()["isRetryable"] as? Bool == true)
        for sql in [
            "SELECT sum(total) FROM orders", "UPDATE orders SET total = 0 WHERE id = 2",
            "INSERT INTO orders VALUES(3, 2000, 1.0)", "SELECT count(*) FROM recent",
        ] {
            let query = try sample.run(["query", "app.db", sql, "--json"])
            #expect(query.status == 5, "\(sql)")
            #expect(query.errors.hasPrefix("error: remote \"cold.db\" cannot be opened"))
            #expect(query.errors.contains("\nhint: "))
            #expect(try query.errorObject()["code"] as? String == "remoteUnavailable")
        }
        #expect(try sample.run(["status", "app.db"]).output.contains("(unavailable)"))
        // The plan needs no remote: the manifest proves that the row is hot.
        let hot = try sample.run(["query", "app.db", "SELECT id FROM orders WHERE id = 9"])
        #expect(hot.status == 0)
    }

    @Test func `the documented statuses are those of the code`() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let document = try String(
            contentsOf: root.appendingPathComponent("Documentation/ExitStatus.md"),
            encoding: .utf8)
        let codes: [StretchError.Code] = [
            .statementFailed, .invalidArgument, .wrongState, .unsupported, .remoteUnavailable,
            .remoteMismatch, .schemaMismatch, .busy, .damaged, .cancelled, .notPermitted,
            .localUnavailable,
        ]
        for code in codes {
            let row = document.split(separator: "\n").first {
                $0.hasPrefix("| \(code.exitStatus) | `\(code.description)` |")
            }
            #expect(row?.hasSuffix(code.isRetryable ? "| yes |" : "| no |") ?? false, "\(code)")
        }
        #expect(Set(codes.map(\.exitStatus)).count == codes.count)
    }
}
