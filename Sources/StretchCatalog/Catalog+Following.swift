internal import StretchCore
internal import StretchSQLite

/// `stretch_follow`: the columns by which tables follow others without a declared foreign key.
///
/// The table is made when the first table needs it, so files of earlier versions lack it. An
/// earlier version finds no foreign key and refuses to migrate the table.
extension Catalog {
    /// Returns the columns by which a table follows its parent.
    func followTerms(table id: Int64) throws -> [FollowTerm] {
        guard try has("stretch_follow") else { return [] }
        return try connection.stored(
            "stretch_follow", of: .local,
            """
            SELECT child_column, parent_column FROM main.stretch_follow
            WHERE table_id = ? ORDER BY position
            """, .integer(id)
        ) {
            FollowTerm(
                child: try $0.integer(0, in: .ids), parent: try $0.integer(1, in: .ids))
        }
    }

    /// Replaces the columns by which a table follows its parent.
    func save(_ terms: [FollowTerm], table id: Int64) throws(SQLiteError) {
        if try has("stretch_follow") {
            try connection.run(
                "DELETE FROM main.stretch_follow WHERE table_id = ?", .integer(id))
        }
        guard !terms.isEmpty else { return }
        try connection.execute(
            """
            CREATE TABLE IF NOT EXISTS main.stretch_follow(
                table_id INTEGER NOT NULL,
                position INTEGER NOT NULL,
                child_column INTEGER NOT NULL,
                parent_column INTEGER NOT NULL,
                PRIMARY KEY (table_id, position)
            ) STRICT, WITHOUT ROWID
            """)
        for (position, term) in terms.enumerated() {
            try connection.run(
                "INSERT INTO main.stretch_follow VALUES(?, ?, ?, ?)", .integer(id),
                .integer(Int64(position)), .integer(term.child), .integer(term.parent))
        }
    }
}
