internal import SQLText
internal import StretchCatalog
public import StretchCore
internal import StretchEndpoint
internal import StretchOverlay
// Exports the types of arguments and results.
@_exported public import StretchRows
public import StretchSQLite
internal import StretchSchema

extension StretchDatabase {
    /// Prepares one statement of the application.
    ///
    /// Table names refer to whole tables, hot and cold. Features that SQLite supports only for
    /// ordinary tables, such as UPSERT, RETURNING and defaults, are applied to the hot table.
    ///
    /// The statement keeps the database open as long as it exists.
    ///
    /// - Throws: `statementFailed` with SQLite's message; `unsupported` for a statement that would
    ///   lose rows or hide cold ones.
    public func prepare(_ sql: String) throws(StretchError) -> Statement {
        try perform {
            _ = try needsRewriting(sql)
            let rewritten = try rewriter.rewrite(sql)
            guard !rewritten.isAlteration, !StatementRewriter.starts(sql, with: "VACUUM")
            else {
                throw StretchError(
                    .unsupported,
                    "VACUUM and ALTER TABLE of a stretch-enabled table cannot be prepared here",
                    hint: "Run it with execute(_:), which removes the overlay temporarily.")
            }
            var tail = 0
            let prepared = try overlay.preparing(sql) {
                try connection.prepareFirst(rewritten.sql, tail: &tail)
            }
            guard let statement = prepared else {
                throw StretchError(
                    .statementFailed, "the text holds no statement", hint: "Give one statement.")
            }
            statement.owner = self
            let result = repeating(statement, rewritten.kind)
            if !overlay.isEmpty, !statement.isReadOnly {
                result.enclosure = CurrentOverlay(overlay, sql, within: result.enclosure)
            }
            return result
        }
    }

    /// Makes a statement run again after rows that it needs have become hot, and undo its changes
    /// if a scan fails.
    private func repeating(
        _ statement: Statement, _ kind: RewrittenStatement.Kind
    ) -> Statement {
        statement.recovery = recovery
        // SQLite itself takes back what a statement did to an overlay, or in main to its table.
        if kind == .unchanged, overlay.hasPlannedScan, !statement.isReadOnly {
            statement.enclosure = StatementSavepoint(connection)
        }
        if case .change(let table) = kind {
            statement.enclosure = GatheringEnclosure(
                overlay, table: table,
                isDeletion: StatementRewriter.starts(statement.sql, with: "DELETE"))
        }
        if overlay.mayReplaceRows, !statement.isReadOnly {
            statement.enclosure = ReplacingStatement(overlay, within: statement.enclosure)
        }
        #if DEBUG
            statement.didEnd = endCheck
        #endif
        return statement
    }

    // MARK: Queries

    /// Runs one statement and returns all its rows.
    ///
    /// - Parameter values: One value for each parameter.
    /// - Throws: `invalidArgument` for too few or too many values; `statementFailed`; the errors of
    ///   the remote.
    public func query(_ sql: String, _ values: Value...) throws(StretchError) -> QueryResult {
        try query(sql, arguments: StatementArguments(values))
    }

    /// Runs one statement with values in the order of its parameters, and returns its rows.
    ///
    /// - Throws: As ``query(_:arguments:)``.
    public func query(_ sql: String, _ values: [Value]) throws(StretchError) -> QueryResult {
        try query(sql, arguments: StatementArguments(values))
    }

    /// Runs one statement with values for its named parameters, and returns its rows.
    ///
    /// - Parameter values: The values by name; `day` matches `:day`, `@day` and `$day`.
    /// - Throws: As ``query(_:arguments:)``.
    public func query(
        _ sql: String, _ values: [String: Value]
    ) throws(StretchError) -> QueryResult {
        try query(sql, arguments: StatementArguments(values))
    }

    /// Runs one statement with values of either kind, and returns all its rows.
    ///
    /// - Throws: `invalidArgument` if a parameter has no value, or a value has no parameter;
    ///   `statementFailed`; the errors of the remote.
    public func query(_ sql: String, arguments: StatementArguments) throws(StretchError)
        -> QueryResult
    {
        var result: QueryResult?
        try perform {
            try run(sql) { statement in
                try statement.bind(arguments: arguments)
                var rows: [[Value]] = []
                while try statement.step() {
                    rows.append((0..<statement.columnCount).map { statement.column($0) })
                }
                let columns = (0..<statement.columnCount).map { statement.columnName($0) }
                result = QueryResult(columns: columns, rows: rows)
            }
        }
        guard let result else {
            throw StretchError(
                .statementFailed, "the text holds no statement", hint: "Give one statement.")
        }
        return result
    }

    /// Runs one statement with values, or every statement of a script without values; rows are
    /// discarded.
    ///
    /// - Throws: As ``query(_:arguments:)``.
    public func execute(_ sql: String, _ values: Value...) throws(StretchError) {
        try execute(sql, arguments: StatementArguments(values))
    }

    /// Runs one statement with values in the order of its parameters; its rows are discarded.
    ///
    /// - Throws: As ``query(_:arguments:)``.
    public func execute(_ sql: String, _ values: [Value]) throws(StretchError) {
        try execute(sql, arguments: StatementArguments(values))
    }

