package import StretchEndpoint
internal import StretchText

/// The kind of key that identifies a row of a table.
package enum KeyKind: String, Sendable {
    /// The rowid with a column name: `INTEGER PRIMARY KEY`.
    case rowid
    /// A primary key in addition to the rowid, such as one of text or of several columns.
    case declared
    /// A primary key instead of a rowid.
    case withoutRowid
    /// No key; cold rows are identified by their location.
    case none

    /// Whether a hot row can hide a cold row of the same key.
    package var isKeyed: Bool { self != .none }
}

/// A column of a local table as described by SQLite.
package struct ColumnSchema: Hashable, Sendable {
    package let name: String
    package let declaredType: String
    package let affinity: Affinity
    /// The name of the collation, in upper case; possibly one registered by the application.
    package let collationName: String
    package let isNotNull: Bool
    /// The text of the DEFAULT expression.
    package let defaultText: String?
    /// Whether the value is computed: <https://sqlite.org/gencol.html>.
    package let isGenerated: Bool

    /// The collation, if it is built in.
    package var collation: Collation? { Collation(rawValue: collationName) }
}

/// A term of an index of a local table.
package struct IndexTermSchema: Hashable, Sendable {
    /// The index of the column in the table; `nil` for an expression, -1 for the rowid.
    package let column: Int?
    package let collationName: String
    package let isDescending: Bool

    package init(
        column: Int?, collationName: String, isDescending: Bool
    ) {
        self.column = column
        self.collationName = collationName
        self.isDescending = isDescending
    }
}

/// An index of a local table.
package struct IndexSchema: Hashable, Sendable {
    package let name: String
    package let isUnique: Bool
    package let isPartial: Bool
    /// Whether the index belongs to the PRIMARY KEY.
    package let isPrimaryKey: Bool
    package let terms: [IndexTermSchema]
    /// The rows per distinct value of the first 1, 2, 3 … terms, from `sqlite_stat1`; empty if
    /// unknown.
    package let rowsPerPrefix: [Int64]
    /// The text of a partial index in `sqlite_schema`.
    package var definition: String?
}

/// A foreign key of a local table.
package struct ForeignKeySchema: Hashable, Sendable {
    package let child: String
    package let parent: String
    package let childColumns: [String]
    /// The parent's columns; its primary key if the constraint names none.
    package let parentColumns: [String]
    package let onDelete: String
    package let onUpdate: String

    package init(
        child: String, parent: String, childColumns: [String], parentColumns: [String],
        onDelete: String, onUpdate: String
    ) {
        self.child = child
        self.parent = parent
        self.childColumns = childColumns
        self.parentColumns = parentColumns
        self.onDelete = onDelete
        self.onUpdate = onUpdate
    }
}

/// A trigger of schema main.
package struct TriggerSchema: Hashable, Sendable {
    package let name: String
    package let table: String
    package let text: String
}

/// The definition of a local table, read from schema main.
package struct TableSchema: Sendable {
    package let name: String
    package let isStrict: Bool
    package let isAutoincrement: Bool
    package let keyKind: KeyKind
    package let columns: [ColumnSchema]
    /// The indexes of the key's columns, in key order; empty without a key.
    package let key: [Int]
    /// A name of the rowid that is not a column's; `nil` if all are taken, or without a rowid.
    package let rowidName: String?
    package let indexes: [IndexSchema]
    /// The number of rows in `sqlite_stat1`, or `nil`.
    package let estimatedRowCount: Int64?
    /// Foreign keys of this table.
    package let parents: [ForeignKeySchema]
    /// Foreign keys that reference this table, from other tables or from itself.
    package let children: [ForeignKeySchema]
    /// Triggers on this table.
    package let triggers: [TriggerSchema]

    /// Whether rows have a rowid that no column of the table holds.
    package var hasUnnamedRowid: Bool {
        (keyKind == .declared || keyKind == .none) && rowidName != nil
    }

    /// Returns the index of a column by name, ignoring the case of ASCII letters.
    package func column(named name: String) -> Int? {
        columns.firstIndex { $0.name.isEqualFoldingCase(name) }
    }
}
