/// The result of ``StatementRewriter``: a statement's text, and its effect on the overlay.
package struct RewrittenStatement: Equatable, Sendable {
    /// The effect of a statement on the overlay.
    package enum Kind: Equatable, Sendable {
        /// No effect; the text is unchanged.
        case unchanged
        /// An INSERT or REPLACE of this table, natively into schema main.
        case insert(table: String)
        /// An UPDATE or DELETE of this table's overlay.
        case change(table: String)
        /// A change of this table's definition, natively in schema main.
        case schemaChange(table: String, SchemaChange)
        /// A CREATE VIEW that is not TEMP, after which main's views must be copied again.
        case createView
        /// A DROP VIEW, after which main's views must be copied again.
        case dropView
        /// A DROP TRIGGER; the trigger may have belonged to a copied view.
        case dropTrigger
        /// An ANALYZE, because plans depend on the statistics.
        case analyze
        /// A PRAGMA, whether its text changed or not.
        case pragma
    }

    /// The text to prepare; the part after the first statement is unchanged.
    package let sql: String
    /// The effect of the first statement.
    package let kind: Kind

    /// Creates a result.
    package init(sql: String, kind: Kind) {
        self.sql = sql
        self.kind = kind
    }
}

/// A change of a table's definition, as far as its text determines it.
package enum SchemaChange: Equatable, Sendable {
    /// `ADD COLUMN name`, which SQLite appends after the last column.
    case addColumn(name: String)
    /// `RENAME COLUMN from TO to`.
    case renameColumn(from: String, to: String)
    /// `DROP COLUMN name`.
    case dropColumn(name: String)
    /// `RENAME TO to`. The rewriter refuses it, so no result contains it.
    case renameTable(to: String)
    /// `DROP TABLE`. The rewriter refuses it, so no result contains it.
    case dropTable
    /// `CREATE INDEX`.
    case createIndex
    /// `CREATE TRIGGER`, not TEMP.
    case createTrigger
    /// A form of ALTER TABLE unknown to this version.
    case other
}
