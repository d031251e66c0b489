import Testing
import TransactSQL

/// Sessions: errors, batches and variables across scripts.
@Suite struct ScriptExecutorTests {
    private struct Failure: Error, CustomStringConvertible {
        let description = "the host cannot"
    }

    private static func executor(
        _ host: RecordingHost, stopsAtFirstError: Bool = true
    ) -> ScriptExecutor {
        ScriptExecutor(host: host, output: host, stopsAtFirstError: stopsAtFirstError)
    }

    @Test func `the first error ends a script and names its place`() throws {
        let host = RecordingHost()
        host.failures["deauthorize"] = Failure()
        var executor = Self.executor(host)
        let error = try #require(throws: TransactSQLError.self) {
            try executor.run("SELECT 1;\n  EXEC sp_rda_deauthorize_db; SELECT 2;")
        }
        #expect(error.number == 50000)
        #expect(error.message == "the host cannot")
        #expect(error.position == SourcePosition(line: 2, column: 3, offset: 12))
        #expect(error.cause is Failure)
        #expect(host.lines == ["call run(SELECT 1;)", "call deauthorize()"])
    }

    @Test func `a number of the host is kept`() throws {
        let host = RecordingHost()
        host.failures["deauthorize"] = TransactSQLError(
            TransactSQLError.Code(14834), "the database is not enabled")
        var executor = Self.executor(host)
        let error = try #require(throws: TransactSQLError.self) {
            try executor.run("EXEC sp_rda_deauthorize_db")
        }
        #expect(error.number == 14834)
        #expect(error.position?.line == 1)
    }

    @Test func `cancellation ends a script that goes on after errors`() throws {
        let host = RecordingHost()
        host.failures["run(SELECT 1"] = CancellationError()
        var executor = Self.executor(host, stopsAtFirstError: false)
        let error = try #require(throws: TransactSQLError.self) {
            try executor.run("SELECT 0; SELECT 1; SELECT 2;\nGO 1000000000")
        }
        #expect(error.cause is CancellationError)
        #expect(host.lines.count == 2)
    }

    @Test func `a session keeps variables and its batch until GO`() throws {
        let host = RecordingHost()
        var executor = Self.executor(host)
        try executor.run("DECLARE @a int = 1;")
        try executor.run("PRINT @a;")
        try executor.run("GO 2")
        #expect(host.lines == ["message 0: 1", "message 0: 1"])
        let error = try #require(throws: TransactSQLError.self) { try executor.run("PRINT @a") }
        #expect(error.number == 137)
        #expect(throws: TransactSQLError.self) { try executor.run("sp_helpdb") }
        try executor.run("GO\nsp_helpdb")
    }

    @Test func `a failed call gives the return code 1`() throws {
        let host = RecordingHost()
        host.failures["deauthorize"] = Failure()
        var executor = Self.executor(host, stopsAtFirstError: false)
        let failures = try executor.run(
            "DECLARE @rc int; EXEC @rc = sp_rda_deauthorize_db; PRINT @rc;")
        #expect(failures == 1)
        #expect(host.lines.last == "message 0: 1")
    }

    @Test func `texts and passwords are in no description`() {
        var dumped = ""
        dump([TransactSQLValue.text("s3cret")], to: &dumped)
        dump(Secret("s3cret"), to: &dumped)
        dumped += "\(TransactSQLValue.text("s3cret")) \(Optional(Secret("s3cret")) as Any)"
        dumped += String(reflecting: Secret("s3cret"))
        #expect(!dumped.contains("s3cret"))
        #expect(Secret("s3cret").text == "s3cret")
    }
}
