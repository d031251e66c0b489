package import StretchEndpoint
internal import StretchText

/// What identifies a row of a table.
package enum KeyKind: String, Sendable {
    /// The rowid, under a name of its own: `INTEGER PRIMARY KEY`.
    case rowid
    /// A primary key beside the rowid: of text, or of several columns.
    case declared
    /// A primary key instead of a rowid.
    case withoutRowid
    /// Nothing; cold rows are identified by their place in a batch.
    case none

    /// Whether a hot row can hide a cold row of the same key.
    package var isKeyed: Bool { self != .none }
}

/// A column of a local table, as SQLite describes it.
package struct ColumnSchema: Hashable, Sendable {
    package let name: String
    package let declaredType: String
    package let affinity: Affinity
    /// The name of the collation, in upper case; any name when the application registers its own.
    package let collationName: String
    package let isNotNull: Bool
    /// The text of the DEFAULT expression.
    package let defaultText: String?
    /// Whether the value is computed: <https://sqlite.org/gencol.html>.
    package let isGenerated: Bool

    /// The collation, when it is built in.
    package var collation: Collation? { Collation(rawValue: collationName) }
}

/// A term of an index of a local table.
package struct IndexTermSchema: Hashable, Sendable {
    /// The place of the column in the table; `nil` for an expression, -1 for the rowid.
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
    /// From `sqlite_stat1`: rows per distinct value of the first 1, 2, 3 … terms; empty without.
    package let rowsPerPrefix: [Int64]
}

/// A foreign key of a local table.
package struct ForeignKeySchema: Hashable, Sendable {
    package let child: String
    package let parent: String
    package let childColumns: [String]
    /// The columns of the parent, resolved to its primary key where the constraint names none.
    package let parentColumns: [String]
    package let onDelete: String
    package let onUpdate: String
}

/// A trigger of schema main.
package struct TriggerSchema: Hashable, Sendable {
    package let name: String
    package let table: String
    package let text: String
}

/// The definition of one local table, read from schema main.
package struct TableSchema: Sendable {
    package let name: String
    package let isStrict: Bool
    package let isAutoincrement: Bool
    package let keyKind: KeyKind
    package let columns: [ColumnSchema]
    /// The places of the key's columns, in the key's order; empty without a key.
    package let key: [Int]
    /// A name that means the rowid and no column; `nil` when all are taken, or without a rowid.
    package let rowidName: String?
    package let indexes: [IndexSchema]
    /// The rows that `sqlite_stat1` tells, or `nil`.
    package let estimatedRowCount: Int64?
    /// Foreign keys of this table.
    package let parents: [ForeignKeySchema]
    /// Foreign keys of other tables, or of this one, into this table.
    package let children: [ForeignKeySchema]
    /// Triggers on this table.
    package let triggers: [TriggerSchema]

    /// The place of a column, by name, without regard to the case of ASCII letters.
    package func column(named name: String) -> Int? {
        columns.firstIndex { $0.name.isEqualFoldingCase(name) }
    }
}
