/// A statement's text after ``StatementRewriter``, and what the statement does to the overlay.
package struct RewrittenStatement: Equatable, Sendable {
    /// What the overlay has to know about a statement.
    package enum Kind: Equatable, Sendable {
        /// Nothing: the text is as it was.
        case unchanged
        /// An INSERT or REPLACE of this table, natively into schema main.
        case insert(table: String)
        /// An UPDATE or DELETE of this table's overlay.
        case change(table: String)
        /// A change of this table's definition, natively in schema main.
        case schemaChange(table: String, SchemaChange)
        /// A CREATE VIEW that is not TEMP: main's views need mirroring again afterwards.
        case createView
        /// A DROP VIEW: main's views need mirroring again afterwards.
        case dropView
        /// A DROP TRIGGER: it may have been one of a mirrored view.
        case dropTrigger
        /// An ANALYZE: plans change with the statistics.
        case analyze
        /// A PRAGMA, whether its text changed or not.
        case pragma
    }

    /// The text to prepare; everything after the first statement is as it was.
    package let sql: String
    /// What the first statement does.
    package let kind: Kind

    /// Makes a result.
    package init(sql: String, kind: Kind) {
        self.sql = sql
        self.kind = kind
    }
}

/// A change of a table's definition, as far as its text tells.
package enum SchemaChange: Equatable, Sendable {
    /// `ADD COLUMN name`, which SQLite appends after the last column.
    case addColumn(name: String)
    /// `RENAME COLUMN from TO to`.
    case renameColumn(from: String, to: String)
    /// `DROP COLUMN name`.
    case dropColumn(name: String)
    /// `RENAME TO to`. The rewriter refuses it, so that no result holds it.
    case renameTable(to: String)
    /// `DROP TABLE`. The rewriter refuses it, so that no result holds it.
    case dropTable
    /// `CREATE INDEX`.
    case createIndex
    /// `CREATE TRIGGER`, not TEMP.
    case createTrigger
    /// A form of ALTER TABLE that this version does not know.
    case other
}
