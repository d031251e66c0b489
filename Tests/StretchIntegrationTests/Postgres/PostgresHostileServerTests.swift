import Foundation
import StretchCore
import StretchEndpoint
import StretchEndpointTesting
import StretchEngine
import StretchMigration
import StretchPostgres
import StretchSQLite
import StretchTestSupport
import StretchText
import Testing

/// A database in which another role made things that a session might use by mistake.
@Suite struct PostgresHostileServerTests {
    /// Makes a twin of every function, operator, type, table and of some aggregates of the system
    /// in `public`, as another role; each fails, and leaves a mark that no rollback takes back.
    private static func makeTwins(in remote: PostgresRemote) throws {
        let role = "mallory_\(remote.database)"
        try remote.server.psql(
            """
            SET search_path = pg_catalog;
            CREATE ROLE \(role); GRANT CREATE ON SCHEMA public TO \(role); SET ROLE \(role);
            CREATE SEQUENCE public.calls; GRANT ALL ON public.calls TO PUBLIC;
            CREATE FUNCTION public.twin() RETURNS bool LANGUAGE plpgsql AS $$
                BEGIN PERFORM pg_catalog.nextval('public.calls');
                RAISE EXCEPTION 'a twin was called'; END $$;
            DO $do$
            DECLARE f record;
            BEGIN
                FOR f IN SELECT format('CREATE FUNCTION public.%I(%s) RETURNS %s LANGUAGE plpgsql '
                        'AS $$ BEGIN PERFORM public.twin(); RETURN NULL; END $$', proname,
                        oidvectortypes(proargtypes), format_type(prorettype, NULL)) AS sql
                    FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
                        AND prokind = 'f' AND NOT proretset
                UNION ALL SELECT format('CREATE FUNCTION public.%I(%s) RETURNS %s LANGUAGE plpgsql '
                        'AS $$ BEGIN PERFORM public.twin(); RETURN NULL; END $$', name, types, made)
                    FROM (VALUES ('has_database_privilege', 'name, name, text', 'bool'),
                        ('starts_with', 'name, text', 'bool'), ('quote_ident', 'name', 'text'),
                        ('array_to_string', 'bigint[], text', 'text'),
                        ('format', 'text, name, name', 'text'),
                        ('pg_has_role', 'oid, name', 'bool')) AS near(name, types, made)
                UNION ALL SELECT format('CREATE FUNCTION public.%I(%s, %s) RETURNS %s LANGUAGE '
                        'plpgsql AS $$ BEGIN PERFORM public.twin(); RETURN NULL; END $$',
                        'operator_' || oid, format_type(oprleft, NULL), format_type(oprright, NULL),
                        format_type(oprresult, NULL))
                    FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace
                        AND oprkind = 'b'
                UNION ALL SELECT format('CREATE OPERATOR public.%s (FUNCTION = public.%I, '
                        'LEFTARG = %s, RIGHTARG = %s)', oprname, 'operator_' || oid,
                        format_type(oprleft, NULL), format_type(oprright, NULL))
                    FROM pg_operator WHERE oprnamespace = 'pg_catalog'::regnamespace
                        AND oprkind = 'b'
                UNION ALL SELECT format('CREATE DOMAIN public.%I AS pg_catalog.%I '
                        'CHECK (public.twin())', name, name)
                    FROM unnest(ARRAY['text', 'int8', 'bytea', 'float8', 'timestamptz', 'uuid'])
                        AS name
                UNION ALL SELECT format('CREATE VIEW public.%I AS SELECT *, public.twin() AS twin '
                        'FROM pg_catalog.%I', relname, relname)
                    FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace
                        AND relkind IN ('r', 'v')
                LOOP
                    -- Some are of types that nobody else can use.
                    BEGIN EXECUTE f.sql; EXCEPTION WHEN OTHERS THEN NULL; END;
                END LOOP;
            END $do$;
            CREATE FUNCTION public.state(int8, int8) RETURNS int8 LANGUAGE plpgsql
                AS $$ BEGIN PERFORM public.twin(); RETURN NULL; END $$;
            CREATE AGGREGATE public.max(int8) (SFUNC = public.state, STYPE = int8);
            CREATE AGGREGATE public.min(int8) (SFUNC = public.state, STYPE = int8);
            CREATE AGGREGATE public.sum(int8) (SFUNC = public.state, STYPE = int8);
            RESET ROLE;
            GRANT SELECT ON ALL TABLES IN SCHEMA public TO PUBLIC;
            ALTER DATABASE \(remote.database) SET search_path = public, pg_catalog
            """, database: remote.database)
        let names = "('starts_with', 'int8eq', 'lower', 'has_database_privilege', 'quote_ident')"
        let count = try remote.server.psql(
            """
            SELECT pg_catalog.count(DISTINCT p.proname) FROM pg_catalog.pg_proc AS p
            WHERE p.pronamespace OPERATOR(pg_catalog.=) 'public'::pg_catalog.regnamespace
                AND p.proname OPERATOR(pg_catalog.=) ANY ('{starts_with,int8eq,lower,quote_ident}')
            """, database: remote.database)
        try #require(count == "4", "\(names) have no twins")
        let operators = try remote.server.psql(
            """
            SELECT pg_catalog.count(*) OPERATOR(pg_catalog.>) 500 FROM pg_catalog.pg_operator AS o
            WHERE o.oprnamespace OPERATOR(pg_catalog.=) 'public'::pg_catalog.regnamespace
            """, database: remote.database)
        try #require(operators == "t")
    }

