package import StretchCore
internal import StretchText

/// A column of a stretch-enabled table, with its permanent identity.
package struct StoredColumn: Equatable, Sendable {
    /// The column's identity in batches; never given to another column of the table.
    package let id: Int
    /// The column's last known name.
    package let name: String
    /// The column's last known declared type; empty if it has none.
    package let declaredType: String

    /// Creates a column.
    package init(id: Int, name: String, declaredType: String) {
        self.id = id
        self.name = name
        self.declaredType = declaredType
    }
}

/// A known change of a table, from an ALTER statement run through Stretch or from the user.
package enum ColumnHint: Hashable, Sendable {
    /// The table was made anew and is still the same one.
    case sameTable
    /// The column is now called `to`.
    ///
    /// If both names are equal, it is still the same column, although its declared type has
    /// changed.
    case renamed(from: String, to: String)
    /// The column was dropped; a current column with its name or position is a different one.
    case replaced(String)
}

/// What is known of how a table came to its current columns.
package enum ColumnEvidence: Equatable, Sendable {
    /// The entry of the table is where it was: only ALTER TABLE changed it, which keeps the order.
    case altered
    /// The table was made anew and filled from the old one.
    ///
    /// `proved` are pairs of a stored and a current column whose values are the same; `doubted`
    /// are stored columns whose values differ from those of the current column of their name.
    case remade(proved: [Int: Int], doubted: Set<Int>)
    /// Nothing is known: the file has no record of how the table was.
    case unknown
}

/// The changes of a table's columns since they were last read.
///
/// SQLite does not keep identities of columns. `ADD COLUMN` appends, and `RENAME COLUMN` and `DROP
/// COLUMN` preserve the order of the others, so that in an altered table the columns before the
/// last one that kept its name are old ones. A table that was made anew may have its columns in any
/// order: there a column is found by its values, or by its name. If neither is sufficient, the
/// result is an error: a guess could show the values of one column under the name of another.
package struct ColumnReconciliation: Equatable, Sendable {
    /// One change of the list of columns.
    package enum Change: Equatable, Sendable {
        /// A new column, with its new identity.
        case added(StoredColumn)
        /// The column with this identity was dropped.
        case dropped(id: Int)
        /// The column with this identity was renamed.
        case renamed(id: Int, to: String)
        /// The declared type of the column with this identity changed.
        case retyped(id: Int, to: String)
    }

    /// The changes: those of old columns in their old order, then added columns in table order.
    package let changes: [Change]
    /// The current columns, in table order.
    package let columns: [StoredColumn]

    /// Matches the columns of a table to the stored columns.
    ///
    /// - Parameters:
    ///   - stored: The former columns, in their table order.
    ///   - current: The current names and declared types, in table order.
    ///   - nextID: The identity of the first new column, greater than any ever used in the table.
    ///   - evidence: How the table came to its current columns.
    ///   - hints: The hints, which name each stored column at most once.
    ///   - table: The table's name, for messages.
    /// - Throws: ``StretchError`` with code `schemaMismatch` if more than one history explains the
    ///   columns, and `invalidArgument` if a hint contradicts them.
    package init(
        stored: [StoredColumn], current: [(name: String, declaredType: String)], nextID: Int,
        evidence: ColumnEvidence, hints: [ColumnHint] = [], table: String
    ) throws(StretchError) {
        precondition(stored.allSatisfy { $0.id < nextID }, "identities are never given twice")
        var matching = ColumnMatching(stored: stored, current: current, table: table)
        try matching.match(evidence, hints)

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
