import Foundation
import Stretch
import StretchEngine
import StretchSQLite
import StretchTestSupport
import Testing

/// Staging by the command line and in Transact-SQL.
@Suite struct StagingCommandTests {
    @Test(arguments: [false, true])
    func `a rollback of the remote costs rows without staging, and none with it`(
        isStaging: Bool
    ) throws {
        let sample = try CommandSample()
        try SQLScriptTests.stretch(try SQLScriptTests.open(sample))
        let cold = sample.folder.path("cold.db")
        if isStaging {
            let set = try sample.run(
                ["sql", "app.db", "-q", "EXEC sp_rda_set_rpo_duration 8"])
            #expect(set.status == 0, "\(set.errors)")
        }
        try Connection(path: cold, access: .readWrite, routines: .linked).execute(
            "VACUUM INTO '\(sample.folder.path("saved.db"))'")
        try SQLScriptTests.open(sample).tables["orders"].alter(filter: "year <= 2007")
        #expect(try sample.run(["migrate", "app.db"]).status == 0)
        let whole = try sample.run(["query", "app.db", "SELECT * FROM orders ORDER BY id"])
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(atPath: cold + suffix)
        }
        try FileManager.default.copyItem(atPath: sample.folder.path("saved.db"), toPath: cold)

        let migration = try sample.run(["migrate", "app.db"])
        #expect(migration.status == 6 && migration.errors.contains("stretch reauthorize"))
        let state = try sample.run(
            [
                "sql", "app.db", "--csv", "-q",
                "SELECT is_reconciled FROM sys.remote_data_archive_tables",
            ])
        #expect(state.output.split(whereSeparator: \.isNewline).last == "0")
        let connected = try sample.run(
            ["sql", "app.db", "--json", "-q", "EXEC sp_rda_reauthorize_db N'cold'"])
        if isStaging {
            #expect(connected.status == 0, "\(connected.errors)")
        } else {
            #expect(try connected.errorObject()["number"] as? Int == 14877)
            #expect(connected.errors.contains("EXEC sp_rda_set_rpo_duration 24"))
            let accepted = try sample.run(
                [
                    "reauthorize", "app.db", "--credential", "cold", "--accept-loss", "all",
                    "--json",
                ])
            #expect((try accepted.object()["lost"] as? [Any])?.count == 1)
        }
        let rows = try sample.run(["query", "app.db", "SELECT * FROM orders ORDER BY id"])
        #expect((rows.output == whole.output) == isStaging, "\(rows.output)\(rows.errors)")
        #expect(try sample.run(["verify", "app.db"]).status == 0)
        let status = try sample.run(["status", "app.db", "--json"]).object()
        let database = try #require(status["database"] as? [String: Any])
        let staging = database["staging"] as? [String: Any]
        #expect(staging?["rpoHours"] as? Int == (isStaging ? 8 : nil))
        #expect(staging?["batches"] as? Int == (isStaging ? 1 : nil))
    }

    @Test func `the command sets, shows and refuses`() throws {
        let sample = try CommandSample(isStretched: true)
        #expect(try sample.run(["staging", "app.db"]).output == "Staging      off\n")
        for (arguments, status) in [
            (["--budget", "5"], 2), (["--rpo", "some"], 2), (["--rpo", "0"], 2),
            (["--rpo", "off", "--budget", "5"], 2), (["--rpo", "4", "--budget", "0"], 2),
        ] {
            let run = try sample.run(["staging", "app.db"] + arguments)
            #expect(run.status == Int32(status), "\(arguments): \(run.errors)")
        }
        let set = try sample.run(["staging", "app.db", "--rpo", "4", "--json"]).object()
        #expect(
            Set(set.keys) == [
                "rpoHours", "budgetBytes", "coveredHours", "batches", "rowBytes", "bytes",
                "fileBytes",
            ])
        #expect(set["rpoHours"] as? Int == 4 && set["budgetBytes"] as? Int == 1 << 30)
        let lines = try sample.run(["staging", "app.db", "--budget", "2097152"]).output
        #expect(lines.contains("Staging      4 h, 0.0 h covered\n"))
        #expect(lines.contains("  Budget     2.0 MiB; the file takes "))
        #expect(try sample.run(["status", "app.db"]).output.contains("Staging      4 h"))
        #expect(try sample.run(["staging", "app.db", "--rpo", "off"]).status == 0)
    }
}
