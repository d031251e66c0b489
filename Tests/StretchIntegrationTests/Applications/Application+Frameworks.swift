/// Tables that web frameworks make: logs of changes, queues, caches, sessions.
extension Application {
    static let frameworks = [admin, queue, cache, cable, telescope, studies, revisions]

    /// An admin site: a log of changes, an audit log, sessions; migrations remake tables.
    private static let admin = Application(
        name: "admin",
        script: """
            CREATE TABLE "auth_user"("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
                "username" varchar(150) NOT NULL UNIQUE);
            CREATE TABLE "django_admin_log"("id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
                "action_time" datetime NOT NULL, "object_id" text NULL,
                    "object_repr" varchar(200) NOT NULL,
                "action_flag" smallint unsigned NOT NULL CHECK ("action_flag" >= 0),
                "change_message" text NOT NULL,
                "user_id" integer NOT NULL REFERENCES "auth_user"("id") DEFERRABLE INITIALLY
                    DEFERRED);
            CREATE INDEX "django_admin_log_user_id" ON "django_admin_log"("user_id");
            CREATE TABLE "django_session"("session_key" varchar(40) NOT NULL PRIMARY KEY,
                "session_data" text NOT NULL, "expire_date" datetime NOT NULL);
            CREATE INDEX "django_session_expire_date" ON "django_session"("expire_date");
            INSERT INTO auth_user(username) VALUES ('amy'), ('bob'), ('zoe');
            \(rows(80, into: """
                django_admin_log(action_time, object_id, object_repr, action_flag,
                change_message, user_id)
                """, """
                datetime('2026-01-01', '+' || i || ' days'), i, 'Object ' || i, i % 3 + 1, '[]', i
                    % 3 + 1
                """))
            \(rows(40, into: "django_session", """
                'k' || (i * 17 % 40), 'data' || i, datetime('2026-01-01', '+' || i || ' days')
                """))
            """,
        tables: [
            Table("django_admin_log", "action_time < '2026-02-20'"),
            Table("django_session", "expire_date < '2026-01-20'"),
        ],
        life: [
            "PRAGMA foreign_keys = ON",
            """
            SELECT "django_admin_log"."id", "auth_user"."username" FROM "django_admin_log"
            INNER JOIN "auth_user" ON ("django_admin_log"."user_id" = "auth_user"."id")
            WHERE "django_admin_log"."action_flag" = 2
            ORDER BY "django_admin_log"."action_time" DESC LIMIT 10
            """,
            """
            INSERT INTO "django_session" VALUES ('k3', 'again', '2026-09-01')
            ON CONFLICT("session_key") DO UPDATE SET "session_data" = EXCLUDED."session_data"
            """,
            """
            DELETE FROM "django_session"
            WHERE "django_session"."expire_date" < '2026-01-10'
            """,
            "DELETE FROM auth_user WHERE id = 3",
            .elsewhere(
                """
                PRAGMA foreign_keys = OFF; BEGIN;
                CREATE TABLE "new__django_admin_log"("id" integer NOT NULL PRIMARY KEY
                    AUTOINCREMENT,
                    "action_time" datetime NOT NULL, "object_id" text NULL,
                    "action_flag" smallint unsigned NOT NULL CHECK ("action_flag" >= 0),
                    "change_message" text NOT NULL,
                    "user_id" integer NOT NULL REFERENCES "auth_user"("id") DEFERRABLE INITIALLY
                        DEFERRED,
                    "object_repr" varchar(500) NOT NULL);
                INSERT INTO "new__django_admin_log"("id", "action_time", "object_id", "action_flag",
                    "change_message", "user_id", "object_repr")
                    SELECT "id", "action_time", "object_id", "action_flag", "change_message",
                    "user_id", "object_repr" FROM "django_admin_log";
                DROP TABLE "django_admin_log";
                ALTER TABLE "new__django_admin_log" RENAME TO "django_admin_log";
                CREATE INDEX "django_admin_log_user_id" ON "django_admin_log"("user_id");
                COMMIT; PRAGMA foreign_keys = ON;
                """),
            "SELECT id, object_repr FROM django_admin_log WHERE id IN (2, 30, 79) ORDER BY id",
            "UPDATE django_admin_log SET change_message = 'x' WHERE object_id = 7",
            .migrate,
            """
            SELECT user_id, count(*), min(object_repr) FROM django_admin_log GROUP BY 1
            ORDER BY 1
            """,
        ])

