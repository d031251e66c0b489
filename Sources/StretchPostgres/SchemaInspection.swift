internal import StretchCore

/// Checks whether a schema and its tables are safe to use for a login that administers it.
///
/// The owner of a table, or the author of a function that it uses, controls code that runs with the
/// permissions of other users when they read or write it. Therefore every object in the schema must
/// belong to the login, to a role of which it is a member, or to a superuser. The tables must have
/// nothing that Stretch did not create: no trigger, rule, policy or expression, no index or column
/// that needs functions or types other than PostgreSQL's own, and no privilege for others to add
/// any. Superuser status does not count as membership, because a superuser may use every schema and
/// must not be lured into one.
enum SchemaInspection {
    /// Returns a query for the first unsafe object: its kind, name, owner, problem, and a statement
    /// that fixes it.
    ///
    /// - Parameter trustsOwner: Whether to trust the schema's owner and its members as well: a
    ///   writer or reader login was created by the owner, of which it is not a member. A superuser
    ///   never trusts them.
    static func query(schema: String, trustsOwner: Bool = false) -> String {
        """
        WITH RECURSIVE space AS (
            SELECT oid, nspname, nspowner, nspacl FROM pg_namespace WHERE nspname = '\(schema)'
        ), own(role) AS (
            SELECT oid FROM pg_roles WHERE rolname = session_user
            UNION SELECT m.roleid FROM pg_auth_members AS m JOIN own AS o ON o.role = m.member
        ), trusted(role) AS (
            SELECT role FROM own UNION SELECT oid FROM pg_roles WHERE rolsuper
            UNION SELECT r.oid FROM pg_roles AS r, pg_database AS d JOIN own AS o
                ON o.role = d.datdba
            WHERE r.rolname = 'pg_database_owner' AND d.datname = current_database()
            UNION SELECT r.oid FROM pg_roles AS r, space AS s, pg_roles AS me
            WHERE \(trustsOwner) AND me.rolname = session_user AND NOT me.rolsuper
                AND pg_has_role(r.oid, s.nspowner, 'MEMBER')
        ), used AS (
            SELECT c.*, format('%I.%I', s.nspname, c.relname) AS place, s.nspowner
            FROM pg_class AS c JOIN space AS s ON c.relnamespace = s.oid
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
                AND (starts_with(CAST(c.relname AS text), 'stretch_') OR EXISTS (
                    SELECT 1 FROM pg_attribute AS a
                    WHERE a.attrelid = c.oid AND a.attname = '_b'))
        ), found(number, kind, name, owner, fault, cure) AS (
            \(faults.joined(separator: "\nUNION ALL "))
        )
        SELECT f.kind, f.name, r.rolname, f.fault, f.cure FROM found AS f
        LEFT JOIN pg_roles AS r ON r.oid = f.owner ORDER BY f.number, f.name LIMIT 1
        """
    }

