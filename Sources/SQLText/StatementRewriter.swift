package import StretchCore
package import StretchText

/// Rewrites a statement of the application so that native operations use schema main.
///
/// A stretch-enabled table's unqualified name means its overlay in schema temp. SQLite does not
/// support column defaults, UPSERT, generated keys or schema changes on virtual tables, so the
/// targets of such statements are qualified with `main.`; the rest of the text is unchanged. Only
/// the first statement of the text is processed. Text that cannot be parsed is unchanged, so that
/// SQLite reports its own error. Rewriting a result again has no effect.
package struct StatementRewriter: Sendable {
    let tables: Set<SQLName>
    let views: Set<SQLName>
    let triggers: Set<SQLName>

    /// Creates a rewriter.
    ///
    /// - Parameters:
    ///   - tables: The stretch-enabled tables.
    ///   - views: The views of schema main that have a copy in schema temp.
    ///   - triggers: The overlay's triggers, including the copies of those of such views.
    package init(
        tables: Set<SQLName>, views: Set<SQLName> = [], triggers: Set<SQLName> = []
    ) {
        self.tables = tables
        self.views = views
        self.triggers = triggers
    }

    /// Rewrites the first statement of `statement`.
    ///
    /// - Throws: ``StretchError`` with code `unsupported` or `wrongState` for a statement that
    ///   would lose rows or the overlay, or that SQLite does not support on a virtual table; the
    ///   hint states an alternative.
    package func rewrite(_ statement: String) throws(StretchError) -> RewrittenStatement {
        let result = try rewriteTarget(statement)
        // The text of a view or a trigger is unchanged.
        if case .createView = result.kind { return result }
        if case .schemaChange = result.kind { return result }
        return RewrittenStatement(sql: qualifyingPragmaFunctions(result.sql), kind: result.kind)
    }

    private func rewriteTarget(
        _ statement: String
    ) throws(StretchError) -> RewrittenStatement {
        let unchanged = RewrittenStatement(sql: statement, kind: .unchanged)
        guard !Self.startsWithPassingVerb(statement) else { return unchanged }
        var reader = SQLTokenReader(statement)
        guard let verb = Self.acceptVerb(&reader) else { return unchanged }
        switch verb.text.foldingCase {
        case "insert", "replace": return rewriteInsert(statement, verb, reader)
        case "update": return try refuseReturning(statement, verb, reader)
        case "delete": return try refuseReturning(statement, verb, reader)
        case "create": return rewriteCreate(statement, reader)
        case "alter": return try rewriteAlter(statement, reader)
        case "drop": return try rewriteDrop(statement, reader)
        case "pragma": return try rewritePragma(statement, reader)
        case "analyze":
            let text = nativeTarget(statement, reader)
            return RewrittenStatement(sql: text, kind: .analyze)
        case "reindex":
            return RewrittenStatement(sql: nativeTarget(statement, reader), kind: .unchanged)
        default: return unchanged
        }
    }

    /// Returns the first keyword of the first statement in upper case, after EXPLAIN and WITH
    /// clauses.
    ///
    /// `nil` if the text contains no statement.
    package static func firstKeyword(of sql: String) -> String? {
        var reader = SQLTokenReader(sql)
        guard let verb = acceptVerb(&reader) else { return nil }
        return verb.text.uppercasedASCII
    }

    /// Returns whether the first keyword is one of these.
    package static func starts(_ sql: String, with keywords: String...) -> Bool {
        var reader = SQLTokenReader(sql)
        return acceptVerb(&reader)?.isKeyword(in: keywords) ?? false
    }

    /// Returns whether a statement ends a transaction or a savepoint.
    package static func endsTransaction(_ sql: String) -> Bool {
        starts(sql, with: "COMMIT", "END", "ROLLBACK", "RELEASE")
    }

    // MARK: Finding the verb

    /// Returns whether the text starts with a keyword of a statement that is never rewritten.
    ///
    /// Only the first bytes are read, without tokenizing.
    private static func startsWithPassingVerb(_ sql: String) -> Bool {
        var letters: UInt64 = 0
        var letterCount = 0
        for byte in sql.utf8 {
            if SQLTokenizer.isIdentifierByte(byte) {
                guard letterCount < 8 else { return false }
                letters = letters << 8 | UInt64(SQLToken.folded(byte))
                letterCount += 1
            } else if letterCount > 0 {
                break
            } else if ![0x09, 0x0A, 0x0D, 0x20].contains(byte) {
                return false
            }
        }
        return passingVerbs.contains(letters)
    }

    private static let passingVerbs: Set<UInt64> = Set(
        ["select", "values", "begin", "commit", "end", "rollback", "release"].map { verb in
            verb.utf8.reduce(0) { $0 << 8 | UInt64($1) }
        })

    /// Consumes the first keyword after empty statements, EXPLAIN [QUERY PLAN], and WITH clauses.
    static func acceptVerb(_ reader: inout SQLTokenReader) -> SQLToken? {
        while reader.accept(symbol: ";") {}
        if reader.accept(keyword: "EXPLAIN") { _ = reader.accept(keywords: "QUERY", "PLAN") }
        if reader.accept(keyword: "WITH") {
            _ = reader.accept(keyword: "RECURSIVE")
            repeat {
                guard reader.acceptName() != nil else { return nil }
                _ = reader.acceptGroup()
                guard reader.accept(keyword: "AS") else { return nil }
                _ = reader.accept(keyword: "NOT")
                _ = reader.accept(keyword: "MATERIALIZED")
                guard reader.acceptGroup() else { return nil }
            } while reader.accept(symbol: ",")
        }
        guard reader.peek?.kind == .word else { return nil }
        return reader.next()
    }
}
