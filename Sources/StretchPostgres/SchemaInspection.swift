internal import Stretch

/// Whether a schema and its tables may be used by a login that administers it.
///
/// Whoever owns a table chooses what runs when others write it, with their rights; so the schema
/// and the tables belong to the login, to a role that it is a member of, or to a superuser. Being
/// a superuser is no membership: a superuser may use every schema and must not be led into one.
enum SchemaInspection {
    /// Returns a row for the first thing that is not safe: a kind, its name, its owner, and what is
    /// wrong with it.
    static func query(schema: String) -> String {
        """
        WITH RECURSIVE own(role) AS (
            SELECT oid FROM pg_roles WHERE rolname = current_user
            UNION SELECT m.roleid FROM pg_auth_members AS m JOIN own AS o ON o.role = m.member
        ), trusted(role) AS (
            SELECT role FROM own UNION SELECT oid FROM pg_roles WHERE rolsuper
            UNION SELECT r.oid FROM pg_roles AS r, pg_database AS d JOIN own AS o
                ON o.role = d.datdba
            WHERE r.rolname = 'pg_database_owner' AND d.datname = current_database()
        ), used AS (
            SELECT c.*, n.nspname FROM pg_class AS c
            JOIN pg_namespace AS n ON n.oid = c.relnamespace
            WHERE n.nspname = '\(schema)' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
                AND (starts_with(CAST(c.relname AS text), 'stretch_') OR EXISTS (
                    SELECT 1 FROM pg_attribute AS a
                    WHERE a.attrelid = c.oid AND a.attname = '_b'))
        ), found(number, kind, name, owner, fault) AS (
            SELECT 1, 'schema', n.nspname, n.nspowner, NULL FROM pg_namespace AS n
            WHERE n.nspname = '\(schema)' AND n.nspowner NOT IN (SELECT role FROM trusted)
            UNION ALL SELECT 2, 'table', relname, relowner, NULL FROM used
            WHERE relowner NOT IN (SELECT role FROM trusted)
            UNION ALL SELECT 3, 'table', relname, relowner, 'is no plain table' FROM used
            WHERE relkind <> 'r'
            UNION ALL SELECT 3, 'table', relname, relowner, 'has a trigger' FROM used AS u
            WHERE EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = u.oid AND NOT tgisinternal)
            UNION ALL SELECT 3, 'table', relname, relowner, 'has a rule' FROM used AS u
            WHERE EXISTS (SELECT 1 FROM pg_rewrite WHERE ev_class = u.oid)
            UNION ALL SELECT 3, 'table', relname, relowner, 'has row security' FROM used
            WHERE relrowsecurity
            UNION ALL SELECT 3, 'table', relname, relowner, 'inherits or is inherited'
            FROM used AS u WHERE EXISTS (
                SELECT 1 FROM pg_inherits WHERE u.oid IN (inhrelid, inhparent))
        )
        SELECT f.kind, f.name, r.rolname, f.fault FROM found AS f
        LEFT JOIN pg_roles AS r ON r.oid = f.owner ORDER BY f.number, f.name LIMIT 1
        """
    }

    /// Throws `wrongState` for what ``query(schema:)`` found.
    static func check(_ result: PostgresResult, remote: String) throws {
        guard result.rowCount > 0 else { return }
        guard let kind = result.text(0, 0), let name = result.text(0, 1) else {
            throw DamagedRow()
        }
        let owner = result.text(0, 2) ?? "?"
        let what = "\(kind) \"\(name)\" of remote \"\(remote)\""
        guard let fault = result.text(0, 3) else {
            throw StretchError(
                .wrongState, "\(what) belongs to role \"\(owner)\"",
                hint: "Name a schema that is new, or give the login that owns this one: "
                    + "--login \(owner).")
        }
        throw StretchError(
            .wrongState, "\(what), which role \"\(owner)\" owns, \(fault)",
            hint: "Stretch uses plain tables only; remove that from the table, or name a schema "
                + "that is new.")
    }
}
