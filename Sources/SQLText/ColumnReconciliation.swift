package import StretchCore
internal import StretchText

/// A column of a stretch-enabled table, with the identity that it keeps for ever.
package struct StoredColumn: Equatable, Sendable {
    /// The column's identity in batches; never given to another column of the table.
    package let id: Int
    /// The column's name when it was last looked at.
    package let name: String
    /// The column's declared type when it was last looked at; empty when it has none.
    package let declaredType: String

    /// Makes a column.
    package init(id: Int, name: String, declaredType: String) {
        self.id = id
        self.name = name
        self.declaredType = declaredType
    }
}

/// What became of a stored column, known from an ALTER that ran through Stretch or from the user.
package enum ColumnHint: Equatable, Sendable {
    /// The column is now called `to`. With both names the same: it is still the same column,
    /// although its declared type is another one.
    case renamed(from: String, to: String)
    /// The column was dropped; one that has its name or its place now is another column.
    case replaced(String)
}

/// What happened to a table's columns since they were last looked at.
///
/// SQLite keeps no identity of columns, but `ADD COLUMN` appends, and `RENAME COLUMN` and
/// `DROP COLUMN` leave the order of the others alone. So the columns before the last one that kept
/// its name are old ones. What that does not decide is an error: a guess would show the values of
/// one column under the name of another. Not to be seen at all, without a hint, is a column that
/// got the name and the type of a dropped one, where the order of the others allows both.
package struct ColumnReconciliation: Equatable, Sendable {
    /// One change of the list of columns.
    package enum Change: Equatable, Sendable {
        /// A column that was not there before, with its new identity.
        case added(StoredColumn)
        /// The column of this identity is gone.
        case dropped(id: Int)
        /// The column of this identity has another name.
        case renamed(id: Int, to: String)
        /// The column of this identity has another declared type.
        case retyped(id: Int, to: String)
    }

    /// The changes: of old columns in their old order, then the added ones in the table's order.
    package let changes: [Change]
    /// The columns of the table now, in its order.
    package let columns: [StoredColumn]

    /// Matches the columns of a table with those that were stored.
    ///
    /// - Parameters:
    ///   - stored: The columns as they were, in the table's order at that time.
    ///   - current: The names and declared types now, in the table's order.
    ///   - nextID: The identity of the first new column; above every one ever given in the table.
    ///   - hints: What is known; each names a stored column at most once.
    ///   - table: The table's name, for messages.
    /// - Throws: ``StretchError`` with code `schemaMismatch` when more than one history explains
    ///   the columns, and `invalidArgument` when a hint contradicts them.
    package init(
        stored: [StoredColumn], current: [(name: String, declaredType: String)], nextID: Int,
        hints: [ColumnHint] = [], table: String
    ) throws(StretchError) {
        precondition(stored.allSatisfy { $0.id < nextID }, "identities are never given twice")
        var matching = ColumnMatching(stored: stored, current: current, table: table)
        try matching.applyHints(hints)
        matching.matchNames()
        try matching.matchGaps()
        try matching.checkTypes()

        var changes: [Change] = []
        for (index, column) in stored.enumerated() {
            guard let position = matching.position(ofStored: index) else {
                changes.append(.dropped(id: column.id))
                continue
            }
            let (name, type) = current[position]
            if !name.isSameText(as: column.name) {
                changes.append(.renamed(id: column.id, to: name))
            }
            if !ColumnMatching.isSameType(type, column.declaredType) {
                changes.append(.retyped(id: column.id, to: type))
            }
        }
        var columns: [StoredColumn] = []
        var freeID = nextID
        for (position, (name, type)) in current.enumerated() {
            if let index = matching.storedIndex(at: position) {
                columns.append(StoredColumn(id: stored[index].id, name: name, declaredType: type))
            } else {
                columns.append(StoredColumn(id: freeID, name: name, declaredType: type))
                changes.append(.added(columns[position]))
                freeID += 1
            }
        }
        self.changes = changes
        self.columns = columns
    }
}
