/// Servers on one machine: feeds, forges, workflows, players, topics, rooms.
extension Application {
    static let servers = [feeds, forge, workflows, player, topics, rooms, vault, requests]

    /// A reader of feeds: entries that are unique in their feed, and marked by lists of ids.
    private static let feeds = Application(
        name: "feeds",
        script: """
            CREATE TABLE feed(id INTEGER PRIMARY KEY AUTOINCREMENT, url TEXT NOT NULL UNIQUE,
                unread INTEGER DEFAULT 0);
            CREATE TABLE entry(id BIGINT NOT NULL, guid VARCHAR(767) NOT NULL, title VARCHAR(8192)
                NOT NULL,
                date BIGINT, lastSeen BIGINT DEFAULT 0, hash BLOB, is_read BOOLEAN NOT NULL DEFAULT
                    0,
                is_favorite BOOLEAN NOT NULL DEFAULT 0, id_feed INTEGER, tags VARCHAR(2048),
                PRIMARY KEY (id), FOREIGN KEY (id_feed) REFERENCES feed(id)
                ON DELETE CASCADE ON UPDATE CASCADE, UNIQUE (id_feed, guid));
            CREATE INDEX entry_is_read_index ON entry(is_read);
            CREATE INDEX entry_feed_read_index ON entry(id_feed, is_read);
            INSERT INTO feed(url) VALUES ('https://a.example'), ('https://b.example'),
                ('https://c.example');
            \(rows(100, into: "entry(id, guid, title, date, lastSeen, hash, id_feed, tags)", """
                1600000000000000 + i * 1000, 'guid-' || i, 'Title ' || i || char(228),
                1600000000 + i * 3600, 1600000000 + i, zeroblob(2) || CAST(i AS BLOB), i % 3 + 1,
                '#tag' || (i % 5)
                """))
            """,
        tables: [Table("entry", "date < 1600250000 AND is_favorite = 0")],
        life: [
            "PRAGMA foreign_keys = ON",
            "UPDATE entry SET is_read = 1 WHERE id_feed = 2 AND id <= 1600000000060000",
            "UPDATE entry SET is_favorite = 1 WHERE id IN (1600000000003000, 1600000000099000)",
            """
            INSERT INTO entry(id, guid, title, date, id_feed) VALUES
            (1700000000000000, 'guid-4', 'Changed', 1700000000, 2)
            ON CONFLICT(id_feed, guid) DO UPDATE SET title = excluded.title, is_read = 0
            """,
            """
            INSERT OR IGNORE INTO entry(id, guid, title, date, id_feed)
            VALUES (1700000000001000, 'guid-5', 'Twice', 1700000000, 3)
            """,
            """
            UPDATE feed SET unread = (SELECT count(*) FROM entry WHERE id_feed = feed.id
            AND is_read = 0)
            """,
            "SELECT * FROM feed ORDER BY id",
            """
            SELECT id, title FROM entry WHERE tags LIKE '%#tag3%' AND is_read = 0
            ORDER BY id DESC LIMIT 9
            """,
            "DELETE FROM entry WHERE id_feed = 1 AND is_favorite = 0 AND lastSeen < 1600000040",
            .migrate,
            "DELETE FROM feed WHERE id = 3",
            "SELECT count(*), sum(is_read) FROM entry",
            .elsewhere("ALTER TABLE entry ADD COLUMN attributes TEXT"),
            "UPDATE entry SET attributes = '{}' WHERE id_feed = 2 AND date < 1600100000",
            "SELECT attributes, count(*) FROM entry GROUP BY 1",
        ])

