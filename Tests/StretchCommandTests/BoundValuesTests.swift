import Foundation
import StretchTestSupport
import Testing

/// Values for the parameters of `stretch query`.
@Suite struct BoundValuesTests {
    @Test func `values are bound in order and by name`() throws {
        let sample = try CommandSample(isStretched: true)
        func rows(_ sql: String, _ options: [String]) throws -> String {
            let run = try sample.run(["query", "app.db", sql, "--json"] + options)
            #expect(run.status == 0, "\(run.errors)")
            return run.output
        }
        let count = "SELECT count(*) FROM orders WHERE id "
        #expect(try rows(count + "= ?", ["--bind", "2"]).contains("[[1]]"))
        #expect(
            try rows(
                count + "IN (:a, $b, @c)", ["--bind", "a=1", "--bind", "b=9", "--bind", "c=x"]
            )
            .contains("[[2]]"))
        #expect(
            try rows("SELECT ?, ?", ["--bind", "--x", "--bind", "a=b"])
                .contains("[[\"--x\",\"a=b\"]]"))
        #expect(
            try rows(
                "SELECT typeof(?), typeof(?), typeof(?), typeof(?), ?",
                ["--bind-json", "[1, \"1\", null, 1.5, true]"]
            ).contains("[[\"integer\",\"text\",\"null\",\"real\",1]]"))
        #expect(
            try rows("SELECT :n", ["--bind-json", "{\"n\": 9007199254740993}"])
                .contains("[[9007199254740993]]"))
    }

    @Test(arguments: [
        ("SELECT ?", [], "has 1 parameter, and no value"),
        ("SELECT 1", ["--bind", "1"], "the values given 1"),
        ("SELECT :a", ["--bind", "b=1"], "\"b\" is not the name"),
        ("SELECT :a", ["--bind", "a=1", "--bind", "a=2"], "has two values"),
        ("SELECT :a, :b", ["--bind", "a=1"], "\"b\" has no value"),
        ("SELECT ?", ["--bind-json", "[[]]"], "not JSON that can be bound"),
        ("SELECT ?", ["--bind-json", "[1]", "--bind", "1"], "not both"),
    ])
    func `values that do not fit are refused`(
        sql: String, options: [String], message: String
    ) throws {
        let run = try CommandSample().run(["query", "app.db", sql] + options)
        #expect(run.status == 2 && run.output.isEmpty)
        #expect(run.errors.contains(message), "\(run.errors)")
    }
}
