internal import StretchSQLite

/// One side of a stretch-enabled table.
public enum TableSide: Sendable {
    /// The rows of the local table.
    case hot
    /// The rows of the remote.
    case cold
}

extension StretchDatabase {
    /// What queries of this object see at most, beside the database's own mode, of which the
    /// narrower one holds.
    public var connectionQueryMode: QueryMode {
        get { overlay.queryModeLimit }
        set { overlay.queryModeLimit = newValue }
    }

    /// Whether the database is stretch-enabled.
    public func isEnabled() throws(StretchError) -> Bool {
        try perform { try catalog.database() != nil }
    }

    /// SQL that stands for one side of a stretch-enabled table in a FROM clause; the hot side also
    /// where a statement changes rows.
    ///
    /// - Parameters:
    ///   - name: A stretch-enabled table.
    ///   - isNamed: Whether an alias follows in the statement.
    /// - Throws: `invalidArgument` when there is no such stretch-enabled table.
    public func source(
        of name: String, _ side: TableSide, isNamed: Bool
    ) throws(StretchError) -> String {
        try perform {
            let schema = try schema(of: try enabledTable(name))
            let table = schema.name.quotedName
            guard side == .cold else { return "main.\(table)" }
            let names: [String]
            if schema.keyKind == .withoutRowid {
                names = schema.key.map { schema.columns[$0].name.quotedName }
            } else {
                names = [schema.rowidName ?? schema.columns[schema.key[0]].name.quotedName]
            }
            let isSame = names.map { "h.\($0) = a.\($0)" }.joined(separator: " AND ")
            return "(SELECT * FROM temp.\(table) AS a WHERE NOT EXISTS "
                + "(SELECT 1 FROM main.\(table) AS h WHERE \(isSame)))"
                + (isNamed ? "" : " AS \(table)")
        }
    }
}
