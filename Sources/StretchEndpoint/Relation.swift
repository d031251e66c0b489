public import StretchSQLite

/// How text is compared: SQLite's built-in collations, <https://sqlite.org/datatype3.html#collation>.
public enum Collation: String, Sendable, CaseIterable {
    /// Byte by byte.
    case binary = "BINARY"
    /// As `binary`, but the 26 letters of ASCII are folded to lower case.
    case nocase = "NOCASE"
    /// As `binary`, but trailing spaces are ignored.
    case rtrim = "RTRIM"
}

/// The type that SQLite prefers for a column's values:
/// <https://sqlite.org/datatype3.html#determination_of_column_affinity>.
public enum Affinity: String, Sendable {
    /// Text that looks like an integer becomes an integer; other text is unchanged.
    case integer
    /// Numbers become 64-bit reals.
    case real
    /// Numbers become integers or reals.
    case numeric
    /// Numbers become text.
    case text
    /// Values are unchanged.
    case blob

    /// Whether text that looks like a number becomes one.
    public var isNumeric: Bool { self == .integer || self == .real || self == .numeric }

    /// Whether a column of this affinity stores every value as one of the other affinity does.
    ///
    /// INTEGER and NUMERIC differ only in CAST: <https://sqlite.org/datatype3.html>, section 3.
    package func storesSameValues(as other: Affinity) -> Bool {
        self == other || [self, other].allSatisfy { $0 == .integer || $0 == .numeric }
    }
}

/// A column of a remote relation.
///
/// Columns are only added, and their ids never change. An id must identify one column on every
/// branch, so it is random, not sequential.
public struct RemoteColumn: Hashable, Sendable {
    /// The column's stable id; it names the column in the remote.
    public let id: Int64
    /// The column's name when it was added, for people who read the remote.
    public let name: String
    /// The affinity of the local column when it was added.
    public let affinity: Affinity
    /// The value of the column in rows of batches that are older than the column.
    public let defaultValue: Value
    /// A value of the most common storage class, or NULL if unknown.
    ///
    /// A remote with typed columns uses it to choose the type of a new column. Every value is
    /// preserved in any case.
    public var example: Value = .null

    /// Creates a column.
    public init(id: Int64, name: String, affinity: Affinity, defaultValue: Value) {
        self.id = id
        self.name = name
        self.affinity = affinity
        self.defaultValue = defaultValue
    }
}

/// A column of a key, an index or an order.
public struct OrderTerm: Hashable, Sendable {
    /// The id of the column.
    public let column: Int64
    /// How text is compared.
    public let collation: Collation
    /// Whether greater values come first; NULL is less than every value.
    public let isDescending: Bool

    /// Creates a term.
    public init(column: Int64, collation: Collation = .binary, isDescending: Bool = false) {
        self.column = column
        self.collation = collation
        self.isDescending = isDescending
    }
}

/// The remote's structure for one stretch-enabled table.
public struct Relation: Hashable, Sendable {
    /// The relation's id: a random, positive number.
    public let id: Int64
    /// The local table's name when it was enabled, for people who read the remote.
    public let name: String
    /// The columns, old and new.
    public var columns: [RemoteColumn]
    /// The columns by which rows are looked up; empty for a table without a key.
    ///
    /// Not unique: each version of a row is a separate row.
    public var key: [OrderTerm]
    /// Additional indexes for lookups.
    public var indexes: [[OrderTerm]]

    /// Creates a relation.
    public init(
        id: Int64, name: String, columns: [RemoteColumn], key: [OrderTerm], indexes: [[OrderTerm]]
    ) {
        self.id = id
        self.name = name
        self.columns = columns
        self.key = key
        self.indexes = indexes
    }
}
