internal import StretchEndpoint
internal import StretchText

/// The privileges of the writer and reader logins of a remote, as SQL.
///
/// Neither may delete, truncate or define anything. A writer may insert rows, and may change only
/// the columns that commits, fences and confirmations change; history, ledger and rows are
/// insert-only for it. A reader may only read.
enum RemoteRights {
    /// Returns statements that grant a role's privileges on the schema and its tables; the login is
    /// quoted.
    static func grant(_ role: RemoteRole, to login: String, schema: String) -> String {
        let tables = [
            "stretch_remote", "stretch_branch", "stretch_history", "stretch_batch",
            "stretch_retirement", "stretch_relation", "stretch_column", "stretch_index",
        ].map { "\(schema).\($0)" }
        let reading = """
            GRANT USAGE ON SCHEMA \(schema) TO \(login);
            GRANT SELECT ON \(tables.joined(separator: ", ")) TO \(login);
            """
        guard role != .reader else { return reading }
        return reading + """

            GRANT INSERT ON \(schema).stretch_history, \(schema).stretch_batch,
                \(schema).stretch_retirement TO \(login);
            GRANT UPDATE (head_epoch, last_seen) ON \(schema).stretch_branch TO \(login);
            GRANT UPDATE (generation, batch_count, row_count, byte_count)
                ON \(schema).stretch_relation TO \(login);
            GRANT UPDATE (has_misfits) ON \(schema).stretch_column TO \(login);
            GRANT UPDATE (confirmed_at) ON \(schema).stretch_retirement TO \(login);
            """
    }

    /// Returns a query for the roles with privileges on the ledger, and whether they may insert.
    ///
    /// They get the same privileges on a row table.
    static func granteesQuery(schema: String) -> String {
        """
        SELECT r.rolname, bool_or(a.privilege_type = 'INSERT')
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace,
            aclexplode(c.relacl) AS a, pg_roles AS r
        WHERE n.nspname = '\(schema)' AND c.relname = 'stretch_batch' AND r.oid = a.grantee
            AND a.grantee <> c.relowner AND a.privilege_type IN ('SELECT', 'INSERT')
        GROUP BY r.rolname ORDER BY r.rolname
        """
    }

    /// Returns the statements that grant privileges on a row table.
    static func grantRows(table: String, grantees: PostgresResult) -> [String] {
        (0..<grantees.rowCount).compactMap { row in
            grantees.text(row, 0).map {
                "GRANT SELECT\(grantees.bool(row, 1) ? ", INSERT" : "") ON \(table) "
                    + "TO \($0.quotedName)"
            }
        }
    }
}
