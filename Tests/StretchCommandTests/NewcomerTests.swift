import Foundation
import StretchTestSupport
import Testing

@testable import StretchCommand

/// What newcomers and administrators type first.
@Suite struct NewcomerTests {
    @Test(arguments: [
        (["enabel", "app.db", "--server", "x"], "command \"enabel\"", "\"stretch enable\""),
        (["table", "enabl"], "command \"table enabl\"", "\"stretch table enable\""),
        (["enable", "app.db", "--serve", "x"], "option \"--serve\"", "\"--server\""),
        (["migrate", "app.db", "--reclam=full"], "option \"--reclam\"", "\"--reclaim\""),
    ])
    func `a misspelled word is named with the one that was meant`(
        arguments: [String], message: String, meant: String
    ) throws {
        let run = try CommandSample().run(arguments)
        #expect(run.status == 2)
        #expect(run.errors.contains(message) && run.errors.contains("Did you mean \(meant)?"))
    }

    @Test func `a word that is like no command is named alone`() throws {
        let run = try CommandSample().run(["xyzzy"])
        #expect(run.errors.contains("\"xyzzy\"") && !run.errors.contains("Did you mean"))
    }

    @Test func `a migration without tables says so`() throws {
        let sample = try CommandSample()
        _ = try sample.run(["enable", "app.db", "--server", "file:cold.db"])
        let run = try sample.run(["migrate", "app.db"])
        #expect(run.status == 0 && run.output.contains("no table is stretch-enabled"))
    }

    @Test func `sql takes its script as an argument, too`() throws {
        let sample = try CommandSample(isStretched: true)
        let run = try sample.run(["sql", "app.db", "SELECT count(*) FROM orders", "--csv"])
        #expect(run.status == 0 && run.output.contains("10"), "\(run.errors)")
        #expect(try sample.run(["sql", "app.db", "SELECT 1", "-q", "SELECT 1"]).status == 2)
    }

    @Test(arguments: [
        ("", ShellInput.blank), ("quit", .quit), (":quit", .quit), (".exit", .quit),
        ("exit;", .quit), (" HELP ", .help), (".help", .help), (".bogus 1", .unknown(".bogus")),
        ("SELECT 1;", .sql), ("help me", .sql), ("tables", .sql), ("END", .sql),
    ])
    func `the prompt knows its commands`(line: String, input: ShellInput) {
        #expect(ShellInput(line) == input)
    }

    @Test func `the prompt lists tables and shows their definitions`() throws {
        let sample = try CommandSample(isStretched: true)
        let prompt = "stretch> "
        let run = try TerminalRun(
            ["sql", "app.db"],
            typing: [
                (prompt, ".tables\r"), (prompt, ".schema ORDERS\r"), (prompt, ".bogus\r"),
                (prompt, "exit\r"),
            ], in: sample.folder)
        #expect(run.output.contains("recent  view") && !run.output.contains("stretch_batch"))
        #expect(run.output.contains("CREATE TABLE orders(id INTEGER"))
        #expect(run.output.contains("there is no command \".bogus\""))
    }
}
