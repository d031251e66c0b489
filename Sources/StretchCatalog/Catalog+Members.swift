internal import StretchCore
package import StretchSQLite

/// `stretch_principal`: the members of `db_owner`, the only role.
extension Catalog {
    /// Returns whether a user is a member.
    package func hasMember(_ name: String) throws(SQLiteError) -> Bool {
        try connection.holds(
            "SELECT 1 FROM main.stretch_principal WHERE name = ? AND role = 'db_owner'",
            .text(name))
    }

    /// Returns the names of the members.
    package func members() throws -> [String] {
        try connection.stored(
            "stretch_principal", of: .local,
            "SELECT name FROM main.stretch_principal WHERE role = 'db_owner' ORDER BY name"
        ) { try $0.string(0) }
    }

    /// Adds a member.
    package func insertMember(_ name: String) throws(SQLiteError) {
        try connection.run(
            "INSERT OR IGNORE INTO main.stretch_principal VALUES(?, 'db_owner')", .text(name))
    }

    /// Removes a member.
    ///
    /// - Returns: Whether the user was a member.
    package func removeMember(_ name: String) throws(SQLiteError) -> Bool {
        try connection.run(
            "DELETE FROM main.stretch_principal WHERE name = ? AND role = 'db_owner'", .text(name))
        return connection.changeCount == 1
    }
}