    /// A forge: actions of users, with indexes of several columns.
    private static let forge = Application(
        name: "forge",
        script: """
            CREATE TABLE `action`(`id` INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, `user_id`
                INTEGER NULL,
                `op_type` INTEGER NULL, `act_user_id` INTEGER NULL, `repo_id` INTEGER NULL,
                `comment_id` INTEGER NULL, `is_deleted` INTEGER DEFAULT 0 NOT NULL, `ref_name` TEXT
                    NULL,
                `content` TEXT NULL, `created_unix` INTEGER NULL);
            CREATE INDEX `IDX_action_r_u_d` ON `action`(`repo_id`, `user_id`, `is_deleted`);
            CREATE INDEX `IDX_action_c_u_d` ON `action`(`created_unix`, `user_id`, `is_deleted`);
            CREATE TABLE `notice`(`id` INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, `type` INTEGER
                NULL,
                `description` TEXT NULL, `created_unix` INTEGER NULL);
            \(rows(110, into: """
                `action`(user_id, op_type, act_user_id, repo_id, ref_name, content,
                created_unix)
                """, """
                i % 5, i % 20, i % 4, i % 7, 'refs/heads/b' || (i % 3), '{"n":' || i || '}',
                1650000000 + i * 500
                """))
            \(rows(30, into: "`notice`(type, description, created_unix)",
                "i % 2, 'notice ' || i, 1650000000 + i * 900"))
            """,
        tables: [
            Table("action", "created_unix < 1650040000"),
            Table("notice", "created_unix < 1650020000"),
        ],
        life: [
            """
            SELECT id, op_type FROM `action` WHERE repo_id = 3 AND user_id = 2 AND is_deleted = 0
            ORDER BY created_unix DESC LIMIT 20 OFFSET 1
            """,
            """
            SELECT created_unix / 5000 * 5000 AS day, count(*) FROM `action` WHERE act_user_id = 1
            GROUP BY day ORDER BY day
            """,
            """
            SELECT count(*) FROM `action` WHERE user_id IN (SELECT user_id FROM `action`
            WHERE repo_id = 6)
            """,
            "UPDATE `action` SET is_deleted = 1 WHERE comment_id IS NULL AND repo_id = 4",
            "DELETE FROM `notice` WHERE created_unix < 1650010000",
            "DELETE FROM `action` WHERE created_unix < 1650010000 AND op_type NOT IN (5, 6)",
            .migrate,
            .elsewhere("DROP INDEX `IDX_action_r_u_d`"),
            .migrate,
            "SELECT count(*) FROM `action` WHERE repo_id = 3",
            .elsewhere("ALTER TABLE `action` DROP COLUMN `comment_id`"),
            "INSERT INTO `action`(user_id, created_unix) VALUES (1, 1660000000) RETURNING id",
            "SELECT sum(id), count(*), max(created_unix) FROM `action`",
        ])

    /// Workflows: executions, their data under the same key, annotations that cascade.
    private static let workflows = Application(
        name: "workflows",
        script: """
            CREATE TABLE "execution_entity"("id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
                "workflowId" VARCHAR(36) NOT NULL, "finished" BOOLEAN NOT NULL,
                    "mode" VARCHAR NOT NULL,
                "startedAt" DATETIME(3), "stoppedAt" DATETIME(3), "status" VARCHAR NOT NULL,
                "deletedAt" DATETIME(3));
            CREATE INDEX "idx_execution_entity_workflow_id_id" ON "execution_entity"("workflowId",
                "id");
            CREATE INDEX "idx_execution_entity_stopped_at_status_deleted_at"
                ON "execution_entity"("stoppedAt", "status", "deletedAt")
                WHERE "stoppedAt" IS NOT NULL AND "deletedAt" IS NULL;
            CREATE TABLE "execution_data"("executionId" INT PRIMARY KEY NOT NULL, "workflowData"
                TEXT NOT NULL,
                "data" TEXT NOT NULL,
                FOREIGN KEY("executionId") REFERENCES "execution_entity"("id") ON DELETE CASCADE);
            \(rows(80, into: """
                execution_entity(workflowId, finished, mode, startedAt,
                stoppedAt, status)
                """, """
                'w' || (i % 4), i % 3 > 0, 'trigger', datetime('2026-02-01', '+' || i || ' hours'),
                datetime('2026-02-01', '+' || (i + 1) || ' hours'),
                CASE i % 3 WHEN 0 THEN 'error' ELSE 'success' END
                """))
            INSERT INTO "execution_data" SELECT id, '{}', '["' || id || '"]' FROM
                "execution_entity";
            """,
        tables: [
            Table("execution_entity", "stoppedAt < '2026-02-03'"),
            Table("execution_data", "", follows: "execution_entity"),
        ],
        life: [
            "PRAGMA foreign_keys = ON",
            """
            SELECT e.id, d.data FROM execution_entity AS e JOIN execution_data AS d
            ON d.executionId = e.id WHERE e.workflowId = 'w1' AND e.status = 'error' ORDER BY e.id
            """,
            """
            UPDATE execution_entity SET deletedAt = '2026-03-01' WHERE id IN
            (SELECT id FROM execution_entity WHERE stoppedAt <= '2026-02-02' LIMIT 100)
            """,
            "DELETE FROM execution_entity WHERE deletedAt IS NOT NULL",
            "SELECT count(*) FROM execution_data",
            "INSERT OR REPLACE INTO execution_data VALUES (40, '{\"a\":1}', '[]')",
            .migrate,
            .elsewhere(
                """
                PRAGMA foreign_keys = OFF;
                CREATE TABLE "temporary_execution_entity"("id" INTEGER PRIMARY KEY AUTOINCREMENT
                    NOT NULL,
                    "status" VARCHAR NOT NULL, "workflowId" VARCHAR(36) NOT NULL,
                    "finished" BOOLEAN NOT NULL, "mode" VARCHAR NOT NULL, "startedAt" DATETIME(3),
                    "stoppedAt" DATETIME(3), "deletedAt" DATETIME(3), "retryOf" VARCHAR);
                INSERT INTO "temporary_execution_entity"(id, status, workflowId, finished, mode,
                    startedAt,
                    stoppedAt, deletedAt) SELECT id, status, workflowId, finished, mode, startedAt,
                    stoppedAt, deletedAt FROM execution_entity;
                DROP TABLE execution_entity;
                ALTER TABLE temporary_execution_entity RENAME TO execution_entity;
                PRAGMA foreign_keys = ON;
                """),
            "SELECT status, count(*), count(retryOf) FROM execution_entity GROUP BY 1 ORDER BY 1",
            .migrate,
            "SELECT min(startedAt), max(stoppedAt) FROM execution_entity WHERE finished = 1",
        ])