    /// Runs one statement with values by the names of its parameters; its rows are discarded.
    ///
    /// - Parameter values: The values by name; `day` matches `:day`, `@day` and `$day`.
    /// - Throws: As ``query(_:arguments:)``.
    public func execute(_ sql: String, _ values: [String: Value]) throws(StretchError) {
        try execute(sql, arguments: StatementArguments(values))
    }

    /// Runs one statement with values of either kind; its rows are discarded.
    ///
    /// Each statement of a script receives all values.
    ///
    /// - Throws: As ``query(_:arguments:)``.
    public func execute(_ sql: String, arguments: StatementArguments) throws(StretchError) {
        try forEachStatement(sql) { statement in
            try statement.bind(arguments: arguments)
            try statement.run()
        }
    }

    /// Prepares the statements of a script one by one, each after the previous statements have run.
    ///
    /// - Parameter body: Runs the statement; an error ends the script.
    public func forEachStatement(
        _ script: String, _ body: (Statement) throws -> Void
    ) throws(StretchError) {
        for statement in StatementSplitter(script) {
            try perform { try run(statement, body) }
        }
    }

    /// Prepares the first statement of a text, if any; the rest is ignored.
    package func withStatement(
        _ sql: String, _ body: (Statement) throws -> Void
    ) throws(StretchError) {
        try perform { try run(sql, body) }
    }

    private func run(_ sql: String, _ body: (Statement) throws -> Void) throws {
        guard try needsRewriting(sql) else {
            return try run(RewrittenStatement(sql: sql, kind: .unchanged), body)
        }
        guard !StatementRewriter.starts(sql, with: "VACUUM") else {
            // VACUUM resolves names as statements do, and would index the overlay.
            return try overlay.withoutTables { try body(connection.prepare(sql)) }
        }
        let rewritten = try rewriter.rewrite(sql)
        guard !rewritten.isAlteration else {
            // ALTER parses every index of main again, and would find the overlay under its table's
            // name.
            return try overlay.withoutTables { try run(rewritten, body) }
        }
        try run(rewritten, body)
    }

    private func run(_ rewritten: RewrittenStatement, _ body: (Statement) throws -> Void) throws {
        var tail = 0
        // White space and comments alone are not a statement.
        func prepare() throws -> Statement? {
            try connection.prepareFirst(rewritten.sql, tail: &tail)
        }
        // Without stretch-enabled tables, nothing is planned or recalled.
        let isPlain = overlay.isEmpty
        guard let statement = try isPlain ? prepare() : overlay.preparing(rewritten.sql, prepare)
        else { return }
        try body(isPlain ? statement : repeating(statement, rewritten.kind))
        try didRun(rewritten.kind)
        let changesSchema = ["CREATE", "DROP"].contains {
            StatementRewriter.starts(rewritten.sql, with: $0)
        }
        // For statements that are prepared already; the next one repeats an error.
        if !isPlain, changesSchema { try? overlay.synchronize() }
    }

    /// Brings the overlay up to date, and returns whether a statement must be rewritten.
    private func needsRewriting(_ sql: String) throws -> Bool {
        do {
            try overlay.lock(for: sql)
            try overlay.synchronize()
        } catch {
            // A transaction can be ended whatever the state of a table.
            guard StatementRewriter.endsTransaction(sql) else { throw error }
        }
        return !overlay.isEmpty
    }

    private var rewriter: StatementRewriter {
        StatementRewriter(
            tables: overlay.tableNames, views: overlay.viewNames, triggers: overlay.triggerNames)
    }

    /// Records a change of a stretch-enabled table's columns in the catalog while its nature is
    /// known.
    private func didRun(_ kind: RewrittenStatement.Kind) throws {
        switch kind {
        case .schemaChange(let table, let change):
            switch change {
            case .renameColumn(let from, let to):
                try reconcile(table, [.renamed(from: from, to: to)])
            case .dropColumn(let name):
                try reconcile(table, [.replaced(name)])
            default: try reconcile(table, [])
            }
            overlay.invalidate()
        case .createView, .dropView, .dropTrigger, .analyze: overlay.invalidate()
        case .unchanged, .insert, .change, .pragma: break
        }
    }

    private func reconcile(_ name: String, _ hints: [ColumnHint]) throws {
        guard let table = try catalog.table(named: name) else { return }
        try reconciler().reconcile(table.id, hints: hints)
    }

    /// Whether a transaction of the application is open.
    public var isInTransaction: Bool { connection.isInTransaction }

    /// The number of round trips to the remote for statements of this database.
    public var roundTripCount: Int { overlay.roundTripCount }

    /// The number of cold rows fetched for statements of this database.
    package var fetchedRowCount: Int { overlay.fetchedRowCount }

    /// The number of hot and cold rows changed by the last INSERT, UPDATE or DELETE.
    public var changeCount: Int64 { connection.changeCount }

    /// The rowid of the last INSERT on this connection.
    public var lastInsertRowID: Int64 { connection.lastInsertRowID }

    /// An interrupter, which stops a running statement from any thread or task.
    public var interrupter: DatabaseInterrupter {
        DatabaseInterrupter(connection: connection.interrupter, remote: overlay.remoteInterrupter)
    }
}

extension RewrittenStatement {
    /// Whether the statement is an ALTER TABLE of a stretch-enabled table.
    fileprivate var isAlteration: Bool {
        guard case .schemaChange(_, let change) = kind else { return false }
        switch change {
        case .createIndex, .createTrigger: return false
        default: return true
        }
    }
}
