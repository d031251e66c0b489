/// Reads the SQL text of triggers and views of schema main, as `sqlite_schema.sql` holds it.
///
/// Such an object sees only the hot rows of a stretch-enabled table, because its names are found in
/// main. What names a table is therefore mirrored in schema temp, where the same names find the
/// overlay. The scan knows no scopes: an alias or another table's column with the table's name
/// counts as a mention, too, which at worst mirrors or refuses more than is needed.
package enum DependencyScan {
    /// Whether the text names the table: bare or in schema main, quoted or not.
    ///
    /// Columns of other names (`x.orders`, `NEW.orders`) and text literals do not count, except
    /// for a literal where SQLite reads a table's name: after FROM, JOIN, INTO, and UPDATE.
    package static func mentions(_ table: String, in sql: String) -> Bool {
        let tokens = Array(SQLTokenizer(sql))
        return tokens.indices.contains { isMention(of: table, at: $0, in: tokens) }
    }

    /// The text without `main.` before any of these names.
    package static func withoutMainQualifier(_ sql: String, tables: Set<String>) -> String {
        let names = Set(tables.map(SQLToken.folded))
        let tokens = Array(SQLTokenizer(sql))
        var edits = SQLEdits()
        for index in tokens.indices.dropFirst(2) {
            guard let name = tokens[index].identifierName, names.contains(SQLToken.folded(name)),
                isQualifier(at: index - 2, in: tokens), tokens[index - 2].isName("main")
            else { continue }
            edits.replace(
                tokens[index - 2].range.lowerBound..<tokens[index - 1].range.upperBound, with: "")
        }
        return edits.applied(to: sql)
    }

    /// `CREATE VIEW [IF NOT EXISTS] [main.]v AS …` as `CREATE TEMP VIEW v AS …`.
    ///
    /// The body stays as it is; text that is no such statement is returned unchanged.
    package static func makeTemporaryView(_ sql: String) -> String {
        makeTemporary("VIEW", sql)
    }

    /// `CREATE TRIGGER [IF NOT EXISTS] [main.]t … ON [main.]v …` as
    /// `CREATE TEMP TRIGGER t … ON v …`.
    ///
    /// The body stays as it is; text that is no such statement is returned unchanged.
    package static func makeTemporaryTrigger(_ sql: String) -> String {
        makeTemporary("TRIGGER", sql)
    }

    private static func makeTemporary(_ type: String, _ sql: String) -> String {
        var reader = SQLTokenReader(sql)
        var edits = SQLEdits()
        guard reader.accept(keyword: "CREATE"), reader.accept(keyword: type) else { return sql }
        edits.insert("TEMP ", at: reader.lastEnd - type.utf8.count)
        let endOfType = reader.lastEnd
        _ = reader.accept(keywords: "IF", "NOT", "EXISTS")
        guard let object = reader.acceptQualifiedName() else { return sql }
        edits.replace(endOfType..<object.name.range.lowerBound, with: " ")
        if type == "TRIGGER" {
            while let token = reader.peek, !token.isKeyword("ON") { reader.next() }
            guard reader.accept(keyword: "ON"), let target = reader.acceptQualifiedName() else {
                return sql
            }
            if let schema = target.schema {
                edits.replace(schema.range.lowerBound..<target.name.range.lowerBound, with: "")
            }
        }
        return edits.applied(to: sql)
    }

    // MARK: Mentions

    /// Whether the token at `index` names the table.
    static func isMention(of table: String, at index: Int, in tokens: [SQLToken]) -> Bool {
        guard tokens[index].isName(table) else { return false }
        if isQualifier(at: index - 2, in: tokens) { return tokens[index - 2].isName("main") }
        if index > 0, tokens[index - 1].isSymbol(".") { return false }
        guard tokens[index].kind == .string else { return true }
        guard index > 0, tokens[index - 1].isKeyword(in: ["FROM", "JOIN", "INTO", "UPDATE"]) else {
            return false
        }
        return index < 2 || !tokens[index - 2].isKeyword("DISTINCT")
    }

    /// Whether the token at `index` is the first part of a dotted name.
    static func isQualifier(at index: Int, in tokens: [SQLToken]) -> Bool {
        guard tokens.indices.contains(index), index + 1 < tokens.count else { return false }
        let isFirst = index == 0 || !tokens[index - 1].isSymbol(".")
        return isFirst && tokens[index].identifierName != nil && tokens[index + 1].isSymbol(".")
    }
}