    /// A queue in the database: jobs with children that cascade, unique keys.
    private static let queue = Application(
        name: "queue",
        script: """
            CREATE TABLE "solid_queue_jobs"("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
                "queue_name" varchar NOT NULL, "class_name" varchar NOT NULL, "arguments" text,
                "priority" integer DEFAULT 0 NOT NULL, "active_job_id" varchar,
                "finished_at" datetime(6), "created_at" datetime(6) NOT NULL);
            CREATE INDEX "index_jobs_on_active_job_id" ON "solid_queue_jobs"("active_job_id");
            CREATE INDEX "index_jobs_on_finished_at" ON "solid_queue_jobs"("finished_at");
            CREATE TABLE "solid_queue_failed_executions"("id" integer PRIMARY KEY AUTOINCREMENT NOT
                NULL,
                "job_id" integer NOT NULL, "error" text, "created_at" datetime(6) NOT NULL,
                CONSTRAINT "fk" FOREIGN KEY ("job_id") REFERENCES "solid_queue_jobs"("id")
                ON DELETE CASCADE);
            CREATE UNIQUE INDEX "index_failed_on_job_id" ON
                "solid_queue_failed_executions"("job_id");
            \(rows(90, into: """
                solid_queue_jobs(queue_name, class_name, arguments, active_job_id,
                finished_at, created_at)
                """, """
                'q' || (i % 3), 'Job' || (i % 5), '{"n":' || i || '}', 'uuid-' || i,
                CASE WHEN i % 6 THEN datetime('2026-01-01', '+' || i || ' hours') END,
                datetime('2026-01-01', '+' || i || ' hours')
                """))
            INSERT INTO solid_queue_failed_executions(job_id, error, created_at)
                SELECT id, 'boom ' || id, created_at FROM solid_queue_jobs WHERE id % 9 = 0;
            """,
        tables: [
            Table("solid_queue_jobs", "created_at < '2026-01-03'"),
            Table("solid_queue_failed_executions", "", follows: "solid_queue_jobs"),
        ],
        life: [
            "PRAGMA foreign_keys = ON",
            """
            SELECT j.class_name, f.error FROM solid_queue_failed_executions AS f
            JOIN solid_queue_jobs AS j ON j.id = f.job_id ORDER BY f.id
            """,
            """
            DELETE FROM solid_queue_jobs WHERE id IN (SELECT id FROM solid_queue_jobs
            WHERE finished_at < '2026-01-02' LIMIT 500)
            """,
            """
            INSERT INTO solid_queue_failed_executions(job_id, error, created_at) VALUES (36,
                'again', 'x')
            ON CONFLICT (job_id) DO NOTHING
            """,
            "UPDATE solid_queue_jobs SET finished_at = '2026-02-01' WHERE finished_at IS NULL",
            .migrate,
            """
            SELECT queue_name, count(*), count(finished_at) FROM solid_queue_jobs GROUP BY 1
            ORDER BY 1
            """,
            .elsewhere("ALTER TABLE solid_queue_jobs ADD COLUMN scheduled_at datetime(6)"),
            "SELECT count(*) FROM solid_queue_jobs WHERE scheduled_at IS NULL",
        ])

    /// A cache: blobs under unique hashes, filled by upserts, emptied by the oldest.
    private static let cache = Application(
        name: "cache",
        script: """
            CREATE TABLE "solid_cache_entries"("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
                "key" blob(1024) NOT NULL, "value" blob(536870912) NOT NULL,
                "created_at" datetime(6) NOT NULL, "key_hash" integer(8) NOT NULL,
                "byte_size" integer(4) NOT NULL);
            CREATE INDEX "index_entries_on_byte_size" ON "solid_cache_entries"("byte_size");
            CREATE UNIQUE INDEX "index_entries_on_key_hash" ON "solid_cache_entries"("key_hash");
            \(rows(80, into: "solid_cache_entries(key, value, created_at, key_hash, byte_size)", """
                CAST('key' || i AS BLOB), zeroblob(i), datetime('2026-01-01', '+' || i ||
                    ' minutes'),
                i * 1000003 * 7919 % 99999989, 100 + i
                """))
            """,
        tables: [Table("solid_cache_entries", "created_at < '2026-01-01 00:50'")],
        life: [
            """
            SELECT key, hex(value) FROM solid_cache_entries WHERE key_hash IN
            (5 * 1000003 * 7919 % 99999989, 70 * 1000003 * 7919 % 99999989) ORDER BY id
            """,
            """
            INSERT INTO solid_cache_entries(key, value, created_at, key_hash, byte_size) VALUES
            (x'01', x'ff', '2026-02-01', 7 * 1000003 * 7919 % 99999989, 3), (x'02', x'fe',
                '2026-02-01', 1, 4)
            ON CONFLICT (key_hash) DO UPDATE SET key = excluded.key, value = excluded.value,
            byte_size = excluded.byte_size
            """,
            """
            DELETE FROM solid_cache_entries WHERE id IN (SELECT id FROM solid_cache_entries
            ORDER BY id LIMIT 10)
            """,
            .migrate,
            "SELECT sum(byte_size), count(*), max(id) FROM solid_cache_entries",
            "DELETE FROM solid_cache_entries WHERE key_hash = 20 * 1000003 * 7919 % 99999989",
        ])

