/// Recorders of homes and networks: large, monotonous tables.
extension Application {
    static let homes = [recorder, uptime, resolver, cameras, meter]

    /// A home automation recorder: states that refer to earlier ones, attributes that rows share.
    private static let recorder = Application(
        name: "recorder",
        script: """
            CREATE TABLE state_attributes(attributes_id INTEGER NOT NULL PRIMARY KEY, hash BIGINT,
                shared_attrs TEXT);
            CREATE INDEX ix_attributes_hash ON state_attributes(hash);
            CREATE TABLE states_meta(metadata_id INTEGER NOT NULL PRIMARY KEY, entity_id
                VARCHAR(255));
            CREATE UNIQUE INDEX ix_states_meta_entity_id ON states_meta(entity_id);
            CREATE TABLE states(state_id INTEGER NOT NULL, state VARCHAR(255),
                last_updated_ts FLOAT, old_state_id INTEGER, attributes_id INTEGER,
                metadata_id INTEGER, PRIMARY KEY (state_id),
                FOREIGN KEY(old_state_id) REFERENCES states(state_id),
                FOREIGN KEY(attributes_id) REFERENCES state_attributes(attributes_id),
                FOREIGN KEY(metadata_id) REFERENCES states_meta(metadata_id));
            CREATE INDEX ix_states_old ON states(old_state_id);
            CREATE INDEX ix_states_metadata_id_last_updated_ts ON states(metadata_id,
                last_updated_ts);
            CREATE INDEX ix_states_attributes_id ON states(attributes_id);
            \(rows(6, into: "states_meta", "i, 'sensor.room_' || i"))
            \(rows(10, into: "state_attributes",
                "i, i * 7919, '{\"unit\":\"C\",\"n\":' || i || '}'"))
            \(rows(120, into: "states", """
                i, CASE i % 3 WHEN 0 THEN 'on' WHEN 1 THEN 'off' ELSE '2' || i END,
                1700000000.25 + i * 60, CASE WHEN i > 6 AND i NOT BETWEEN 80 AND 85 THEN i - 6 END,
                    i % 10 + 1,
                i % 6 + 1
                """))
            """,
        tables: [Table("states", "last_updated_ts < 1700004800")],
        life: [
            "PRAGMA foreign_keys = ON",
            """
            SELECT m.entity_id, count(*), max(s.last_updated_ts) FROM states AS s
            JOIN states_meta AS m USING (metadata_id) GROUP BY 1 ORDER BY 1
            """,
            """
            SELECT s.state, o.state FROM states AS s LEFT JOIN states AS o
            ON s.old_state_id = o.state_id WHERE s.state_id IN (5, 20, 60, 96, 120) ORDER BY
                s.state_id
            """,
            """
            SELECT state_id, state FROM states WHERE metadata_id = 3 AND last_updated_ts >
                1700002000
            ORDER BY last_updated_ts DESC LIMIT 4
            """,
            "UPDATE states SET old_state_id = NULL WHERE old_state_id IN (1, 2, 3, 4, 5, 6)",
            "DELETE FROM states WHERE state_id IN (1, 2, 3, 4, 5, 6)",
            """
            DELETE FROM state_attributes WHERE attributes_id NOT IN
            (SELECT attributes_id FROM states WHERE attributes_id IS NOT NULL)
            """,
            "INSERT INTO states VALUES (NULL, 'on', 1700009999.5, 120, 3, 1)",
            .migrate,
            .elsewhere("ALTER TABLE states ADD COLUMN last_reported_ts FLOAT"),
            "SELECT count(*), count(last_reported_ts), sum(length(state)) FROM states",
            .migrate,
        ])

