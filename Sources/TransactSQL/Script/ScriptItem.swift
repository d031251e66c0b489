/// A piece of a script; the pieces in their order are the whole script, byte for byte.
public struct ScriptItem: Sendable {
    /// What the piece is.
    public enum Kind: Sendable {
        /// White space, comments and semicolons.
        case blank
        /// A statement of SQLite's.
        case plain(PlainStatement)
        /// A statement of Transact-SQL.
        case statement(TransactSQLStatement)
        /// A statement that is wrong, or refused; nothing of it may run.
        case failure(TransactSQLError)
        /// `GO`: the batch ends, and runs this many times in all.
        case batchEnd(count: Int)
    }

    /// What the piece is.
    public let kind: Kind
    /// The piece in UTF-8 bytes of the script, with the white space before it; never empty.
    public let range: Range<Int>
    /// Where its first word stands.
    public let position: SourcePosition
}

/// A statement that SQLite runs.
public struct PlainStatement: Equatable, Sendable {
    /// Its text, unchanged, but for override hints, in whose place stand spaces.
    public let text: String
    /// The hints that were taken out, in their order.
    public let overrides: [OverrideHint]
    /// The variable of `SELECT @name = …`, which SQLite takes for a comparison, or `nil`.
    public let assignedVariable: String?
}

/// `WITH (REMOTE_DATA_ARCHIVE_OVERRIDE = …)` at a table of a statement.
public struct OverrideHint: Equatable, Sendable {
    /// Which rows the statement sees.
    public enum Mode: String, Equatable, Sendable, CaseIterable {
        /// The rows of the local table.
        case localOnly = "LOCAL_ONLY"
        /// The rows of the remote table.
        case remoteOnly = "REMOTE_ONLY"
        /// The rows of the staging table.
        case stageOnly = "STAGE_ONLY"
    }

    /// The table that the hint stands at, without its schema and its alias.
    public let table: String
    /// The UTF-8 bytes of ``PlainStatement/text`` that name the table, its schema included.
    public let tableRange: Range<Int>
    /// Whether an alias stands between the table and the hint.
    public let hasAlias: Bool
    /// Which rows of the table the statement sees.
    public let mode: Mode
    /// Where its `WITH` stands.
    public let position: SourcePosition
}