    /// Whether a twin was called since the twins were made.
    private static func wereTwinsCalled(in remote: PostgresRemote) throws -> Bool {
        try remote.server.psql(
            "SELECT is_called FROM public.calls", database: remote.database) == "t"
    }

    @Test func `no function, operator, type or table of another schema is used`() throws {
        let remote = try PostgresRemote()
        try Self.makeTwins(in: remote)
        #expect(throws: (any Error).self) {
            try remote.server.psql("SELECT lower('A'::text)", database: remote.database)
        }
        #expect(try Self.wereTwinsCalled(in: remote))
        try remote.server.psql(
            "SELECT pg_catalog.setval('public.calls', 1, false)", database: remote.database)
        for (number, check) in EndpointConformance.checks.enumerated() {
            let text = remote.server.address(of: remote.database) + "&schema=s_\(number)"
            let address = try PostgresAddress(text)
            #expect(throws: Never.self, "\(check.name)") {
                try check.run(
                    EndpointConformance { owner in
                        PostgresEndpoint(address, owner: owner) { PostgresRemote.credential }
                    })
            }
        }
        #expect(try !Self.wereTwinsCalled(in: remote))
    }

    @Test func `no login of a whole life calls what another role made`() throws {
        let sample = try RightsSample()
        let remote = try PostgresRemote()
        try Self.makeTwins(in: remote)
        let admin = PostgresRemote.credential
        let report = try sample.open(admin).enable(
            server: sample.server.address(of: remote.database))
        #expect(report.advice == [])
        for table in ["orders", "notes"] {
            try sample.open(admin).tables[table].enable(filter: "id <= 60")
        }
        try sample.open().migrate()
        try sample.open(admin).remote.provision()
        let reader = try sample.open(sample.stored(report, .reader))
        for database in [try sample.open(), reader, try sample.open(admin)] {
            #expect(
                try database.query("SELECT count(*), sum(id) FROM orders").rows == [[100, 5050]])
            for query in [
                "SELECT customer FROM orders WHERE id = 7", "SELECT * FROM orders ORDER BY id DESC",
                "SELECT * FROM orders WHERE id IN (1, 2, 70) AND customer > 'A'",
                "SELECT DISTINCT customer FROM orders", "SELECT * FROM notes WHERE note LIKE 'N%'",
                "SELECT * FROM orders WHERE customer = 'Customer 3' ORDER BY customer LIMIT 2",
                "SELECT * FROM orders JOIN notes USING (id) WHERE customer < 'Customer 5'",
            ] {
                #expect(try !database.query(query).rows.isEmpty, "\(query)")
            }
            #expect(try database.verify().isSound)
            _ = try database.status()
            #expect(try database.remote.testConnection().failure == nil)
        }
        try sample.plainly("ALTER TABLE orders ADD COLUMN more TEXT DEFAULT 'x'")
        try sample.open(admin).remote.provision()
        _ = try sample.open(admin).members.grant(.reader, to: "bob")
        _ = try sample.open().tables["notes"].bringBack()
        try sample.open(admin).remote.setRetention(.zero)
        #expect(try sample.open(admin).remote.collectGarbage().batches > 0)
        _ = try sample.open(admin).branches.all()
        _ = try sample.open(admin).remote.reauthorize()
        #expect(try sample.open().verify().isSound)
        #expect(try !Self.wereTwinsCalled(in: remote))
        let paths = try remote.server.psql(
            """
            SELECT pg_catalog.count(*) FROM pg_catalog.pg_roles AS r
            WHERE pg_catalog.starts_with(r.rolname::pg_catalog.text, 'stretch_')
                AND r.rolconfig::pg_catalog.text
                    OPERATOR(pg_catalog.=) '{"search_path=pg_catalog, pg_temp"}'
            """, database: remote.database)
        #expect(Int(paths) ?? 0 >= 3)
    }

    /// What the owner of a database, or a login for itself, may set for its sessions.
    private static let settings = [
        "quote_all_identifiers = on", "standard_conforming_strings = off", "backslash_quote = off",
        "array_nulls = off", "bytea_output = escape", "DateStyle = German",
        "TimeZone = 'Asia/Tokyo'",
        "IntervalStyle = sql_standard", "extra_float_digits = -15", "transform_null_equals = on",
        "default_transaction_read_only = on", "default_transaction_isolation = serializable",
        "row_security = off", "synchronous_commit = off",
        "plan_cache_mode = force_generic_plan",
        "client_encoding = LATIN1", "client_min_messages = debug1", "search_path = public",
        "xmlbinary = hex", "password_encryption = md5",
        "default_toast_compression = pglz",
    ]

    @Test func `no setting of a database changes an answer`() throws {
        let sample = try RightsSample()
        for setting in Self.settings {
            try sample.server.psql(
                "ALTER DATABASE \(sample.remoteDatabase) SET \(setting)", database: "postgres")
        }
        for (number, check) in EndpointConformance.checks.enumerated() {
            let address = try PostgresAddress(sample.address + "&schema=s_\(number)")
            #expect(throws: Never.self, "\(check.name)") {
                try check.run(
                    EndpointConformance { owner in
                        PostgresEndpoint(address, owner: owner) { PostgresRemote.credential }
                    })
            }
        }
        let admin = PostgresRemote.credential
        try sample.plainly(
            """
            CREATE TABLE reals(id INTEGER PRIMARY KEY, r REAL, b BLOB, t TEXT DEFAULT 'a\\''b');
            INSERT INTO reals VALUES(1, 0.1, x'5c27', '\\'' OR 1=1 --'), (2, 1e300, NULL, 'NULL');
            INSERT INTO reals(id, r) VALUES(3, 0.30000000000000004), (100, 0.5);
            """)
        let plain = try sample.open(admin).query("SELECT * FROM reals ORDER BY id").rows
        let report = try sample.open(admin).enable(server: sample.address)
        #expect(report.advice == [])
        try sample.open(admin).tables["reals"].enable(filter: "id <= 60")
        #expect(try sample.open().migrate().rowCount == 3)
        try sample.plainly("ALTER TABLE reals ADD COLUMN more TEXT DEFAULT 'x\\''y'")
        try sample.open(admin).remote.provision()
        let query = "SELECT id, r, b, t FROM reals"
        let database = try sample.open()
        #expect(try database.query("\(query) ORDER BY id").rows == plain)
        #expect(try database.query("\(query) WHERE t = '\\'' OR 1=1 --'").rows == [plain[0]])
        #expect(try database.query("\(query) WHERE r = 0.30000000000000004").rows == [plain[2]])
        #expect(try database.query("\(query) WHERE id = 2").rows == [plain[1]])
        #expect(try database.query("\(query) WHERE t IN ('NULL', '\\')").rows == [plain[1]])
        #expect(try database.query("SELECT min(more) FROM reals").rows == [["x\\'y"]])
        #expect(try database.verify().isSound)
    }

    @Test func `a superuser whose session another role's setting makes that role is not led`()
        throws
    {
        let sample = try RightsSample(schema: "s")
        let other = try sample.makeLogin("other_\(sample.remoteDatabase)", "").login
        try sample.psql("ALTER DATABASE \(sample.remoteDatabase) SET role = \(other)")
        let error = #expect(throws: StretchError.self) {
            try sample.open(PostgresRemote.credential).enable(server: sample.address)
        }
        #expect(error?.code == .wrongState)
        #expect(error?.message.includes("act as role \"\(other)\"") == true)
        try sample.server.psql(
            "ALTER DATABASE \(sample.remoteDatabase) RESET role", database: "postgres")
        try sample.open(PostgresRemote.credential).enable(server: sample.address)
    }

    // MARK: Who owns the schema

    /// What another role, `$`, may have made or got, the object and the fault in the error.
    private static let damages = [
        ("ALTER SCHEMA s OWNER TO $", "schema \"s\"", "belongs to role \"$\""),
        ("ALTER TABLE s.stretch_branch OWNER TO $", "\"stretch_branch\"", "belongs to role \"$\""),
        ("ALTER TABLE s.orders OWNER TO $", "\"orders\"", "belongs to role \"$\""),
        (
            """
            CREATE FUNCTION s.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TRIGGER x BEFORE INSERT ON s.stretch_branch FOR EACH ROW EXECUTE FUNCTION s.f()
            """, "\"stretch_branch\"", "has a trigger \"x\""
        ),
        (
            "CREATE RULE x AS ON INSERT TO s.stretch_history DO ALSO SELECT 1",
            "\"stretch_history\"", "has a rule \"x\""
        ),
        ("ALTER TABLE s.orders ENABLE ROW LEVEL SECURITY", "\"orders\"", "has row security"),
        (
            "ALTER TABLE s.orders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
            "\"orders\"", "has row security"
        ),
        ("CREATE TABLE s.more() INHERITS (s.stretch_batch)", "\"stretch_batch\"", "inherit"),
        (
            "CREATE TABLE s.base(_b bigint NOT NULL); ALTER TABLE s.orders INHERIT s.base",
            "\"base\"", "inherit"
        ),
        ("CREATE VIEW s.more AS SELECT _b FROM s.orders", "\"more\"", "is no plain table"),
        (
            "CREATE MATERIALIZED VIEW s.more AS SELECT _b FROM s.orders", "\"more\"",
            "is no plain table"
        ),
        ("CREATE TABLE s.more(_b bigint) PARTITION BY LIST (_b)", "\"more\"", "is no plain table"),
        ("ALTER TABLE s.orders SET UNLOGGED", "\"orders\"", "is lost when the server crashes"),
        // Objects of others, harmless or not.
        ("CREATE VIEW s.v AS SELECT 1; ALTER VIEW s.v OWNER TO $", "view \"s.v\"", "role \"$\""),
        ("CREATE TABLE s.v(); ALTER TABLE s.v OWNER TO $", "table \"s.v\"", "role \"$\""),
        ("CREATE SEQUENCE s.v; ALTER SEQUENCE s.v OWNER TO $", "sequence \"s.v\"", "role \"$\""),
        ("\(function); ALTER FUNCTION s.f(bigint) OWNER TO $", "s.f(bigint)", "role \"$\""),
        ("CREATE TYPE s.v AS (a int); ALTER TYPE s.v OWNER TO $", "type \"s.v\"", "role \"$\""),
        (
            "CREATE DOMAIN s.v AS int; ALTER DOMAIN s.v OWNER TO $", "\"s.v\"", "role \"$\""
        ),
        (
            "CREATE OPERATOR s.### (FUNCTION = int8eq, LEFTARG = int8, RIGHTARG = int8); "
                + "ALTER OPERATOR s.### (int8, int8) OWNER TO $", "s.###", "role \"$\""
        ),
        (
            "CREATE STATISTICS s.v ON _b, _o FROM s.orders; ALTER STATISTICS s.v OWNER TO $",
            "\"s.v\"", "role \"$\""
        ),
        // Expressions.
        (
            "\(function); ALTER TABLE s.stretch_branch ALTER last_seen SET DEFAULT "
                + "CASE WHEN s.f(1) THEN now() END", "\"stretch_branch\"", "\"last_seen\""
        ),
        (
            "ALTER TABLE s.orders ADD d xml DEFAULT query_to_xml('SELECT 1', true, true, '')",
            "\"orders\"", "computes a default of column \"d\""
        ),
        (
            "\(function); ALTER TABLE s.stretch_history ADD CONSTRAINT c CHECK (s.f(epoch))",
            "\"stretch_history\"", "has a constraint \"c\""
        ),
        (
            "ALTER TABLE s.stretch_batch ADD CONSTRAINT c FOREIGN KEY (relation) "
                + "REFERENCES s.stretch_relation", "\"stretch_batch\"", "has a constraint \"c\""
        ),
        (
            "CREATE TABLE s.t(r bigint CONSTRAINT c REFERENCES s.stretch_relation)",
            "\"stretch_relation\"", "has a constraint \"c\""
        ),
        ("\(function); CREATE INDEX x ON s.orders(s.f(_b))", "\"orders\"", "s.f(bigint)"),
        ("\(function); CREATE INDEX x ON s.orders(_b) WHERE s.f(_b)", "\"orders\"", "s.f(bigint)"),
        (
            "ALTER TABLE s.orders ADD g bigint GENERATED ALWAYS AS (_b + 1) STORED",
            "\"orders\"", "has a column \"g\""
        ),
        (
            "CREATE DOMAIN s.d AS bigint; ALTER TABLE s.stretch_index ADD x s.d",
            "\"stretch_index\"", "has a column \"x\""
        ),
        // Rights.
        ("GRANT TRIGGER ON s.stretch_batch TO $", "\"stretch_batch\"", "lets $ make triggers"),
        ("GRANT ALL ON s.orders TO PUBLIC", "\"orders\"", "lets PUBLIC make triggers"),
        ("GRANT CREATE ON SCHEMA s TO $", "schema \"s\"", "lets $ create objects"),
        (
            "ALTER DEFAULT PRIVILEGES IN SCHEMA s GRANT ALL ON TABLES TO $", "schema \"s\"",
            "lets $ make triggers on new tables"
        ),
    ]

    private static let function = """
        CREATE FUNCTION s.f(bigint) RETURNS boolean IMMUTABLE LANGUAGE plpgsql
        AS 'BEGIN RETURN true; END'
        """

    /// Most of what is refused is cured by the statement of the hint, once or a few times.
    @Test(arguments: damages)
    func `a schema that is not safe is refused until the statement of the hint was run`(
        _ damage: String, _ object: String, _ fault: String
    ) throws {
        let sample = try RightsSample(schema: "s")
        let owner = "other_\(sample.remoteDatabase)"
        _ = try sample.makeLogin(owner, "")
        let admin = PostgresRemote.credential
        try sample.open(admin).enable(server: sample.address)
        try sample.open(admin).tables["orders"].enable(filter: "id <= 60")
        try sample.psql(damage.substituting("$", with: owner))
        let counts =
            "SELECT (SELECT count(*) FROM s.stretch_branch), count(*) FROM s.stretch_column"
        let before = try sample.psql(counts)
        let second = try RightsSample(schema: "s", sharing: sample)
        let calls: [() throws -> Void] = [
            { _ = try second.open(admin).enable(server: second.address) },
            { try sample.open(admin).tables["notes"].enable(filter: "id <= 60") },
            { try sample.open(admin).migrate() },
            { _ = try sample.open(admin).remote.collectGarbage(isDryRun: true) },
        ]
        var hint = ""
        for call in calls {
            let error = #expect(throws: StretchError.self) { try call() }
            #expect(error?.code == .wrongState)
            let message = error?.message ?? ""
            #expect(message.includes(object), "\(message)")
            #expect(message.includes(fault.substituting("$", with: owner)), "\(message)")
            hint = error?.hint ?? ""
        }
        #expect(try sample.psql(counts) == before)
        for _ in 0..<4 where !hint.isEmpty {
            let cure = try #require(hint.components(separatedBy: "then run: ").last)
            try sample.psql(cure)
            do {
                try sample.open(admin).tables["notes"].enable(filter: "id <= 60")
                hint = ""
            } catch let error as StretchError {
                hint = error.hint ?? ""
            }
        }
        #expect(hint.isEmpty)
        #expect(try sample.open(admin).migrate().rowCount == 120)
    }

    @Test func `a writer moves no rows where another role's code would run`() throws {
        let sample = try RightsSample(schema: "s")
        let admin = PostgresRemote.credential
        let report = try sample.open(admin).enable(server: sample.address)
        try sample.open(admin).tables["orders"].enable(filter: "id <= 60")
        #expect(try sample.stored(report, .writer).login != PrivatePostgres.login)
        try sample.psql("\(Self.function); ALTER TABLE s.orders ADD CONSTRAINT c CHECK (s.f(_b))")
        let error = #expect(throws: StretchError.self) { try sample.open().migrate() }
        #expect(error?.code == .wrongState)
        #expect(error?.hint?.includes("ALTER TABLE s.orders DROP CONSTRAINT c;") == true)
        try sample.psql("ALTER TABLE s.orders DROP CONSTRAINT c")
        #expect(try sample.open().migrate().rowCount == 60)
    }

    @Test func `a member of the role that owns a schema may use it`() throws {
        let sample = try RightsSample(schema: "s")
        let group = "group_\(sample.remoteDatabase)"
        let member = try sample.makeLogin("member_\(sample.remoteDatabase)", "CREATEROLE")
        try sample.psql(
            """
            CREATE ROLE \(group); GRANT \(group) TO \(member.login);
            CREATE SCHEMA s AUTHORIZATION \(group)
            """)
        try sample.open(member).enable(server: sample.address)
        try sample.open(member).tables["orders"].enable(filter: "id <= 60")
        #expect(try sample.open(member).migrate().rowCount == 60)
        // A writer trusts what a member of the owner's role made.
        try sample.open(member).tables["notes"].enable(filter: "id <= 60")
        #expect(try sample.open().migrate().rowCount == 60)
    }

    // MARK: Timelines without an end

    @Test func `a branch that descends from itself is damage, and questions end`() throws {
        let remote = try PostgresRemote()
        let endpoint = remote.makeEndpoint()
        let start = TimelinePosition(branch: 1, epoch: 0, token: 2)
        try endpoint.register(database: 1, position: start)
        let child = TimelinePosition(branch: 3, epoch: 0, token: 4)
        try endpoint.fork(child, of: start, database: 1, without: [])
        for parents in ["id", "4 - id"] {
            try remote.psql("UPDATE stretch_branch SET parent = \(parents), fork_epoch = 0")
            for position in [start, child] {
                let other = TimelinePosition(branch: 5, epoch: 0, token: 6)
                let calls: [() throws -> Void] = [
                    { _ = try endpoint.batches(seenAt: position) },
                    { _ = try endpoint.hasCollectedBatch(seenAt: position) },
                    { try endpoint.fork(other, of: position, database: 1, without: []) },
                    { try endpoint.setDropped(false, branch: position.branch) },
                ]
                for call in calls {
                    let error = #expect(throws: StretchError.self) { try call() }
                    #expect(error?.code == .damaged)
                }
            }
        }
    }
}