    /// A monitor of services: beats, hourly statistics with a unique key, upserts.
    private static let uptime = Application(
        name: "uptime",
        script: """
            CREATE TABLE monitor(id INTEGER PRIMARY KEY AUTOINCREMENT, name VARCHAR(150));
            CREATE TABLE heartbeat(id INTEGER PRIMARY KEY AUTOINCREMENT,
                important BOOLEAN NOT NULL DEFAULT 0, monitor_id INTEGER NOT NULL, status SMALLINT
                    NOT NULL,
                msg TEXT, time DATETIME NOT NULL, ping INTEGER,
                CONSTRAINT FK_monitor FOREIGN KEY (monitor_id) REFERENCES monitor(id)
                ON DELETE CASCADE ON UPDATE CASCADE);
            CREATE INDEX monitor_important_time_index ON heartbeat(monitor_id, important, time);
            CREATE TABLE stat_hourly(id INTEGER PRIMARY KEY AUTOINCREMENT, monitor_id INTEGER NOT
                NULL,
                timestamp INTEGER NOT NULL, ping FLOAT NOT NULL, up SMALLINT NOT NULL,
                down SMALLINT NOT NULL, UNIQUE (monitor_id, timestamp));
            INSERT INTO monitor(name) VALUES ('web'), ('db'), ('mail');
            \(rows(90, into: "heartbeat(important, monitor_id, status, msg, time, ping)", """
                i % 10 = 0, i % 3 + 1, i % 7 > 0, 'beat ' || i,
                datetime('2026-01-01', '+' || i || ' days'), i * 3 % 50
                """))
            \(rows(60, into: "stat_hourly(monitor_id, timestamp, ping, up, down)",
                "i % 3 + 1, 1767225600 + i / 3 * 3600, i * 1.5, 50, i % 2"))
            """,
        tables: [
            Table("heartbeat", "time < '2026-03-01'"),
            Table("stat_hourly", "timestamp < 1767265200"),
        ],
        life: [
            "PRAGMA foreign_keys = ON",
            """
            SELECT monitor_id, sum(up), round(avg(ping), 3) FROM stat_hourly
            WHERE timestamp >= 1767232800 GROUP BY 1 ORDER BY 1
            """,
            """
            SELECT time, msg FROM heartbeat WHERE monitor_id = 2 AND important = 1
            ORDER BY time DESC LIMIT 5
            """,
            """
            INSERT INTO stat_hourly(monitor_id, timestamp, ping, up, down)
            VALUES (2, 1767229200, 1.25, 1, 0)
            ON CONFLICT(monitor_id, timestamp) DO UPDATE SET up = up + excluded.up, ping =
                excluded.ping
            """,
            """
            INSERT OR IGNORE INTO stat_hourly(monitor_id, timestamp, ping, up, down)
            VALUES (1, 1767229200, 9, 9, 9)
            """,
            "DELETE FROM heartbeat WHERE monitor_id = 1 AND time < '2026-01-20'",
            """
            DELETE FROM heartbeat WHERE id NOT IN (SELECT id FROM heartbeat
            ORDER BY time DESC LIMIT 60)
            """,
            .migrate,
            "DELETE FROM monitor WHERE id = 3",
            "SELECT count(*) FROM heartbeat",
            .elsewhere(
                """
                PRAGMA foreign_keys = OFF;
                CREATE TABLE n(id INTEGER PRIMARY KEY AUTOINCREMENT, important BOOLEAN NOT NULL
                    DEFAULT 0,
                    monitor_id INTEGER NOT NULL REFERENCES monitor(id) ON DELETE CASCADE,
                    status SMALLINT NOT NULL, msg TEXT, time DATETIME NOT NULL, ping BIGINT,
                    retries INTEGER NOT NULL DEFAULT 0);
                INSERT INTO n(id, important, monitor_id, status, msg, time, ping)
                SELECT id, important, monitor_id, status, msg, time, ping FROM heartbeat;
                DROP TABLE heartbeat; ALTER TABLE n RENAME TO heartbeat;
                CREATE INDEX monitor_important_time_index ON heartbeat(monitor_id, important, time);
                PRAGMA foreign_keys = ON;
                """),
            "SELECT sum(retries), count(*), sum(ping) FROM heartbeat",
            .migrate,
        ])

