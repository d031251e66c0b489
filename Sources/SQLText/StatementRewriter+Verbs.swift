internal import StretchCore
package import StretchText

/// A name in a statement, with or without its schema.
private typealias QualifiedName = (schema: SQLToken?, name: SQLToken)

/// A stretch-enabled table or a copied view, as named in a statement.
private struct Target {
    /// The name without its quotes, in the statement's own case.
    let name: String
    let qualifiedName: QualifiedName
    /// Whether the statement names `main.` and thus the local table itself.
    let isMain: Bool

    /// Creates the target with a name, or `nil` for other objects and other schemas.
    init?(_ qualifiedName: QualifiedName?, in names: Set<SQLName>) {
        guard let qualifiedName, let name = qualifiedName.name.identifierName,
            names.contains(SQLName(name))
        else { return nil }
        isMain = qualifiedName.schema?.isName("main") ?? false
        guard isMain || qualifiedName.schema?.isName("temp") ?? true else { return nil }
        self.name = name
        self.qualifiedName = qualifiedName
    }

    /// Returns the text with the target's name in schema main.
    func native(_ sql: String) -> String {
        guard !isMain else { return sql }
        var edits = SQLEdits()
        if let schema = qualifiedName.schema {
            edits.replace(schema.range, with: "main")
        } else {
            edits.insert("main.", at: qualifiedName.name.range.lowerBound)
        }
        return edits.applied(to: sql)
    }
}

// MARK: - Rows

extension StatementRewriter {
    /// Rewrites `[OR x] INTO [schema.]t`, after INSERT or REPLACE.
    func rewriteInsert(
        _ sql: String, _ verb: SQLToken, _ reader: SQLTokenReader
    ) -> RewrittenStatement {
        var reader = reader
        if verb.isKeyword("INSERT"), reader.accept(keyword: "OR") { reader.next() }
        guard reader.accept(keyword: "INTO"),
            let target = Target(reader.acceptQualifiedName(), in: tables)
        else { return RewrittenStatement(sql: sql, kind: .unchanged) }
        return RewrittenStatement(sql: target.native(sql), kind: .insert(table: target.name))
    }

    /// Checks `[OR x] [schema.]t …` after UPDATE, or `FROM [schema.]t …` after DELETE.
    ///
    /// - Throws: Code `unsupported` for RETURNING on an overlay.
    func refuseReturning(
        _ sql: String, _ verb: SQLToken, _ reader: SQLTokenReader
    ) throws(StretchError) -> RewrittenStatement {
        let unchanged = RewrittenStatement(sql: sql, kind: .unchanged)
        var reader = reader
        if verb.isKeyword("UPDATE") {
            if reader.accept(keyword: "OR") { reader.next() }
        } else {
            guard reader.accept(keyword: "FROM") else { return unchanged }
        }
        guard let target = Target(reader.acceptQualifiedName(), in: tables), !target.isMain
        else { return unchanged }
        var depth = 0
        while let token = reader.next(), depth > 0 || !token.isSymbol(";") {
            if token.isSymbol("(") { depth += 1 }
            if token.isSymbol(")") { depth -= 1 }
            guard depth == 0, token.isKeyword("RETURNING") else { continue }
            throw StretchError(
                .unsupported,
                "table \"\(target.name)\": SQLite has no \(verb.text.uppercasedASCII) … RETURNING "
                    + "on a virtual table, which a stretch-enabled table is",
                hint: "Leave RETURNING out; SELECT the rows first, in the same transaction.")
        }
        return RewrittenStatement(sql: sql, kind: .change(table: target.name))
    }
}

// MARK: - Locks

extension StatementRewriter {
    /// Returns the table, in schema main or unqualified, that the first statement of a text writes.
    ///
    /// `nil` for any other statement.
    package static func writtenTable(of sql: String) -> SQLName? {
        var reader = SQLTokenReader(sql)
        guard let verb = acceptVerb(&reader) else { return nil }
        switch verb.text.foldingCase {
        case "insert", "update": if reader.accept(keyword: "OR") { reader.next() }
        case "replace", "delete": break
        default: return nil
        }
        guard
            verb.isKeyword("UPDATE") || reader.accept(keyword: "INTO")
                || reader.accept(keyword: "FROM"),
            let table = reader.acceptQualifiedName(), table.schema?.isName("main") ?? true
        else { return nil }
        return table.name.identifierName.map { SQLName($0) }
    }
}

// MARK: - Definitions

