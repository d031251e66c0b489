import Foundation
import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

@testable import StretchCommand

@Suite struct JSONContractTests {
    @Test(arguments: [
        (Value.null, "null"),
        (.integer(.min), "-9223372036854775808"),
        (.integer(7), "7"),
        (.real(7), "7.0"),
        (.real(-0.0), "-0.0"),
        (.real(0.1), "0.1"),
        (.real(1e20), "1e+20"),
        (.real(.leastNonzeroMagnitude), "5e-324"),
        (.real(.greatestFiniteMagnitude), "1.7976931348623157e+308"),
        (.real(.infinity), "{\"real\":\"Infinity\"}"),
        (.real(-.infinity), "{\"real\":\"-Infinity\"}"),
        (.text(""), "\"\""),
        (.text("a\"b\\c\n\u{1}é\u{0}🙂"), "\"a\\\"b\\\\c\\n\\u0001é\\u0000🙂\""),
        (.text(Text(bytes: [0x61, 0xff])), "{\"text\":\"61ff\"}"),
        (.blob([]), "{\"blob\":\"\"}"),
        (.blob([0, 0xab]), "{\"blob\":\"00ab\"}"),
    ])
    func `every value is written exactly`(value: Value, text: String) {
        #expect(ValueText.json(value) == text)
    }