    /// The subqueries of `found`, one for each kind of problem.
    private static let faults = [
        // The owner of the database can set a role for a superuser's session, and objects that the
        // superuser creates then belong to that role.
        """
        SELECT 0, 'database', CAST(d.datname AS text), d.datdba,
            format('makes the sessions of "%s" act as role "%s"', session_user, current_user),
            format('ALTER DATABASE %I RESET role;', d.datname)
        FROM pg_database AS d, pg_roles AS r
        WHERE d.datname = current_database() AND r.rolname = current_user
            AND r.oid NOT IN (SELECT role FROM trusted)
        """,
        """
        SELECT 1, 'schema', CAST(nspname AS text), nspowner, NULL,
            format('ALTER SCHEMA %I OWNER TO %I;', nspname, session_user)
        FROM space WHERE nspowner NOT IN (SELECT role FROM trusted)
        """,
        """
        SELECT 2, 'table', CAST(relname AS text), relowner, NULL,
            format('ALTER TABLE %s OWNER TO %I;', place, pg_get_userbyid(nspowner))
        FROM used WHERE relkind IN ('r', 'p', 'f')
            AND relowner NOT IN (SELECT role FROM trusted)
        """,
        // Any other object: PostgreSQL records owners and schemas of all kinds in the same way.
        """
        SELECT 3, i.type, i.identity, o.refobjid, NULL,
            format('DROP %s %s;', CASE i.type WHEN 'statistics object' THEN 'STATISTICS'
                WHEN 'composite type' THEN 'TYPE' ELSE upper(i.type) END, i.identity)
        FROM space AS s JOIN pg_depend AS d
                ON d.refclassid = CAST('pg_namespace' AS regclass) AND d.refobjid = s.oid
            JOIN pg_shdepend AS o ON o.classid = d.classid AND o.objid = d.objid
                AND o.objsubid = 0 AND o.deptype = 'o',
            pg_identify_object(d.classid, d.objid, 0) AS i
        WHERE o.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND o.refobjid NOT IN (SELECT role FROM trusted)
        """,
        """
        SELECT 4, 'table', CAST(relname AS text), relowner, 'is no plain table',
            format('ALTER TABLE %s SET SCHEMA public;', place)
        FROM used WHERE relkind <> 'r' OR reloftype <> 0
        """,
        """
        SELECT 4, 'table', CAST(relname AS text), relowner, 'is lost when the server crashes',
            format('ALTER TABLE %s SET LOGGED;', place)
        FROM used WHERE relkind = 'r' AND relpersistence <> 'p'
        """,
        """
        SELECT 5, 'table', CAST(u.relname AS text), u.relowner,
            format('has a trigger "%s"', t.tgname),
            format('DROP TRIGGER %I ON %s;', t.tgname, u.place)
        FROM used AS u JOIN pg_trigger AS t ON t.tgrelid = u.oid WHERE NOT t.tgisinternal
        """,
        """
        SELECT 5, 'table', CAST(u.relname AS text), u.relowner,
            format('has a rule "%s"', w.rulename),
            format('DROP RULE %I ON %s;', w.rulename, u.place)
        FROM used AS u JOIN pg_rewrite AS w ON w.ev_class = u.oid WHERE u.relkind = 'r'
        """,
        """
        SELECT 5, 'table', CAST(relname AS text), relowner, 'has row security',
            format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY;', place)
        FROM used WHERE relrowsecurity
        """,
        """
        SELECT 5, 'table', CAST(u.relname AS text), u.relowner, 'inherits or is inherited',
            format('ALTER TABLE %s NO INHERIT %s;', CAST(CAST(i.inhrelid AS regclass) AS text),
                CAST(CAST(i.inhparent AS regclass) AS text))
        FROM used AS u JOIN pg_inherits AS i ON u.oid IN (i.inhrelid, i.inhparent)
        """,
        """
        SELECT 6, 'table', CAST(u.relname AS text), u.relowner,
            format('has a constraint "%s"', k.conname),
            format('ALTER TABLE %s DROP CONSTRAINT %I;',
                CAST(CAST(k.conrelid AS regclass) AS text), k.conname)
        FROM used AS u JOIN pg_constraint AS k ON u.oid IN (k.conrelid, k.confrelid)
        WHERE k.contype NOT IN ('p', 'u', 'n')
            AND (u.relname <> 'stretch_remote'
                OR \(unquoted("pg_get_constraintdef(k.oid)")) <> 'CHECK ((id = 1))')
        """,
        """
        SELECT 6, 'table', CAST(u.relname AS text), u.relowner,
            format('has a column "%s" that is computed, or of a type that is not PostgreSQL''s own',
                a.attname),
            format('ALTER TABLE %s DROP COLUMN %I;', u.place, a.attname)
        FROM used AS u JOIN pg_attribute AS a ON a.attrelid = u.oid
            JOIN pg_type AS t ON t.oid = a.atttypid
        WHERE a.attnum > 0 AND NOT a.attisdropped AND (a.attgenerated <> '' OR a.attidentity <> ''
            OR t.typtype <> 'b' OR t.typnamespace <> CAST('pg_catalog' AS regnamespace))
        """,
        // A constant's node tree contains no executable code.
        """
        SELECT 7, 'table', CAST(u.relname AS text), u.relowner,
            format('computes a default of column "%s"', a.attname),
            format('ALTER TABLE %s ALTER COLUMN %I %s;', u.place, a.attname,
                CASE WHEN u.relname = 'stretch_remote' AND a.attname = 'remote'
                        THEN 'SET DEFAULT gen_random_uuid()'
                    WHEN starts_with(CAST(u.relname AS text), 'stretch_')
                        AND a.attname IN ('created_at', 'last_seen', 'committed_at')
                        THEN 'SET DEFAULT now()'
                    ELSE 'DROP DEFAULT' END)
        FROM used AS u JOIN pg_attrdef AS v ON v.adrelid = u.oid
            JOIN pg_attribute AS a ON a.attrelid = u.oid AND a.attnum = v.adnum
        WHERE NOT starts_with(CAST(v.adbin AS text), '{CONST ')
            AND \(unquoted("pg_get_expr(v.adbin, v.adrelid)"))
                NOT IN ('now()', 'gen_random_uuid()')
        """,
        // Built-in objects of PostgreSQL are not recorded as dependencies.
        """
        SELECT 7, 'table', CAST(u.relname AS text), u.relowner,
            format('has an index that uses %s', pg_describe_object(
                d.refclassid, d.refobjid, d.refobjsubid)),
            format('DROP INDEX %s;', CAST(CAST(i.indexrelid AS regclass) AS text))
        FROM used AS u JOIN pg_index AS i ON i.indrelid = u.oid
            JOIN pg_depend AS d ON d.classid = CAST('pg_class' AS regclass)
                AND d.objid = i.indexrelid
        WHERE d.refclassid NOT IN (
            CAST('pg_class' AS regclass), CAST('pg_constraint' AS regclass))
        """,
        """
        SELECT 8, 'schema', CAST(s.nspname AS text), s.nspowner,
            format('lets %s create objects in it', \(grantee("a"))),
            format('REVOKE CREATE ON SCHEMA %I FROM %s;', s.nspname, \(grantee("a")))
        FROM space AS s, aclexplode(s.nspacl) AS a
        WHERE a.privilege_type = 'CREATE' AND a.grantee NOT IN (SELECT role FROM trusted)
        """,
        """
        SELECT 8, 'table', CAST(u.relname AS text), u.relowner,
            format('lets %s make triggers on it', \(grantee("a"))),
            format('REVOKE TRIGGER ON %s FROM %s;', u.place, \(grantee("a")))
        FROM used AS u, aclexplode(u.relacl) AS a
        WHERE a.privilege_type = 'TRIGGER' AND a.grantee NOT IN (SELECT role FROM trusted)
        """,
        """
        SELECT 8, 'schema', CAST(s.nspname AS text), s.nspowner,
            format('lets %s make triggers on new tables', \(grantee("a"))),
            format('ALTER DEFAULT PRIVILEGES FOR ROLE %I%s REVOKE TRIGGER ON TABLES FROM %s;',
                pg_get_userbyid(d.defaclrole), CASE WHEN d.defaclnamespace = 0 THEN ''
                    ELSE format(' IN SCHEMA %I', s.nspname) END, \(grantee("a")))
        FROM space AS s JOIN pg_default_acl AS d ON d.defaclnamespace IN (0, s.oid),
            aclexplode(d.defaclacl) AS a
        WHERE d.defaclobjtype = 'r' AND a.privilege_type = 'TRIGGER'
            AND d.defaclrole IN (SELECT oid FROM pg_roles WHERE rolname = current_user)
            AND a.grantee NOT IN (SELECT role FROM trusted)
        """,
    ]