    /// A player's history: sessions in three tables under one number.
    private static let player = Application(
        name: "player",
        script: """
            CREATE TABLE session_history(id INTEGER PRIMARY KEY AUTOINCREMENT, reference_id INTEGER,
                started INTEGER, stopped INTEGER, rating_key INTEGER, user_id INTEGER, user TEXT,
                paused_counter INTEGER DEFAULT 0, media_type TEXT);
            CREATE INDEX idx_session_history_started ON session_history(started);
            CREATE TABLE session_history_metadata(id INTEGER PRIMARY KEY, rating_key INTEGER, title
                TEXT,
                full_title TEXT, year INTEGER);
            \(rows(90, into: """
                session_history(reference_id, started, stopped, rating_key, user_id, user,
                media_type)
                """, """
                (i + 1) / 2, 1640000000 + i * 4000, 1640000000 + i * 4000 + 1800, i % 15, i % 4,
                'user' || (i % 4), CASE i % 2 WHEN 0 THEN 'movie' ELSE 'episode' END
                """))
            INSERT INTO session_history_metadata SELECT id, rating_key, 'Title ' || rating_key,
                'Full Title ' || rating_key, 1990 + rating_key FROM session_history;
            """,
        tables: [
            Table("session_history", "started < 1640200000"),
            Table("session_history_metadata", "id <= 49"),
        ],
        life: [
            """
            SELECT user, count(DISTINCT reference_id), sum(stopped - started - paused_counter)
            FROM session_history AS h JOIN session_history_metadata AS m ON m.id = h.id
            WHERE m.year > 1992 GROUP BY user ORDER BY user
            """,
            """
            SELECT full_title, count(*) AS plays FROM session_history_metadata GROUP BY rating_key
            ORDER BY plays DESC, full_title LIMIT 5
            """,
            """
            SELECT reference_id, group_concat(id) FROM (SELECT * FROM session_history ORDER BY id)
            GROUP BY reference_id HAVING count(*) > 1 ORDER BY 1 LIMIT 10
            """,
            "UPDATE session_history SET user = 'amy' WHERE user_id = 2",
            """
            DELETE FROM session_history_metadata WHERE id IN (SELECT id FROM session_history
            WHERE user_id = 3)
            """,
            "DELETE FROM session_history WHERE user_id = 3",
            .migrate,
            .elsewhere("ALTER TABLE session_history RENAME COLUMN user TO friendly_name"),
            "SELECT friendly_name, max(started) FROM session_history GROUP BY 1 ORDER BY 1",
        ])

