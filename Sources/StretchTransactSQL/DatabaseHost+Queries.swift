internal import SQLText
internal import StretchCatalog
internal import StretchCore
internal import StretchEngine
public import StretchSQLite
internal import StretchText
public import TransactSQL

extension DatabaseHost {
    /// Runs a SQLite statement on the whole tables, and passes it to the consumer of its rows.
    public func run(
        _ statement: PlainStatement, variables: [String: TransactSQLValue]
    ) throws {
        let text = try resolving(statement)
        try run(text, variables, consume)
    }

    /// Returns the first value of a query's first row, or NULL without a row.
    public func value(
        of query: String, variables: [String: TransactSQLValue]
    ) throws -> TransactSQLValue {
        var value = TransactSQLValue.null
        try run(query, variables) { prepared in
            guard try prepared.step() else { return }
            value = TransactSQLValue(prepared.column(0))
            prepared.reset()
        }
        return value
    }

    private func run(
        _ text: String, _ variables: [String: TransactSQLValue],
        _ body: (Statement) throws -> Void
    ) throws(TransactSQLError) {
        do throws(StretchError) {
            try catalog?.refresh(for: text, of: database)
            try database.withStatement(text) { prepared in
                try Self.bind(variables, to: prepared)
                try body(prepared)
            }
        } catch {
            var numbers: [StretchError.Code: TransactSQLError.Code] = [
                .remoteUnavailable: .remoteAccess, .disconnected: .remoteAccess,
                .remoteMismatch: .inconsistentRemote, .unsupported: .unsupportedOperation,
            ]
            if error.code == .wrongState { numbers[.wrongState] = try wrongState(for: text) }
            throw TransactSQLError(error, numbers)
        }
    }

    /// Returns the error number for a statement that the state of the database does not allow.
    private func wrongState(for text: String) throws(TransactSQLError) -> TransactSQLError.Code {
        if StatementRewriter.starts(text, with: "DROP") { return .definitionRefused }
        return try isEnabled() ? .queriesDisabled : .databaseNotStretched
    }

    /// Binds the declared variables that a statement names, ignoring case.
    private static func bind(
        _ variables: [String: TransactSQLValue], to statement: Statement
    ) throws {
        guard statement.parameterCount > 0 else { return }
        for index in 1...statement.parameterCount {
            let name = statement.parameterName(index) ?? "?"
            let found = variables.first { $0.key.isEqualFoldingCase(name) }
            guard let found else {
                throw TransactSQLError(
                    .undeclaredVariable, "variable \(name) is not declared",
                    hint: "DECLARE it in the same batch; GO ends the life of all variables.")
            }
            try statement.bind(Value(found.value), at: index)
        }
    }

    // MARK: Hints

    /// Returns the statement's text, in which each table with a hint is replaced by the requested
    /// side.
    private func resolving(_ statement: PlainStatement) throws(TransactSQLError) -> String {
        guard !statement.overrides.isEmpty else { return statement.text }
        try requireOwner(.hintNotPermitted)
        guard !database.isInTransaction else {
            throw TransactSQLError(
                .hintInTransaction,
                "the hint REMOTE_DATA_ARCHIVE_OVERRIDE is not for a transaction",
                at: statement.overrides[0].position, hint: "COMMIT first.")
        }
        var bytes = Array(statement.text.utf8)
        for hint in statement.overrides.reversed() {
            if Self.isTarget(hint, of: bytes) { try requireChangeable(hint) }
            let source = try source(of: hint)
            bytes.replaceSubrange(hint.tableRange, with: Array(source.utf8))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func source(of hint: OverrideHint) throws(TransactSQLError) -> String {
        let side: TableSide =
            switch hint.mode {
            case .localOnly: .hot
            case .remoteOnly: .cold
            case .stageOnly: .staged
            }
        do throws(StretchError) {
            return try database.source(of: hint.table, side, isNamed: hint.hasAlias)
        } catch {
            let isPlain = try !isEnabled()
            var failure = TransactSQLError(
                error,
                [
                    .invalidArgument: .tableNotStretched,
                    .wrongState: isPlain ? .tableNotStretched : .noStaging,
                ])
            failure.position = hint.position
            throw failure
        }
    }

    /// Returns whether the table of a hint is the target of an UPDATE or DELETE.
    ///
    /// It is recognized by the words before it: `UPDATE`, `UPDATE OR IGNORE`, `DELETE FROM`.
    private static func isTarget(_ hint: OverrideHint, of text: [UInt8]) -> Bool {
        let head = String(decoding: text[..<hint.tableRange.lowerBound], as: UTF8.self)
        let words = Array(SQLTokenizer(head)).suffix(3)
        guard let last = words.last else { return false }
        if last.isKeyword("UPDATE") { return true }
        let before = words.dropLast()
        if last.isKeyword("FROM") { return before.last?.isKeyword("DELETE") ?? false }
        return before.last?.isKeyword("OR") ?? false && before.first?.isKeyword("UPDATE") ?? false
    }

    /// Throws unless a statement may change the table of a hint.
    private func requireChangeable(_ hint: OverrideHint) throws(TransactSQLError) {
        guard hint.mode != .stageOnly else {
            throw TransactSQLError(
                .unsupportedOperation,
                "staged rows of table \"\(hint.table)\" are never changed", at: hint.position,
                hint: "They are the remote's safety copy, and leave by themselves when the RPO "
                    + "duration is over.")
        }
        guard hint.mode == .localOnly else {
            throw TransactSQLError(
                .unsupportedOperation,
                "cold rows of table \"\(hint.table)\" are never changed in place",
                at: hint.position,
                hint: "Leave the hint out: the statement then changes hot and cold rows; cold ones "
                    + "alone with a condition: key NOT IN (SELECT key FROM main.\(hint.table)).")
        }
        let table = try requireTable(hint.table)
        guard table.migrationState.isPaused else {
            throw TransactSQLError(
                .hintNotPaused, "table \"\(table.name)\" is not paused", at: hint.position,
                hint: """
                    ALTER TABLE \(table.name) SET (REMOTE_DATA_ARCHIVE (MIGRATION_STATE = PAUSED)).
                    """)
        }
    }
}

extension Value {
    /// Creates a SQLite value from a Transact-SQL value.
    ///
    /// A decimal number without a fraction becomes an INTEGER, any other a REAL. A date and time
    /// becomes text in the format of SQLite's date functions.
    public init(_ value: TransactSQLValue) {
        switch value {
        case .null: self = .null
        case .integer(let number): self = .integer(number)
        case .decimal(let number):
            let text = number.description
            self = Int64(text).map { .integer($0) } ?? .real(Double(text) ?? 0)
        case .float(let number): self = .real(number)
        case .text(let text): self = .text(text)
        case .dateTime(let time): self = .text(time.description)
        case .binary(let bytes): self = .blob(bytes)
        }
    }
}

extension TransactSQLValue {
    /// Creates a value from a SQLite value; text that is not valid UTF-8 becomes bytes.
    init(_ value: Value) {
        switch value {
        case .null: self = .null
        case .integer(let number): self = .integer(number)
        case .real(let number): self = .float(number)
        case .text(let text): self = text.string.map { .text($0) } ?? .binary(text.bytes)
        case .blob(let bytes): self = .binary(bytes)
        }
    }
}
