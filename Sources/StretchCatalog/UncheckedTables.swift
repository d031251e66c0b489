package import StretchSQLite
internal import StretchText

/// The tables of a file that this process cannot check.
///
/// They use a collation, a function or a module that only the application has, in a column, an
/// index or a constraint. SQLite refuses every statement that needs it, and with it a check of the
/// whole file: <https://sqlite.org/c3ref/create_collation.html>.
package enum UncheckedTables {
    /// Returns the tables' names in schema main, in their order.
    package static func names(of connection: Connection) throws(SQLiteError) -> [String] {
        let names = try connection.rows(
            """
            SELECT name FROM main.sqlite_schema WHERE type = 'table'
            AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name
            """
        ).compactMap { $0[0].stringValue }
        return names.filter { name in
            do throws(SQLiteError) {
                // The statement is not run: its preparation finds what is missing.
                _ = try connection.prepare(check(name))
                return false
            } catch {
                return error.code == ResultCode.error
            }
        }
    }

    /// The check of one table and its indexes.
    package static func check(_ table: String) -> String {
        "PRAGMA main.integrity_check(\(table.quotedName))"
    }

    /// Returns the sentence about tables that were left out, or `nil` if there are none.
    package static func sentence(_ names: [String]) -> String? {
        guard let first = names.first else { return nil }
        let others = names.count > 1 ? " and \(names.count - 1) more" : ""
        return "Not checked: table \"\(first)\"\(others), which needs a collation, function or "
            + "module that only the application has."
    }
}
