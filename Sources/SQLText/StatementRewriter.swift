package import StretchCore
package import StretchText

/// Rewrites a statement of the application so that what must run natively goes to schema main.
///
/// A stretch-enabled table's bare name means its overlay in schema temp. SQLite gives a virtual
/// table no column defaults, no UPSERT, no generated keys and no schema changes, so the targets of
/// such statements are qualified with `main.`; nothing else in the text changes. Only the first
/// statement of the text is looked at. Text that is not understood stays as it is, so that SQLite
/// reports its own error. Rewriting a result again changes nothing.
package struct StatementRewriter: Sendable {
    let tables: Set<SQLName>
    let views: Set<SQLName>
    let triggers: Set<SQLName>

    /// Makes a rewriter.
    ///
    /// - Parameters:
    ///   - tables: The stretch-enabled tables.
    ///   - views: The views of schema main that have a mirror in schema temp.
    ///   - triggers: The overlay's triggers, the copies of those of such views among them.
    package init(
        tables: Set<SQLName>, views: Set<SQLName> = [], triggers: Set<SQLName> = []
    ) {
        self.tables = tables
        self.views = views
        self.triggers = triggers
    }

    /// Rewrites the first statement of `statement`.
    ///
    /// - Throws: ``StretchError`` with code `unsupported` or `wrongState` for what would lose rows
    ///   or the overlay, or what SQLite cannot do on a virtual table; the hint says what to do.
    package func rewrite(_ statement: String) throws(StretchError) -> RewrittenStatement {
        let result = try rewriteTarget(statement)
        // What a view or a trigger says is kept as it is.
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

    /// The first keyword of the first statement in upper case, past EXPLAIN and WITH clauses, or
    /// `nil` when the text holds no statement.
    package static func firstKeyword(of sql: String) -> String? {
        var reader = SQLTokenReader(sql)
        guard let verb = acceptVerb(&reader) else { return nil }
        return verb.text.uppercasedASCII
    }

    /// Whether the first keyword is one of these.
    package static func starts(_ sql: String, with keywords: String...) -> Bool {
        var reader = SQLTokenReader(sql)
        return acceptVerb(&reader)?.isKeyword(in: keywords) ?? false
    }

    /// Whether a statement ends a transaction or a savepoint.
    package static func endsTransaction(_ sql: String) -> Bool {
        starts(sql, with: "COMMIT", "END", "ROLLBACK", "RELEASE")
    }

    // MARK: Finding the verb

    /// Whether the text starts with a keyword after which nothing is ever rewritten, decided from
    /// its first bytes, without tokens.
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

    /// Takes the first keyword past empty statements, EXPLAIN [QUERY PLAN], and WITH clauses.
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