    @Test func `query prints one object for each statement`() throws {
        let sample = try CommandSample(isStretched: true)
        let run = try sample.run(
            ["query", "app.db", "-", "--json"],
            input: """
                -- Orders 1 to 4 are cold.
                SELECT id, total FROM orders WHERE id IN (2, 9) ORDER BY id;
                UPDATE orders SET total = NULL WHERE id = 2;
                SELECT total FROM orders WHERE id = 2;
                SELECT 1 AS "a ""b" WHERE 0;
                """)
        #expect(run.errors == "")
        #expect(
            run.output == """
                {"columns":["id","total"],"rows":[[2,3.0],[9,13.5]]}
                {"columns":[],"rows":[]}
                {"columns":["total"],"rows":[[null]]}
                {"columns":["a \\"b"],"rows":[]}

                """)
    }

    @Test func `query prints tables for people`() throws {
        let sample = try CommandSample(isStretched: true)
        let run = try sample.run(
            ["query", "app.db", "SELECT id, total, x'00ff' AS raw FROM orders WHERE id < 3"])
        #expect(
            run.output == """
                id  total  raw
                --  -----  -------
                1   1.5    x'00ff'
                2   3.0    x'00ff'

                """)
    }

    @Test func `status has the fields of the contract`() throws {
        let sample = try CommandSample(isStretched: true)
        let status = try sample.run(["status", "app.db", "--json"]).object()
        let database = try #require(status["database"] as? [String: Any])
        #expect(
            Set(database.keys) == [
                "id", "branch", "epoch", "server", "linkState", "queryMode", "journalMode",
                "freePages", "freeBytes", "warnings",
            ])
        #expect(database["linkState"] as? String == "connected")
        let table = try #require((status["tables"] as? [[String: Any]])?.first)
        let required: Set<String> = [
            "name", "filterPredicate", "migrationState", "localRows", "eligibleRows",
            "remoteRows", "batches", "localBytes", "remoteBytes", "isReconciled",
        ]
        #expect(required.isSubset(of: table.keys))
        #expect(table["localRows"] as? Int == 6)
        #expect(table["remoteRows"] as? Int == 4)
        #expect(status["events"] is [Any])
    }

    @Test func `a backup, its restore and a drill have the fields of the contract`() throws {
        let sample = try CommandSample(isStretched: true)
        let backup = try sample.run(["backup", "app.db", "b.db", "--json"]).object()
        let content = try #require(backup["backup"] as? [String: Any])
        #expect(backup["isDeep"] as? Bool == false && backup["coldRows"] as? Int == 0)
        let inspected = try sample.run(["inspect", "b.db", "--check", "--json"])
        #expect(inspected.status == 0, "\(inspected.errors)")
        let found = try inspected.object()
        #expect(Set(found.keys) == Set(content.keys).union(["integrityProblems"]))
        let stretch = try #require(found["stretch"] as? [String: Any])
        #expect(
            Set(stretch.keys) == [
                "format", "database", "branch", "epoch", "token", "server", "queryMode",
                "isForkUnfinished",
            ])
        let table = try #require((found["tables"] as? [[String: Any]])?.first)
        #expect(table["localRows"] as? Int == 6 && table["remoteRows"] as? Int == 4)
        let restored = try sample.run(["restore", "b.db", "new.db", "--json"]).object()
        #expect(restored["linkState"] as? String == "disconnected")
        #expect((restored["nextSteps"] as? [String])?.count == 1)
        let drill = try sample.run(["drill", "app.db", "--json"])
        #expect(try drill.status == 0 && drill.object()["isSound"] as? Bool == true)
        let branches = try sample.run(["branch", "list", "app.db", "--json"]).object()
        #expect((branches["branches"] as? [[String: Any]])?.count == 1)
        let deep = try sample.run(["backup", "app.db", "deep.db", "--deep", "--json"]).object()
        #expect(deep["coldRows"] as? Int == 4)
    }

    @Test func `a drill of a damaged remote fails loudly`() throws {
        let sample = try CommandSample(isStretched: true)
        try Connection(
            path: sample.folder.path("cold.db"), access: .readWrite, routines: .linked
        ).execute("DELETE FROM rows_1")
        let run = try sample.run(["drill", "app.db", "--json"])
        #expect(run.status == 9)
        #expect(try run.object()["isSound"] as? Bool == false)
    }

    @Test func `what destroys can be tried`() throws {
        let sample = try CommandSample(isStretched: true)
        let abandon = try sample.run(
            ["table", "disable", "app.db", "orders", "--abandon", "--dry-run", "--json"]).object()
        #expect(abandon["isDryRun"] as? Bool == true)
        #expect(abandon["rows"] as? Int == 4)
        let bringBack = try sample.run(
            ["bring-back", "app.db", "orders", "--where", "id > 2", "--dry-run", "--json"])
        #expect(try bringBack.object()["rows"] as? Int == 2)
        let table = try #require(
            try sample.run(["status", "app.db", "--json"]).object()["tables"] as? [[String: Any]])
        #expect(table.first?["remoteRows"] as? Int == 4)
    }

    @Test func `a table's whole life works on the command line`() throws {
        let sample = try CommandSample(isStretched: true)
        for arguments in [
            ["table", "pause", "app.db", "orders"],
            ["table", "resume", "app.db", "orders"],
            ["table", "alter", "app.db", "orders", "--filter", "year <= 2006"],
            ["migrate", "app.db", "--batch-rows", "1", "--reclaim", "full"],
            ["verify", "app.db"],
            ["bring-back", "app.db", "orders", "--where", "id = 1"],
            ["table", "disable", "app.db", "orders", "--bring-back"],
            ["disable", "app.db"],
        ] {
            let run = try sample.run(arguments + ["--json"])
            #expect(run.status == 0, "\(arguments): \(run.errors)")
            #expect(throws: Never.self) { try run.object() }
        }
        let query = try sample.run(
            ["query", "app.db", "SELECT count(*), sum(total) FROM orders", "--json"])
        #expect(
            query.output == "{\"columns\":[\"count(*)\",\"sum(total)\"],\"rows\":[[10,82.5]]}\n")
    }

    @Test func `a demo of few orders ends well`() throws {
        let sample = try CommandSample()
        let run = try sample.run(["demo", "--orders", "20000", "--folder", "d", "--json"])
        #expect(run.status == 0, "\(run.errors)")
        let report = try run.object()
        #expect(report["isEqual"] as? Bool == true)
        #expect(report["checks"] as? Int ?? 0 > 15)
    }
}
