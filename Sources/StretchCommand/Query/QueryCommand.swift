internal import ArgumentParser
internal import Foundation
internal import StretchCore
internal import StretchEngine
internal import StretchSQLite

struct QueryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Run SQL on whole tables, hot and cold rows together.",
        discussion: """
            Runs one or more statements of SQLite, such as SELECT, INSERT, UPDATE, DELETE and BEGIN.

            A statement with parameters needs values. --bind gives one as text; --bind-json gives \
            all of them as numbers, texts, true, false and null. Each statement gets all values.

            Example: stretch query app.db "SELECT count(*) FROM orders"
            Example: stretch query app.db "SELECT * FROM orders WHERE note = ?" --bind "new"
            Example: stretch query app.db "SELECT * FROM orders WHERE id = ?" --bind-json '[7]'
            """)

    @OptionGroup var options: DatabaseOptions

    @Argument(help: "The SQL; - reads it from standard input.")
    var sql: String = "-"

    @Option(
        name: .long, parsing: .unconditionalSingleValue,
        help: ArgumentHelp(
            "The text of the next parameter, or NAME=TEXT if the parameters have names; may be "
                + "repeated.", valueName: "value"))
    var bind: [String] = []

    @Option(
        name: .long, parsing: .unconditional,
        help: ArgumentHelp(
            "All values: an array in the order of the parameters, or an object by their names.",
            valueName: "json"))
    var bindJson: String?

    mutating func validate() throws {
        guard bind.isEmpty || bindJson == nil else {
            throw ValidationError("Use --bind or --bind-json, not both")
        }
    }

    func run() throws {
        let script = try script()
        let values = try BoundValues(texts: bind, json: bindJson)
        try options.open().forEachStatement(script) { statement in
            try statement.bind(arguments: values.arguments(for: statement))
            if options.json { try printJSON(statement) } else { try printTable(statement) }
        }
    }

    private func script() throws -> String {
        guard sql == "-" else { return sql }
        let data = try FileHandle.standardInput.readToEnd() ?? Data()
        guard let text = String(validating: data, as: UTF8.self) else {
            throw StretchError(
                .invalidArgument, "standard input is not text in UTF-8",
                hint: "Write bytes as a blob literal, such as x'00ff'.")
        }
        return text
    }

    private func printTable(_ statement: Statement) throws {
        let columnCount = statement.columnCount
        guard columnCount > 0 else { return try statement.run() }
        var writer = TableWriter(columns: (0..<columnCount).map(statement.columnName))
        while try statement.step() {
            writer.append((0..<columnCount).map { ValueText.plain(statement.column($0)) })
        }
        writer.finish()
    }

    /// Prints one object per line for each statement, including those that return no rows.
    private func printJSON(_ statement: Statement) throws {
        let columnCount = statement.columnCount
        let names = (0..<columnCount).map { JSONText.string(statement.columnName($0)) }
        // A statement that fails before its first row prints nothing.
        var hasRow = try statement.step()
        StandardOutput.write("{\"columns\":[\(names.joined(separator: ","))],\"rows\":[")
        var separator = "["
        while hasRow {
            StandardOutput.write(separator)
            for column in 0..<columnCount {
                if column > 0 { StandardOutput.write(",") }
                StandardOutput.write(ValueText.json(statement.column(column)))
            }
            separator = "],["
            hasRow = try statement.step()
        }
        StandardOutput.write(separator == "[" ? "]}\n" : "]]}\n")
    }
}