    /// Returns a definition without the quotes that `quote_all_identifiers` adds to names.
    private static func unquoted(_ definition: String) -> String {
        "replace(\(definition), '\"', '')"
    }

    /// Returns the role to which a privilege was granted, as named in statements.
    private static func grantee(_ right: String) -> String {
        """
        CASE \(right).grantee WHEN 0 THEN 'PUBLIC'
            ELSE quote_ident(CAST(pg_get_userbyid(\(right).grantee) AS text)) END
        """
    }

    /// Throws `wrongState` if ``query(schema:trustsOwner:)`` found a problem.
    static func check(_ result: PostgresResult, remote: String) throws {
        guard result.rowCount > 0 else { return }
        guard let kind = result.text(0, 0), let name = result.text(0, 1),
            let cure = result.text(0, 4)
        else { throw DamagedRow() }
        let owner = result.text(0, 2) ?? "?"
        let what = "\(kind) \"\(name)\" of remote \"\(remote)\""
        let fault = result.text(0, 3).map { ", which role \"\(owner)\" owns, \($0)" }
        throw StretchError(
            .wrongState, what + (fault ?? " belongs to role \"\(owner)\""),
            hint: "Stretch uses a schema only where nothing of another role can run. Name a new "
                + "schema, give the owner's login, or look at it and then run: \(cure)")
    }
}