    /// A name server: a log by domains and clients that are kept once, and a view over it.
    private static let resolver = Application(
        name: "resolver",
        script: """
            CREATE TABLE domain_by_id(id INTEGER PRIMARY KEY, domain TEXT NOT NULL);
            CREATE UNIQUE INDEX domain_by_id_domain_idx ON domain_by_id(domain);
            CREATE TABLE client_by_id(id INTEGER PRIMARY KEY, ip TEXT NOT NULL, name TEXT);
            CREATE UNIQUE INDEX client_by_id_client_idx ON client_by_id(ip, name);
            CREATE TABLE query_storage(id INTEGER PRIMARY KEY AUTOINCREMENT, timestamp INTEGER NOT
                NULL,
                type INTEGER NOT NULL, status INTEGER NOT NULL, domain INTEGER NOT NULL,
                client INTEGER NOT NULL, forward INTEGER, reply_time REAL);
            CREATE INDEX idx_queries_timestamps ON query_storage(timestamp);
            CREATE VIEW queries AS SELECT id, timestamp, type, status,
                CASE typeof(domain) WHEN 'integer' THEN
                    (SELECT domain FROM domain_by_id AS d WHERE d.id = q.domain) ELSE domain END AS
                        domain,
                CASE typeof(client) WHEN 'integer' THEN
                    (SELECT ip FROM client_by_id AS c WHERE c.id = q.client) ELSE client END AS
                        client,
                reply_time FROM query_storage AS q;
            \(rows(12, into: "domain_by_id", "i, 'host' || i || '.example'"))
            \(rows(4, into: "client_by_id",
                "i, '10.0.0.' || i, CASE WHEN i > 1 THEN 'pc' || i END"))
            \(rows(150, into: "query_storage(timestamp, type, status, domain, client, reply_time)",
                "1700000000 + i * 10, i % 5, i % 3, i % 12 + 1, i % 4 + 1, i / 1000.0"))
            INSERT INTO query_storage(timestamp, type, status, domain, client)
            VALUES (1700000005, 1, 2, 'text.example', '10.9.9.9');
            """,
        tables: [Table("query_storage", "timestamp < 1700001000")],
        life: [
            "SELECT domain, count(*) FROM queries GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 5",
            "SELECT * FROM queries WHERE timestamp BETWEEN 1700000900 AND 1700001100 ORDER BY id",
            "SELECT client, count(*) FROM queries WHERE status IN (1, 2) GROUP BY 1 ORDER BY 1",
            "INSERT OR IGNORE INTO domain_by_id(domain) VALUES ('host3.example')",
            """
            INSERT INTO query_storage(timestamp, type, status, domain, client)
            SELECT 1700002000, 1, 1, id, 2 FROM domain_by_id WHERE domain = 'host3.example'
            """,
            "DELETE FROM query_storage WHERE timestamp <= 1700000300",
            """
            DELETE FROM query_storage WHERE id IN (SELECT id FROM query_storage
            WHERE timestamp <= 1700000500 ORDER BY timestamp LIMIT 5)
            """,
            .migrate,
            "UPDATE query_storage SET status = 9 WHERE domain = 4",
            .elsewhere("ALTER TABLE query_storage RENAME COLUMN forward TO upstream"),
            "SELECT count(upstream), round(sum(reply_time), 6) FROM query_storage",
            "SELECT min(timestamp), max(timestamp), count(*) FROM queries",
        ])

