internal import StretchEndpoint
internal import StretchText

/// What the lesser logins of a remote may do, as SQL.
///
/// Neither deletes, truncates or defines anything. A writer adds rows, and changes only the columns
/// that commits, fences and confirmations change; history, ledger and rows are insert-only for it.
/// A reader reads.
enum RemoteRights {
    /// Grants a role's rights on the schema and on the tables in it; the login is quoted.
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

    /// Whoever has rights on the ledger, and whether it may add to it; on a table of rows
    /// they get the same.
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

    /// The statements that grant the rights on a table of rows.
    static func grantRows(table: String, grantees: PostgresResult) -> [String] {
        (0..<grantees.rowCount).compactMap { row in
            grantees.text(row, 0).map {
                "GRANT SELECT\(grantees.bool(row, 1) ? ", INSERT" : "") ON \(table) "
                    + "TO \($0.quotedName)"
            }
        }
    }
}
