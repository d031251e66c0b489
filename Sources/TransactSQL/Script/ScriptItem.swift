/// A piece of a script; the pieces in order form the whole script, byte for byte.
public struct ScriptItem: Sendable {
    /// The kind of the piece.
    public enum Kind: Sendable {
        /// White space, comments and semicolons.
        case blank
        /// A SQLite statement.
        case plain(PlainStatement)
        /// A Transact-SQL statement.
        case statement(TransactSQLStatement)
        /// An invalid or refused statement, no part of which may run.
        case failure(TransactSQLError)
        /// `GO`: the end of a batch, with the total number of its runs.
        case batchEnd(count: Int)
    }

    /// The kind of the piece.
    public let kind: Kind
    /// The range of the piece in UTF-8 bytes, including preceding white space; never empty.
    public let range: Range<Int>
    /// The position of its first word.
    public let position: SourcePosition
}

/// A statement to be run by SQLite.
public struct PlainStatement: Equatable, Sendable {
    /// The unchanged text, except that override hints are replaced by spaces.
    public let text: String
    /// The removed hints, in order.
    public let overrides: [OverrideHint]
    /// The variable of `SELECT @name = …`, which is a comparison in SQLite, or `nil`.
    public let assignedVariable: String?
}

/// `WITH (REMOTE_DATA_ARCHIVE_OVERRIDE = …)` after a table of a statement.
public struct OverrideHint: Equatable, Sendable {
    /// The rows that the statement sees.
    public enum Mode: String, Equatable, Sendable, CaseIterable {
        /// The rows of the local table.
        case localOnly = "LOCAL_ONLY"
        /// The rows of the remote table.
        case remoteOnly = "REMOTE_ONLY"
        /// The rows of the staging table.
        case stageOnly = "STAGE_ONLY"
    }

    /// The table of the hint, without its schema and its alias.
    public let table: String
    /// The UTF-8 bytes of ``PlainStatement/text`` that name the table, including its schema.
    public let tableRange: Range<Int>
    /// Whether an alias precedes the hint.
    public let hasAlias: Bool
    /// The rows of the table that the statement sees.
    public let mode: Mode
    /// The position of its `WITH`.
    public let position: SourcePosition
}