    /// Cameras: text keys, a table whose name is a keyword, JSON, a purge by subquery.
    private static let cameras = Application(
        name: "cameras",
        script: """
            CREATE TABLE "event"("id" VARCHAR(30) NOT NULL PRIMARY KEY, "label" VARCHAR(20) NOT
                NULL,
                "camera" VARCHAR(20) NOT NULL, "start_time" DATETIME NOT NULL, "end_time" DATETIME,
                "has_clip" INTEGER NOT NULL DEFAULT 1, "data" JSON);
            CREATE INDEX "event_label" ON "event"("label");
            CREATE INDEX "event_start_time_end_time" ON "event"("start_time" DESC, "end_time" DESC);
            CREATE TABLE "recordings"("id" VARCHAR(30) NOT NULL PRIMARY KEY, "camera" VARCHAR(20)
                NOT NULL,
                "path" VARCHAR(255) NOT NULL, "start_time" DATETIME NOT NULL,
                    "end_time" DATETIME NOT NULL,
                "duration" REAL NOT NULL);
            CREATE UNIQUE INDEX "recordings_path" ON "recordings"("path");
            CREATE TABLE "trigger"("camera" VARCHAR(20) NOT NULL, "name" VARCHAR NOT NULL,
                "last_triggered" DATETIME, PRIMARY KEY ("camera", "name"));
            \(rows(80, into: "\"event\"", """
                i || '.5-abc' || (i * 37 % 80), CASE i % 2 WHEN 0 THEN 'person' ELSE 'car' END,
                'cam' || (i % 3), 1700000000.5 + i * 100, 1700000060.5 + i * 100, i % 4 > 0,
                json_object('score', i / 100.0, 'zones', json_array('z' || (i % 2)))
                """))
            \(rows(70, into: "\"recordings\"", """
                (1000 + i) || '-rec', 'cam' || (i % 3), '/media/' || i || '.mp4', 1700000000.5 + i
                    * 100,
                1700000010.5 + i * 100, 10.0
                """))
            \(rows(20, into: "\"trigger\"", "'cam' || (i % 3), 't' || i, 1700000000 + i * 100"))
            """,
        tables: [
            Table("event", "start_time < 1700005000"),
            Table("recordings", "start_time < 1700005000"),
            Table("trigger", "last_triggered < 1700001000"),
        ],
        life: [
            """
            SELECT camera, label, count(*), round(sum(json_extract(data, '$.score')), 3) FROM event
            GROUP BY 1, 2 ORDER BY 1, 2
            """,
            """
            SELECT id FROM event WHERE label = 'person' AND start_time > 1700003000
            ORDER BY start_time DESC LIMIT 7
            """,
            "SELECT sum(duration) FROM recordings WHERE camera = 'cam1' AND end_time > 1700002000",
            "UPDATE event SET has_clip = 0 WHERE start_time < 1700001000 AND camera = 'cam2'",
            """
            DELETE FROM event WHERE id IN (SELECT id FROM event WHERE has_clip = 0
            ORDER BY start_time LIMIT 10)
            """,
            "INSERT OR REPLACE INTO recordings VALUES ('new', 'cam1', '/media/3.mp4', 1, 2, 3.5)",
            """
            INSERT INTO "trigger" VALUES ('cam1', 't1', 1)
            ON CONFLICT DO UPDATE SET last_triggered = 1700009000
            """,
            .migrate,
            """
            SELECT e.id, r.path FROM event AS e JOIN recordings AS r ON r.camera = e.camera
            AND r.start_time <= e.start_time AND r.end_time >= e.start_time ORDER BY 1, 2
            """,
            .elsewhere("ALTER TABLE event ADD COLUMN sub_label VARCHAR(100) DEFAULT 'none'"),
            "UPDATE event SET sub_label = 'amy' WHERE label = 'person' AND camera = 'cam0'",
            "SELECT sub_label, count(*) FROM event GROUP BY 1 ORDER BY 1",
        ])

    /// Meters: no key at all, and sums by day.
    private static let meter = Application(
        name: "meter",
        script: """
            CREATE TABLE samples(channel TEXT, at TEXT, value NUMERIC);
            CREATE INDEX samples_at ON samples(channel, at);
            \(rows(140, into: "samples", """
                'c' || (i % 4), datetime('2026-05-01', '+' || (i * 3) || ' hours'),
                CASE i % 9 WHEN 0 THEN NULL WHEN 1 THEN 'n/a' WHEN 2 THEN i + 0.5 ELSE i END
                """))
            INSERT INTO samples SELECT channel, at, value FROM samples WHERE value > 120;
            """,
        tables: [Table("samples", "at < '2026-05-13'")],
        life: [
            """
            SELECT date(at), channel, sum(value), count(*) FROM samples GROUP BY 1, 2 ORDER BY 1,
            2
            """,
            "SELECT rowid, value FROM samples WHERE channel = 'c2' ORDER BY rowid DESC LIMIT 6",
            """
            DELETE FROM samples WHERE rowid NOT IN (SELECT min(rowid) FROM samples
            GROUP BY channel, at, value)
            """,
            "UPDATE samples SET value = value * 2 WHERE typeof(value) = 'real'",
            .migrate,
            "INSERT INTO samples VALUES ('c1', '2026-06-01', 1), ('c1', '2026-06-01', 1)",
            """
            SELECT typeof(value), count(*), min(value), max(value) FROM samples GROUP BY 1
            ORDER BY 1
            """,
            "DELETE FROM samples WHERE at < '2026-05-03' OR value IS NULL",
            "SELECT count(*) FROM samples",
        ])
}