    /// Topics of notifications: a text id that clients name, and a purge by age.
    private static let topics = Application(
        name: "topics",
        script: """
            CREATE TABLE messages(id INTEGER PRIMARY KEY AUTOINCREMENT, mid TEXT NOT NULL,
                time INT NOT NULL, expires INT NOT NULL, topic TEXT NOT NULL, message TEXT NOT NULL,
                attachment_size INT NOT NULL, published INT NOT NULL);
            CREATE INDEX idx_mid ON messages(mid);
            CREATE INDEX idx_topic ON messages(topic);
            CREATE INDEX idx_expires ON messages(expires);
            \(rows(100, into: """
                messages(mid, time, expires, topic, message,
                attachment_size, published)
                """, """
                substr(hex(i * 7919 % 997), 1, 4) || i, 1680000000 + i * 60, 1680043200 + i * 60,
                'topic' || (i % 6), 'hello ' || i, i % 3 * 1000, i % 10 < 9
                """))
            """,
        tables: [Table("messages", "time < 1680004000")],
        life: [
            """
            SELECT mid, message FROM messages WHERE topic = 'topic2' AND time >= 1680001000
            AND published = 1 ORDER BY time, id
            """,
            "SELECT count(*), sum(attachment_size) FROM messages WHERE expires >= 1680045000",
            "SELECT mid FROM messages WHERE expires <= 1680043800 AND published = 1",
            """
            DELETE FROM messages WHERE mid IN (SELECT mid FROM messages
            WHERE expires <= 1680043800)
            """,
            "UPDATE messages SET published = 1 WHERE published = 0",
            """
            SELECT id FROM messages WHERE id > IFNULL((SELECT id FROM messages WHERE mid =
            (SELECT mid FROM messages WHERE id = 40)), 0) AND topic = 'topic4' ORDER BY id
            """,
            .migrate,
            .elsewhere("ALTER TABLE messages ADD COLUMN content_type TEXT NOT NULL DEFAULT('')"),
            "SELECT content_type, count(*) FROM messages GROUP BY 1",
        ])

    /// A server of rooms: events by text ids, edges without a declared key, state by conflict.
    private static let rooms = Application(
        name: "rooms",
        script: """
            CREATE TABLE events(stream_ordering INTEGER PRIMARY KEY, topological_ordering BIGINT
                NOT NULL,
                event_id TEXT NOT NULL, type TEXT NOT NULL, room_id TEXT NOT NULL, sender TEXT,
                origin_server_ts BIGINT, UNIQUE (event_id));
            CREATE INDEX events_room_stream ON events(room_id, stream_ordering);
            CREATE TABLE event_json(event_id TEXT NOT NULL, room_id TEXT NOT NULL, json TEXT NOT
                NULL,
                format_version INTEGER, UNIQUE (event_id));
            CREATE TABLE receipts_linearized(stream_id BIGINT NOT NULL, room_id TEXT NOT NULL,
                user_id TEXT NOT NULL, event_id TEXT NOT NULL,
                CONSTRAINT receipts_uniqueness UNIQUE (room_id, user_id));
            \(rows(120, into: "events", """
                i, i / 3, '$' || hex(i * 7919) || ':example', CASE i % 4 WHEN 0 THEN 'm.reaction'
                ELSE 'm.room.message' END, '!r' || (i % 5), '@u' || (i % 7), 1690000000000 + i *
                    1000
                """))
            INSERT INTO event_json SELECT event_id, room_id, '{"depth":' || topological_ordering ||
                '}', 3
                FROM events;
            INSERT INTO receipts_linearized SELECT max(stream_ordering), room_id, sender,
                max(event_id)
                FROM events GROUP BY room_id, sender;
            """,
        tables: [
            Table("events", "origin_server_ts < 1690000080000"),
            Table("event_json", "format_version = 3"),
        ],
        life: [
            """
            SELECT e.stream_ordering, j.json FROM events AS e JOIN event_json AS j USING (event_id)
            WHERE e.room_id = '!r2' AND e.stream_ordering < 90 ORDER BY e.stream_ordering DESC
                LIMIT 10
            """,
            """
            SELECT sender, count(*) FROM events WHERE type = 'm.room.message' GROUP BY 1
            ORDER BY 1
            """,
            """
            INSERT OR IGNORE INTO events VALUES (500, 1, '$' || hex(10 * 7919) || ':example', 'm.x',
            '!r0', '@u1', 0)
            """,
            """
            INSERT INTO event_json VALUES ('$' || hex(20 * 7919) || ':example', '!r0', '{}', 4)
            ON CONFLICT (event_id) DO UPDATE SET json = excluded.json
            """,
            """
            DELETE FROM event_json WHERE event_id IN (SELECT event_id FROM events
            WHERE room_id = '!r4')
            """,
            "DELETE FROM events WHERE room_id = '!r4'",
            .migrate,
            """
            SELECT count(*) FROM events AS e WHERE NOT EXISTS (SELECT 1 FROM event_json AS j
            WHERE j.event_id = e.event_id)
            """,
            "SELECT rowid, event_id FROM event_json ORDER BY rowid LIMIT 5",
            .elsewhere("ALTER TABLE events ADD COLUMN instance_name TEXT"),
            "SELECT max(stream_ordering), count(instance_name) FROM events",
        ])