extension StatementRewriter {
    /// Rewrites CREATE INDEX, TRIGGER, and VIEW, unless TEMP.
    func rewriteCreate(_ sql: String, _ reader: SQLTokenReader) -> RewrittenStatement {
        var reader = reader
        if reader.accept(keyword: "VIEW") { return RewrittenStatement(sql: sql, kind: .createView) }
        if reader.accept(keyword: "TRIGGER") { return rewriteCreateTrigger(sql, reader) }
        _ = reader.accept(keyword: "UNIQUE")
        guard reader.accept(keyword: "INDEX") else {
            return RewrittenStatement(sql: sql, kind: .unchanged)
        }
        _ = reader.accept(keywords: "IF", "NOT", "EXISTS")
        guard let index = reader.acceptQualifiedName(), reader.accept(keyword: "ON"),
            let table = reader.acceptName(), let target = Target((nil, table), in: tables)
        else { return RewrittenStatement(sql: sql, kind: .unchanged) }
        return createInMain(index, .createIndex, on: target, sql)
    }

    private func rewriteCreateTrigger(_ sql: String, _ reader: SQLTokenReader) -> RewrittenStatement
    {
        var reader = reader
        let unchanged = RewrittenStatement(sql: sql, kind: .unchanged)
        _ = reader.accept(keywords: "IF", "NOT", "EXISTS")
        guard let trigger = reader.acceptQualifiedName() else { return unchanged }
        // Only the timing, the event, and column names occur between the name and ON.
        while let token = reader.peek, !token.isKeyword("ON"), !token.isSymbol(";") {
            reader.next()
        }
        guard reader.accept(keyword: "ON"),
            let target = Target(reader.acceptQualifiedName(), in: tables.union(views))
        else { return unchanged }
        if target.isMain, trigger.schema == nil {
            let kind = RewrittenStatement.Kind.schemaChange(table: target.name, .createTrigger)
            return RewrittenStatement(sql: sql, kind: kind)
        }
        // "ON temp.t" means a TEMP trigger, which SQLite refuses on a virtual table.
        guard target.isMain || target.qualifiedName.schema == nil else { return unchanged }
        return createInMain(trigger, .createTrigger, on: target, sql)
    }

    /// Creates an unqualified object in main, and leaves one of another schema unchanged.
    private func createInMain(
        _ object: (schema: SQLToken?, name: SQLToken), _ change: SchemaChange, on target: Target,
        _ sql: String
    ) -> RewrittenStatement {
        var edits = SQLEdits()
        if let schema = object.schema {
            guard schema.isName("main") else {
                return RewrittenStatement(sql: sql, kind: .unchanged)
            }
        } else {
            edits.insert("main.", at: object.name.range.lowerBound)
        }
        let kind = RewrittenStatement.Kind.schemaChange(table: target.name, change)
        return RewrittenStatement(sql: edits.applied(to: sql), kind: kind)
    }

    /// Rewrites `TABLE [schema.]t …` after ALTER.
    ///
    /// - Throws: Code `unsupported` for RENAME TO.
    func rewriteAlter(
        _ sql: String, _ reader: SQLTokenReader
    ) throws(StretchError) -> RewrittenStatement {
        var reader = reader
        guard reader.accept(keyword: "TABLE"),
            let target = Target(reader.acceptQualifiedName(), in: tables)
        else { return RewrittenStatement(sql: sql, kind: .unchanged) }
        let change = Self.parseAlteration(&reader)
        if case .renameTable(let newName) = change {
            throw StretchError(
                .unsupported,
                "table \"\(target.name)\": a stretch-enabled table cannot be renamed "
                    + "to \"\(newName)\"",
                hint: Self.disableHint(target.name, "rename the table, and enable it again"))
        }
        let kind = RewrittenStatement.Kind.schemaChange(table: target.name, change)
        return RewrittenStatement(sql: target.native(sql), kind: kind)
    }

    /// Parses the rest of `ALTER TABLE t`: <https://sqlite.org/lang_altertable.html>.
    private static func parseAlteration(_ reader: inout SQLTokenReader) -> SchemaChange {
        if reader.accept(keywords: "RENAME", "TO") {
            return reader.acceptName().flatMap(\.identifierName).map { .renameTable(to: $0) }
                ?? .other
        }
        if reader.accept(keyword: "RENAME") {
            guard let from = acceptColumn(&reader), reader.accept(keyword: "TO"),
                let to = reader.acceptName()?.identifierName
            else { return .other }
            return .renameColumn(from: from, to: to)
        }
        let isAddition = reader.accept(keyword: "ADD")
        guard isAddition || reader.accept(keyword: "DROP"), let name = acceptColumn(&reader)
        else { return .other }
        return isAddition ? .addColumn(name: name) : .dropColumn(name: name)
    }

