internal import StretchText

/// What a script says of a table that another program changed.
public struct ColumnAnswers: Equatable, Sendable {
    /// The old names of renamed columns and their new names; equal names for a column that is the
    /// old one in spite of another type.
    public var renamed: [String: String] = [:]
    /// The columns that were dropped.
    public var replaced: [String] = []
    /// The values of new columns in rows that are in the remote already, as they are written.
    public var filled: [String: String] = [:]
    /// Whether the table, which was made anew, is the old one.
    public var isSame = false

    /// Creates answers that say nothing.
    public init() {}

    /// Creates the answers of a call of `sp_rda_reconcile_columns`.
    ///
    /// Each argument is a list, separated by semicolons: `old=new;a=b`.
    init(
        _ arguments: ProcedureArguments, at position: SourcePosition
    ) throws(TransactSQLError) {
        renamed = try Self.pairs(arguments, "@rename", "old=new", at: position)
        filled = try Self.pairs(arguments, "@fill", "column=value", at: position)
        replaced = Self.items(arguments, "@replace")
        isSame = arguments.isSet("@same")
    }

    private static func items(_ arguments: ProcedureArguments, _ name: String) -> [String] {
        (arguments.text(name) ?? "").parts(between: ";", omitsEmptyParts: true)
            .map(\.trimmedASCII)
    }

    private static func pairs(
        _ arguments: ProcedureArguments, _ name: String, _ form: String,
        at position: SourcePosition
    ) throws(TransactSQLError) -> [String: String] {
        var pairs: [String: String] = [:]
        for item in items(arguments, name) {
            let parts = item.parts(between: "=", maximumSplitCount: 1)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
                throw TransactSQLError(
                    .invalidArgument, "parameter \(name): \"\(item)\" is not \(form)",
                    at: position, hint: "Write \(name) = N'\(form)'.")
            }
            pairs[parts[0].trimmedASCII] = parts[1].trimmedASCII
        }
        return pairs
    }
}
