internal import StretchText

/// The first line of an input at the prompt.
///
/// The commands are those that the shells of SQLite and PostgreSQL have under the same names. No
/// statement begins with one of these words alone on its line.
enum ShellInput: Equatable {
    case blank, quit, help
    /// A command that runs a statement.
    case statement(String)
    /// A word after a period or colon that is no command.
    case unknown(String)
    /// The start of SQL.
    case sql

    init(_ line: String) {
        let words = line.trimmedASCII.parts(between: " ", omitsEmptyParts: true)
        guard let first = words.first?.foldingCase else {
            self = .blank
            return
        }
        let mark = first.utf8.first
        let isMarked = mark == UInt8(ascii: ".") || mark == UInt8(ascii: ":")
        let name = String(decoding: first.utf8.drop { isMarked && $0 == mark }, as: UTF8.self)
        let ending = String(decoding: name.utf8.prefix { $0 != UInt8(ascii: ";") }, as: UTF8.self)
        switch (ending, words.count) {
        case ("quit", 1), ("exit", 1): self = .quit
        case ("help", 1): self = .help
        case ("tables", 1) where isMarked: self = .statement(Self.tables)
        case ("schema", 1) where isMarked: self = .statement(Self.schema(of: nil))
        case ("schema", 2) where isMarked: self = .statement(Self.schema(of: words[1]))
        default: self = isMarked ? .unknown(words[0]) : .sql
        }
    }

    private static let ownTables =
        "name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
        + "AND tbl_name NOT LIKE 'stretch\\_%' ESCAPE '\\'"

    private static let tables = """
        SELECT name, type FROM main.sqlite_schema
        WHERE type IN ('table', 'view') AND \(ownTables) ORDER BY name;
        """

    private static func schema(of table: String?) -> String {
        let condition = table.map { "tbl_name = \($0.quotedLiteral) COLLATE NOCASE" } ?? ownTables
        return """
            SELECT sql FROM main.sqlite_schema WHERE sql IS NOT NULL AND \(condition)
            ORDER BY tbl_name, type = 'table' DESC, name;
            """
    }
}
