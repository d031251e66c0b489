package import StretchText

/// Analyzes the SQL text of triggers and views of schema main, as stored in `sqlite_schema.sql`.
///
/// Such an object sees only the hot rows of a stretch-enabled table, because its names are resolved
/// in main. An object that names such a table is therefore copied to schema temp, where the same
/// names refer to the overlay. The scan ignores scopes: an alias or another table's column with the
/// table's name also counts as a mention. At worst, more objects than necessary are copied or
/// refused.
package enum DependencyScan {
    /// Returns whether the text names the table: unqualified or in schema main, quoted or not.
    ///
    /// Columns of other objects (`x.orders`, `NEW.orders`) and text literals do not count, except
    /// for a literal that SQLite reads as a table name: after FROM, JOIN, INTO, and UPDATE.
    package static func mentions(_ table: String, in sql: String) -> Bool {
        mentions(anyOf: [SQLName(table)], in: sql)
    }

    /// Returns whether the text names one of the tables.
    package static func mentions(anyOf tables: Set<SQLName>, in sql: String) -> Bool {
        let tokens = Array(SQLTokenizer(sql))
        return tokens.indices.contains { isMention(of: tables, at: $0, in: tokens) }
    }

    /// Returns all names in the text that could be tables, each once, in order.
    package static func mentionedNames(in sql: String) -> [SQLName] {
        let tokens = Array(SQLTokenizer(sql))
        var seen: Set<SQLName> = []
        return tokens.indices.compactMap { mention(at: $0, in: tokens) }
            .filter { seen.insert($0).inserted }
    }

    /// Returns the text of an object of main for schema temp.
    ///
    /// The given names refer to objects of schema temp, and all other tables to those of main.
    ///
    /// SQLite resolves the names of an object of main in main, and those of an object of schema
    /// temp in temp first, where the application may have its own tables.
    package static func mirrored(_ sql: String, tables: Set<SQLName>) -> String {
        let tokens = Array(SQLTokenizer(sql))
        let sources = Set(TableReferences(in: sql).sources.map(\.range.lowerBound))
        var edits = SQLEdits()
        for (index, token) in tokens.enumerated() {
            if index + 2 < tokens.count, isQualifier(at: index, in: tokens),
                token.isName("main"), let name = tokens[index + 2].name, tables.contains(name)
            {
                edits.replace(token.range, with: "temp")
            } else if sources.contains(token.range.lowerBound), let name = token.name {
                let schema = tables.contains(name) ? "temp" : "main"
                edits.insert("\(schema).", at: token.range.lowerBound)
            }
        }
        return edits.applied(to: sql)
    }

    /// Returns the tables and views that a trigger's statements write, which cannot have a schema
    /// name.
    package static func targets(in sql: String) -> Set<SQLName> {
        Set(TableReferences(in: sql).targets.compactMap(\.name))
    }

    // MARK: Objects of schema temp

    /// `CREATE VIEW [IF NOT EXISTS] [main.]v AS …` as `CREATE TEMP VIEW v AS …`; the body is
    /// unchanged.
    ///
    /// - Parameter name: The view's name in `sqlite_schema`.
    /// - Returns: `nil` for any other text, including one with another statement after it.
    package static func temporaryView(_ sql: String, named name: String) -> String? {
        guard !sql.utf8.contains(0), let head = temporaryHead("VIEW", sql, named: name) else {
            return nil
        }
        return isLastStatement(head.reader) ? head.edits.applied(to: sql) : nil
    }

    /// `CREATE TRIGGER [IF NOT EXISTS] [main.]t INSTEAD OF … ON [main.]v …` as `CREATE TEMP TRIGGER
    /// t INSTEAD OF … ON v …`; the body is unchanged.
    ///
    /// - Parameters:
    ///   - name: The trigger's name in `sqlite_schema`.
    ///   - view: The name of its view.
    /// - Returns: The statement, and the event of the trigger; `nil` for any other text, including
    ///   one with another statement after it.
    package static func temporaryTrigger(
        _ sql: String, named name: String, on view: String
    ) -> (text: String, event: TriggerText.Event)? {
        guard !sql.utf8.contains(0), let trigger = TriggerText(parsing: sql),
            trigger.timing == .insteadOf, trigger.table.isEqualFoldingCase(view),
            var (reader, edits) = temporaryHead("TRIGGER", sql, named: name)
        else { return nil }
        while let token = reader.peek, !token.isKeyword("ON") { reader.next() }
        guard reader.accept(keyword: "ON"), let target = reader.acceptQualifiedName() else {
            return nil
        }
        if let schema = target.schema {
            edits.replace(schema.range.lowerBound..<target.name.range.lowerBound, with: "")
        }
        return (edits.applied(to: sql), trigger.event)
    }

    /// Returns the statement that creates a trigger of schema temp; `sqlite_schema` omits TEMP.
    package static func temporary(_ sql: String) -> String {
        var reader = SQLTokenReader(sql)
        guard reader.accept(keyword: "CREATE") else { return sql }
        let start = reader.lastEnd
        guard reader.accept(keyword: "TRIGGER"), reader.acceptQualifiedName()?.schema == nil else {
            return sql
        }
        var edits = SQLEdits()
        edits.insert(" TEMP", at: start)
        return edits.applied(to: sql)
    }

    /// Reads `CREATE type [IF NOT EXISTS] [main.]name`, and makes it TEMP and unqualified.
    private static func temporaryHead(
        _ type: String, _ sql: String, named name: String
    ) -> (reader: SQLTokenReader, edits: SQLEdits)? {
        var reader = SQLTokenReader(sql)
        var edits = SQLEdits()
        guard reader.accept(keyword: "CREATE"), reader.accept(keyword: type) else { return nil }
        edits.insert("TEMP ", at: reader.lastEnd - type.utf8.count)
        let endOfType = reader.lastEnd
        _ = reader.accept(keywords: "IF", "NOT", "EXISTS")
        guard let object = reader.acceptQualifiedName(), object.name.isName(name),
            object.schema?.isName("main") ?? true
        else { return nil }
        edits.replace(endOfType..<object.name.range.lowerBound, with: " ")
        return (reader, edits)
    }

    /// Returns whether the text is one `CREATE [UNIQUE] INDEX [main.]name ON table …`.
    package static func isIndex(_ sql: String, named name: String, on table: String) -> Bool {
        var reader = SQLTokenReader(sql)
        guard !sql.utf8.contains(0), reader.accept(keyword: "CREATE") else { return false }
        _ = reader.accept(keyword: "UNIQUE")
        guard reader.accept(keyword: "INDEX") else { return false }
        _ = reader.accept(keywords: "IF", "NOT", "EXISTS")
        guard let index = reader.acceptQualifiedName(), index.name.isName(name),
            index.schema?.isName("main") ?? true, reader.accept(keyword: "ON"),
            let target = reader.acceptName(), target.isName(table)
        else { return false }
        return isLastStatement(reader)
    }

    /// Returns whether no statement follows the current one.
    private static func isLastStatement(_ reader: SQLTokenReader) -> Bool {
        var reader = reader
        while let token = reader.peek, !token.isSymbol(";"), token.kind != .illegal {
            reader.next()
        }
        while reader.accept(symbol: ";") {}
        return reader.peek == nil
    }

    // MARK: Mentions

    /// Returns whether the token at `index` names one of the tables.
    static func isMention(of tables: Set<SQLName>, at index: Int, in tokens: [SQLToken]) -> Bool {
        mention(at: index, in: tokens).map(tables.contains) ?? false
    }

    /// Returns the table named by the token at `index`, if it can name one of schema main.
    private static func mention(at index: Int, in tokens: [SQLToken]) -> SQLName? {
        guard let name = tokens[index].name else { return nil }
        if isQualifier(at: index - 2, in: tokens) {
            return tokens[index - 2].isName("main") ? name : nil
        }
        if index > 0, tokens[index - 1].isSymbol(".") { return nil }
        guard tokens[index].kind == .string else { return name }
        guard index > 0, tokens[index - 1].isKeyword(in: ["FROM", "JOIN", "INTO", "UPDATE"]),
            index < 2 || !tokens[index - 2].isKeyword("DISTINCT")
        else { return nil }
        return name
    }

    /// Returns whether the token at `index` is the first part of a qualified name.
    static func isQualifier(at index: Int, in tokens: [SQLToken]) -> Bool {
        guard tokens.indices.contains(index), index + 1 < tokens.count else { return false }
        let isFirst = index == 0 || !tokens[index - 1].isSymbol(".")
        return isFirst && tokens[index].identifierName != nil && tokens[index + 1].isSymbol(".")
    }
}