    /// Messages of channels, trimmed by age.
    private static let cable = Application(
        name: "cable",
        script: """
            CREATE TABLE "solid_cable_messages"("id" integer PRIMARY KEY AUTOINCREMENT NOT NULL,
                "channel" blob(1024) NOT NULL, "payload" blob NOT NULL,
                    "created_at" datetime(6) NOT NULL,
                "channel_hash" integer(8) NOT NULL);
            CREATE INDEX "index_messages_on_channel_hash" ON "solid_cable_messages"("channel_hash");
            \(rows(60, into: "solid_cable_messages(channel, payload, created_at, channel_hash)", """
                CAST('room' || (i % 3) AS BLOB), CAST('{"t":"' || char(127000 + i) || '"}' AS BLOB),
                datetime('2026-01-01', '+' || i || ' seconds'), i % 3
                """))
            """,
        tables: [Table("solid_cable_messages", "id < 40")],
        life: [
            """
            SELECT id, payload FROM solid_cable_messages WHERE channel_hash IN (0, 2) AND id > 30
            ORDER BY id
            """,
            """
            DELETE FROM solid_cable_messages WHERE id IN (SELECT id FROM solid_cable_messages
            WHERE created_at < '2026-01-01 00:00:20' LIMIT 15)
            """,
            .migrate,
            """
            SELECT CAST(channel AS TEXT), count(*) FROM solid_cable_messages GROUP BY 1
            ORDER BY 1
            """,
        ])

    /// Entries of a debugging tool: a sequence, a unique text id, tags that cascade.
    private static let telescope = Application(
        name: "telescope",
        script: """
            CREATE TABLE "telescope_entries"("sequence" integer primary key autoincrement not null,
                "uuid" varchar not null, "batch_id" varchar not null, "family_hash" varchar,
                "type" varchar not null, "content" text not null, "created_at" datetime);
            CREATE UNIQUE INDEX "telescope_entries_uuid_unique" ON "telescope_entries"("uuid");
            CREATE INDEX "telescope_entries_batch_id_index" ON "telescope_entries"("batch_id");
            CREATE TABLE "telescope_entries_tags"("entry_uuid" varchar not null, "tag" varchar not
                null,
                foreign key("entry_uuid") references "telescope_entries"("uuid") on delete cascade,
                primary key ("entry_uuid", "tag"));
            \(rows(80, into: "telescope_entries(uuid, batch_id, type, content, created_at)", """
                'u' || (i * 7919 % 1000), 'b' || (i / 4), 'query', '{"ms":' || (i % 30) || '}',
                datetime('2026-01-01', '+' || i || ' minutes')
                """))
            INSERT INTO telescope_entries_tags SELECT uuid, 'slow' FROM telescope_entries
                WHERE sequence % 3 = 0;
            """,
        tables: [Table("telescope_entries", "created_at < '2026-01-01 01:00'")],
        life: [
            "PRAGMA foreign_keys = ON",
            """
            SELECT e.sequence FROM telescope_entries AS e WHERE e.uuid IN (SELECT entry_uuid
            FROM telescope_entries_tags WHERE tag = 'slow') ORDER BY e.sequence DESC LIMIT 6
            """,
            "UPDATE telescope_entries SET family_hash = 'f' WHERE batch_id IN ('b3', 'b17')",
            "DELETE FROM telescope_entries WHERE created_at < '2026-01-01 00:12'",
            "SELECT count(*) FROM telescope_entries_tags",
            """
            INSERT OR IGNORE INTO telescope_entries(uuid, batch_id, type, content)
            SELECT uuid, 'again', 'x', 'y' FROM telescope_entries WHERE sequence IN (15, 70)
            """,
            .migrate,
            """
            SELECT batch_id, count(*) FROM telescope_entries GROUP BY 1 ORDER BY 2 DESC,
            1 LIMIT 4
            """,
        ])