    /// Accepts `[COLUMN] name`; a column may itself be called "column".
    private static func acceptColumn(_ reader: inout SQLTokenReader) -> String? {
        let bookmark = reader
        let isMarked = reader.accept(keyword: "COLUMN")
        let isColumn = !(reader.peek?.isKeyword(in: ["TO", "CONSTRAINT", "CHECK"]) ?? true)
        if isColumn, let name = reader.acceptName()?.identifierName { return name }
        guard isMarked else { return nil }
        reader = bookmark
        return reader.acceptName()?.identifierName
    }

    /// Rewrites `[schema.]t` after ANALYZE or REINDEX, which do nothing to a virtual table.
    func nativeTarget(_ sql: String, _ reader: SQLTokenReader) -> String {
        var reader = reader
        return Target(reader.acceptQualifiedName(), in: tables)?.native(sql) ?? sql
    }

    /// Rewrites `TABLE`, `VIEW` and `TRIGGER` after DROP.
    ///
    /// - Throws: Code `wrongState` for a stretch-enabled table, or a trigger of the overlay.
    func rewriteDrop(
        _ sql: String, _ reader: SQLTokenReader
    ) throws(StretchError) -> RewrittenStatement {
        var reader = reader
        if reader.accept(keyword: "TRIGGER") { return try rewriteDropTrigger(sql, reader) }
        let isView = reader.accept(keyword: "VIEW")
        guard isView || reader.accept(keyword: "TABLE") else {
            return RewrittenStatement(sql: sql, kind: .unchanged)
        }
        _ = reader.accept(keywords: "IF", "EXISTS")
        let name = reader.acceptQualifiedName()
        if isView {
            let text = Target(name, in: views)?.native(sql) ?? sql
            return RewrittenStatement(sql: text, kind: .dropView)
        }
        guard let target = Target(name, in: tables) else {
            return RewrittenStatement(sql: sql, kind: .unchanged)
        }
        throw StretchError(
            .wrongState,
            "table \"\(target.name)\": a stretch-enabled table cannot be dropped",
            hint: Self.disableHint(target.name, "drop the table"))
    }

    private func rewriteDropTrigger(
        _ sql: String, _ reader: SQLTokenReader
    ) throws(StretchError) -> RewrittenStatement {
        var reader = reader
        _ = reader.accept(keywords: "IF", "EXISTS")
        let kind = RewrittenStatement.Kind.dropTrigger
        guard !tables.isEmpty, let name = reader.acceptQualifiedName(),
            let trigger = name.name.identifierName
        else { return RewrittenStatement(sql: sql, kind: kind) }
        guard triggers.contains(SQLName(trigger)), !(name.schema?.isName("main") ?? false) else {
            return RewrittenStatement(sql: sql, kind: kind)
        }
        guard name.schema == nil else {
            throw StretchError(
                .wrongState,
                "trigger \"\(trigger)\" belongs to the overlay of a "
                    + "stretch-enabled table",
                hint: "Drop the trigger of the same name in schema main, if there is one.")
        }
        var edits = SQLEdits()
        edits.insert("main.", at: name.name.range.lowerBound)
        return RewrittenStatement(sql: edits.applied(to: sql), kind: kind)
    }

    private static func disableHint(_ table: String, _ rest: String) -> StretchError.Hint {
        "Disable Stretch for the table first: \(advice: .bringBackTable(table)); "
            + "then \(rest)."
    }
}

// MARK: - Pragmas

extension StatementRewriter {
    /// Rewrites `[schema.]name [= value | (value)]` after PRAGMA.
    ///
    /// - Throws: Code `unsupported` for a pragma that would drop every TEMP object.
    func rewritePragma(
        _ sql: String, _ reader: SQLTokenReader
    ) throws(StretchError) -> RewrittenStatement {
        var reader = reader
        let unchanged = RewrittenStatement(sql: sql, kind: .pragma)
        guard let (schema, name) = reader.acceptQualifiedName(),
            reader.accept(symbol: "=") || reader.accept(symbol: "(")
        else { return unchanged }
        if !tables.isEmpty, name.isName("temp_store") || name.isName("temp_store_directory") {
            throw StretchError(
                .unsupported,
                "PRAGMA \(name.text): it would drop every TEMP object, "
                    + "the overlay of the stretch-enabled tables among them",
                hint: "Leave the pragma out, or set it before Stretch attaches to the connection.")
        }
        guard schema == nil, Self.pragmasOfTables.contains(where: name.isName),
            Target(reader.acceptName().map { (nil, $0) }, in: tables) != nil
        else { return unchanged }
        var edits = SQLEdits()
        edits.insert("main.", at: name.range.lowerBound)
        return RewrittenStatement(sql: edits.applied(to: sql), kind: .pragma)
    }

    /// The pragmas with a table argument whose result for a virtual table differs from the table's.
    static let pragmasOfTables = [
        "table_info", "table_xinfo", "index_list", "foreign_key_list", "foreign_key_check",
    ]
}
