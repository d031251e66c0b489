internal import StretchCore
package import StretchSQLite

/// The rows among which the UNIQUE constraints beside a table's key hold.
public enum UniqueScope: String, Sendable, CaseIterable {
    /// All rows: a statement that writes a value finds a cold row that has it.
    case all
    /// Hot rows only; a hot row and a cold row may have the same value.
    case local
}

/// `stretch_unique`: the tables whose UNIQUE constraints hold among all rows.
///
/// A file of an older version lacks the table, and in its stretch-enabled tables the constraints
/// hold among hot rows only. A table is named by its relation, which is never used again.
extension Catalog {
    private static let uniqueDefinition: StaticString = """
        CREATE TABLE IF NOT EXISTS main.stretch_unique(relation INTEGER PRIMARY KEY) STRICT
        """

    /// Returns the relations of the tables whose UNIQUE constraints hold among all rows.
    package func uniqueRelations() throws -> Set<Int64> {
        guard try has("stretch_unique") else { return [] }
        return Set(
            try connection.stored(
                "stretch_unique", of: .local, "SELECT relation FROM main.stretch_unique"
            ) { try $0.integer(0, in: .ids) })
    }

    /// Lets the UNIQUE constraints of a new table hold among all rows.
    package func addUniqueRelation(_ relation: Int64) throws(SQLiteError) {
        try connection.execute(Self.uniqueDefinition)
        try connection.run(
            "INSERT OR IGNORE INTO main.stretch_unique VALUES(?)", .integer(relation))
    }

    /// Sets among which rows the UNIQUE constraints of an enabled table hold.
    ///
    /// The table of the catalog is made anew, because only a change of the schema makes all
    /// connections create their triggers again.
    package func setUniqueScope(_ scope: UniqueScope, relation: Int64) throws {
        var relations = try uniqueRelations()
        let isChanged =
            scope == .all
            ? relations.insert(relation).inserted : relations.remove(relation) != nil
        guard isChanged else { return }
        try connection.execute("DROP TABLE IF EXISTS main.stretch_unique")
        try connection.execute(Self.uniqueDefinition)
        for relation in relations.sorted() { try addUniqueRelation(relation) }
    }

    /// Removes the entries of tables that are no longer stretch-enabled.
    func removeUnusedUniqueRelations() throws(SQLiteError) {
        guard try has("stretch_unique") else { return }
        try connection.run(
            """
            DELETE FROM main.stretch_unique
            WHERE relation NOT IN (SELECT relation FROM main.stretch_table)
            """)
    }
}
