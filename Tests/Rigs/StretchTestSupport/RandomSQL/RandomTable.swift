/// A table definition for model tests, drawn at random, that plain SQLite accepts.
///
/// It has no UNIQUE constraint other than its key, so that the answer of every random statement
/// is determined by the rows and does not depend on the order in which they are visited.
public struct RandomTable: Sendable {
    /// How a table identifies its rows: <https://sqlite.org/lang_createtable.html>.
    public enum KeyKind: Sendable, CaseIterable {
        /// A rowid alias.
        case integerKey
        /// A rowid alias whose values are never used twice.
        case autoincrementKey
        /// A rowid that has no name.
        case noKey
        /// One TEXT column, with a rowid beside it; sometimes nullable.
        case textKey
        /// Two or three columns, with a rowid beside them; sometimes nullable.
        case compositeKey
        /// One TEXT column and no rowid.
        case withoutRowIDTextKey
        /// Two or three columns and no rowid.
        case withoutRowIDCompositeKey
    }

    /// What SQLite makes of values that a column is given: <https://sqlite.org/datatype3.html>.
    public enum Affinity: Sendable {
        /// Affinities of SQLite.
        case integer, text, blob, real, numeric
    }

    /// One column.
    public struct Column: Sendable {
        /// The name, not quoted; it may be a keyword or hold a space or a quotation mark.
        public let name: String
        /// The type as declared; empty for none.
        public let declaredType: String
        /// The affinity that follows from the declared type.
        public let affinity: Affinity
        /// `BINARY`, `NOCASE` or `RTRIM`.
        public let collation: String
        /// Whether an expression computes the value.
        public let isGenerated: Bool
        /// Whether a constraint or the key refuses NULL; a rowid alias replaces NULL instead.
        public let isNotNull: Bool
        /// The text after DEFAULT, or `nil` without one.
        public let defaultExpression: String?
        /// The expression of a generated column, `STORED` or `VIRTUAL` after it.
        public let generation: String?
        /// The text of a CHECK constraint's condition, or `nil`.
        public let check: String?
        /// Whether the column is part of the primary key.
        public let isKey: Bool
        /// Whether the column is an alias of the rowid.
        public let isRowIDAlias: Bool
        /// Whether the table is STRICT, so that the declared type is enforced.
        public let isStrict: Bool

        /// The name in quotation marks.
        public var quotedName: String {
            "\""
                + name.split(separator: "\"", omittingEmptySubsequences: false)
                .joined(separator: "\"\"") + "\""
        }

        /// Whether values that compare equal are the same value, bit by bit.
        ///
        /// False where `1` meets `1.0`, `0.0` meets `-0.0`, or `'a'` meets `'A'`: there DISTINCT,
        /// GROUP BY, UNION, min and max may return either.
        public var hasExactEquality: Bool {
            collation == "BINARY" && affinity != .blob || isStrict && declaredType == "BLOB"
        }
    }

    /// The name, not quoted.
    public let name: String
    /// How rows are identified.
    public let keyKind: KeyKind
    /// Whether the table is STRICT: <https://sqlite.org/stricttables.html>.
    public let isStrict: Bool
    /// All columns in the order of the definition.
    public let columns: [Column]
    /// CREATE TABLE, then CREATE INDEX statements.
    public let createStatements: [String]

    /// The columns of the primary key, in its order; empty without a key.
    public var keyColumns: [Column] { columns.filter(\.isKey) }
    /// The columns that a statement may set.
    public var writableColumns: [Column] { columns.filter { !$0.isGenerated } }
    /// The columns that are neither generated nor part of the key.
    public var plainColumns: [Column] { columns.filter { !$0.isGenerated && !$0.isKey } }
    /// The name in quotation marks.
    public var quotedName: String { "\"\(name)\"" }

    /// Whether the key tells any two rows apart: there is one, and it holds no NULL.
    public var hasTotalKey: Bool {
        keyKind != .noKey && keyColumns.allSatisfy { $0.isNotNull || $0.isRowIDAlias }
    }
}