    /// A vault of passwords: an event log by random keys.
    private static let vault = Application(
        name: "vault",
        script: """
            CREATE TABLE event(uuid CHAR(36) NOT NULL PRIMARY KEY, event_type INTEGER NOT NULL,
                user_uuid CHAR(36), org_uuid CHAR(36), cipher_uuid CHAR(36), act_user_uuid CHAR(36),
                device_type INTEGER, ip_address TEXT, event_date DATETIME NOT NULL, UNIQUE (uuid));
            \(rows(90, into: """
                event(uuid, event_type, user_uuid, org_uuid, ip_address,
                event_date)
                """, """
                printf('%08x-0000-4000-8000-%012x', i * 2654435761 % 4294967296, i), 1000 + i % 9,
                'user-' || (i % 4), 'org-' || (i % 2), '10.0.0.' || (i % 20),
                datetime('2026-03-01', '+' || i || ' hours')
                """))
            """,
        tables: [Table("event", "event_date < '2026-03-03'")],
        life: [
            """
            SELECT uuid, event_type FROM event WHERE org_uuid = 'org-1' AND event_date BETWEEN
            '2026-03-02' AND '2026-03-04' ORDER BY event_date DESC LIMIT 12
            """,
            "DELETE FROM event WHERE event_date < '2026-03-01 12:00:00'",
            """
            INSERT OR REPLACE INTO event(uuid, event_type, event_date) SELECT uuid, 1, event_date
            FROM event WHERE user_uuid = 'user-3'
            """,
            "SELECT event_type, count(*) FROM event GROUP BY 1 ORDER BY 1",
            .migrate,
            "UPDATE event SET ip_address = NULL WHERE user_uuid = 'user-2'",
            "SELECT count(ip_address), count(*) FROM event",
        ])

    /// Requests of a backend: JSON in a table, indexes on expressions.
    private static let requests = Application(
        name: "requests",
        script: """
            CREATE TABLE `_logs`(`id` TEXT PRIMARY KEY DEFAULT ('r' || lower(hex(randomblob(7))))
                NOT NULL,
                `level` INTEGER DEFAULT 0 NOT NULL, `message` TEXT DEFAULT "" NOT NULL,
                `data` JSON DEFAULT "{}" NOT NULL,
                `created` TEXT DEFAULT (strftime('%Y-%m-%d %H:%M:%fZ')) NOT NULL);
            CREATE INDEX idx_logs_level ON `_logs`(`level`);
            CREATE INDEX idx_logs_created_hour ON `_logs`(strftime('%Y-%m-%d %H:00:00', `created`));
            \(rows(100, into: "_logs", """
                'r' || printf('%014d', i * 31 % 100), i % 3 * 4, 'GET /' || i,
                json_object('status', 200 + i % 5, 'url', '/' || i),
                strftime('%Y-%m-%d %H:%M:%fZ', '2026-04-01', '+' || (i * 20) || ' minutes')
                """))
            """,
        tables: [Table("_logs", "created < '2026-04-02'")],
        life: [
            """
            SELECT strftime('%Y-%m-%d %H:00:00', created) AS hour, count(id) FROM _logs
            WHERE json_extract(data, '$.status') >= 202 GROUP BY hour ORDER BY hour
            """,
            "SELECT id, message FROM _logs WHERE level > 0 ORDER BY rowid DESC LIMIT 5",
            "INSERT INTO _logs(id, created) VALUES ('new', '2026') RETURNING level, message, data",
            "DELETE FROM _logs WHERE created <= '2026-04-01 10:00:00.000Z'",
            "DELETE FROM _logs WHERE id = 'new'",
            .migrate,
            "SELECT count(*), sum(level) FROM _logs WHERE data LIKE '%\"status\":203%'",
        ])
}