    /// Studies of an optimizer: trials, values that are unique in a trial.
    private static let studies = Application(
        name: "studies",
        script: """
            CREATE TABLE trials(trial_id INTEGER NOT NULL, number INTEGER, study_id INTEGER,
                state VARCHAR(8) NOT NULL, datetime_start DATETIME, datetime_complete DATETIME,
                PRIMARY KEY (trial_id));
            CREATE TABLE trial_values(trial_value_id INTEGER NOT NULL, trial_id INTEGER NOT NULL,
                objective INTEGER NOT NULL, value FLOAT, value_type VARCHAR(7) NOT NULL,
                PRIMARY KEY (trial_value_id), UNIQUE (trial_id, objective),
                FOREIGN KEY(trial_id) REFERENCES trials(trial_id));
            \(rows(70, into: "trials", """
                i, i, i % 2, CASE WHEN i < 66 THEN 'COMPLETE' ELSE 'RUNNING' END,
                datetime('2026-01-01', '+' || i || ' hours'), datetime('2026-01-01', '+' || i ||
                    ' hours')
                """))
            INSERT INTO trial_values SELECT trial_id, trial_id, 0,
                CASE trial_id % 8 WHEN 0 THEN 9e999 ELSE 1.0 / trial_id END,
                CASE trial_id % 8 WHEN 0 THEN 'INF_POS' ELSE 'FINITE' END FROM trials;
            """,
        tables: [
            Table("trials", "state = 'COMPLETE' AND trial_id < 50"),
            Table("trial_values", "", follows: "trials"),
        ],
        life: [
            "PRAGMA foreign_keys = ON",
            """
            SELECT t.number, v.value FROM trials AS t JOIN trial_values AS v USING (trial_id)
            WHERE t.study_id = 1 AND t.state = 'COMPLETE' ORDER BY v.value LIMIT 3
            """,
            """
            INSERT INTO trial_values(trial_id, objective, value, value_type) VALUES (9, 0, 3.5,
                'FINITE')
            ON CONFLICT (trial_id, objective) DO UPDATE SET value = excluded.value
            """,
            """
            INSERT INTO trial_values(trial_id, objective, value, value_type) VALUES (9, 1, -0.0,
            'FINITE')
            """,
            "UPDATE trials SET state = 'FAIL' WHERE datetime_start < '2026-01-01 06:00'",
            """
            DELETE FROM trial_values WHERE trial_id IN (SELECT trial_id FROM trials
            WHERE state = 'FAIL')
            """,
            "DELETE FROM trials WHERE state = 'FAIL'",
            .migrate,
            "SELECT study_id, count(*), min(number) FROM trials GROUP BY 1 ORDER BY 1",
        ])

    /// Revisions of a content system: a parent in the same table, JSON, a report by day.
    private static let revisions = Application(
        name: "revisions",
        script: """
            CREATE TABLE directus_activity(id integer not null primary key autoincrement,
                action varchar(45) not null, user char(36), timestamp datetime not null default
                CURRENT_TIMESTAMP, collection varchar(64) not null, item varchar(255) not null);
            CREATE TABLE directus_revisions(id integer not null primary key autoincrement,
                activity integer not null, collection varchar(64) not null, item varchar(255) not
                    null,
                data json, delta json, parent integer,
                foreign key(activity) references directus_activity(id) on delete cascade,
                foreign key(parent) references directus_revisions(id));
            CREATE INDEX revisions_activity ON directus_revisions(activity);
            CREATE INDEX revisions_parent ON directus_revisions(parent);
            \(rows(60, into: "directus_activity(action, user, timestamp, collection, item)", """
                'update', 'u' || (i % 3), datetime('2026-01-01', '+' || i || ' days'), 'pages', i %
                    9
                """))
            INSERT INTO directus_revisions(activity, collection, item, data, delta, parent)
                SELECT id, collection, item, json_object('n', id), '{}',
                CASE WHEN id > 9 AND id <= 40 THEN id - 9 END FROM directus_activity;
            """,
        tables: [
            Table("directus_activity", "timestamp < '2026-02-10'"),
            Table("directus_revisions", "", follows: "directus_activity"),
        ],
        life: [
            "PRAGMA foreign_keys = ON",
            """
            SELECT r.id, p.data FROM directus_revisions AS r JOIN directus_revisions AS p
            ON p.id = r.parent WHERE r.item = '4' ORDER BY r.id
            """,
            """
            SELECT date(timestamp), count(*) FROM directus_activity WHERE user = 'u1' GROUP BY 1
            ORDER BY 1 LIMIT 5
            """,
            "UPDATE directus_revisions SET parent = NULL WHERE parent < 5",
            "DELETE FROM directus_activity WHERE id < 5",
            "SELECT count(*), sum(json_extract(data, '$.n')) FROM directus_revisions",
            .migrate,
            .elsewhere("ALTER TABLE directus_activity ADD COLUMN origin varchar(255)"),
            "DELETE FROM directus_revisions WHERE id = 60",
            "SELECT max(id), count(origin) FROM directus_activity",
        ])
}
