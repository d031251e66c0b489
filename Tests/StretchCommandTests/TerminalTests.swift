import StretchTestSupport
import Testing

/// What a person types into `stretch sql` at a terminal.
@Suite struct TerminalTests {
    @Test(arguments: [
        ["LC_ALL": "C.UTF-8"], ["LC_ALL": "C"], ["LC_ALL": "POSIX"], ["LC_ALL": ""],
        ["LC_ALL": "xx_XX.ISO-8859-1"],
    ])
    func `every character arrives, whatever the locale is`(
        environment: [String: String]
    ) throws {
        let sample = try CommandSample()
        let run = try TerminalRun(
            ["sql", "app.db"],
            typing: [
                (prompt: "stretch> ", "SELECT hex('Zürich – 日本 \u{1F40B}') AS bytes;\r"),
                (prompt: "stretch> ", ":quit\r"),
            ],
            in: sample.folder, environment: environment)
        #expect(
            run.output.contains("5AC3BC7269636820E2809320E697A5E69CAC20F09F908B"),
            "\(run.output)")
    }
}
