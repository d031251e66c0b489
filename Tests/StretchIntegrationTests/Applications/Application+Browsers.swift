/// Histories of browsers and shells.
extension Application {
    static let browsers = [places, history, shell]

    /// Places and visits, with counts that the application keeps, and chains of visits.
    private static let places = Application(
        name: "places",
        script: """
            CREATE TABLE moz_places(id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR,
                rev_host LONGVARCHAR, visit_count INTEGER DEFAULT 0, hidden INTEGER DEFAULT 0 NOT
                    NULL,
                frecency INTEGER DEFAULT -1 NOT NULL, last_visit_date INTEGER, guid TEXT,
                url_hash INTEGER DEFAULT 0 NOT NULL);
            CREATE UNIQUE INDEX moz_places_guid_uniqueindex ON moz_places(guid);
            CREATE INDEX moz_places_url_hashindex ON moz_places(url_hash);
            CREATE TABLE moz_historyvisits(id INTEGER PRIMARY KEY, from_visit INTEGER, place_id
                INTEGER,
                visit_date INTEGER, visit_type INTEGER, session INTEGER);
            CREATE INDEX moz_historyvisits_placedateindex ON moz_historyvisits(place_id,
                visit_date);
            CREATE INDEX moz_historyvisits_dateindex ON moz_historyvisits(visit_date);
            CREATE INDEX moz_historyvisits_fromindex ON moz_historyvisits(from_visit);
            \(rows(50, into: "moz_places", """
                i, 'https://site' || i || '.example/' || char(228), 'Title ' || i, 'elpmaxe.' || i
                    || 'etis.',
                i % 7, i % 11 = 0, i * 10, 1700000000000000 + i * 1000000, 'guid' || printf('%08d',
                    i), i * 7
                """))
            \(rows(160, into: "moz_historyvisits", """
                i, CASE i % 4 WHEN 0 THEN 0 ELSE i - 1 END, i % 50 + 1, 1700000000000000 + i *
                    1000000,
                i % 8 + 1, 0
                """))
            """,
        tables: [
            Table("moz_historyvisits", "visit_date < 1700000110000000"),
            Table("moz_places", "last_visit_date < 1700000030000000"),
        ],
        life: [
            """
            SELECT h.url, count(*) FROM moz_places AS h JOIN moz_historyvisits AS v ON v.place_id =
                h.id
            WHERE h.hidden = 0 AND v.visit_type NOT IN (0, 4, 8) GROUP BY h.id ORDER BY 2 DESC, 1
                LIMIT 8
            """,
            """
            WITH RECURSIVE chain(id, from_visit) AS (
                SELECT id, from_visit FROM moz_historyvisits WHERE id = 103
                UNION ALL SELECT v.id, v.from_visit FROM moz_historyvisits AS v JOIN chain AS c
                ON v.id = c.from_visit)
            SELECT * FROM chain ORDER BY id
            """,
            """
            SELECT id FROM moz_places WHERE url_hash BETWEEN 70 AND 210 AND url > 'https://site2'
            ORDER BY frecency DESC
            """,
            """
            UPDATE moz_places SET visit_count = (SELECT count(*) FROM moz_historyvisits
            WHERE place_id = moz_places.id) WHERE id < 20
            """,
            """
            INSERT OR IGNORE INTO moz_places(url, guid, url_hash) VALUES ('https://x',
            'guid00000012', 1)
            """,
            """
            INSERT INTO moz_historyvisits(from_visit, place_id, visit_date, visit_type, session)
            VALUES (160, 3, 1700009000000000, 1, 0)
            """,
            "DELETE FROM moz_historyvisits WHERE visit_date < 1700000020000000",
            """
            DELETE FROM moz_places WHERE id NOT IN (SELECT place_id FROM moz_historyvisits)
            AND frecency < 200
            """,
            .migrate,
            "SELECT count(*), sum(visit_count) FROM moz_places",
            """
            SELECT strftime('%H', visit_date / 1000000, 'unixepoch'), count(*) FROM
                moz_historyvisits
            GROUP BY 1
            """,
        ])

    /// Urls and visits, with LIKE searches.
    private static let history = Application(
        name: "history",
        script: """
            CREATE TABLE urls(id INTEGER PRIMARY KEY AUTOINCREMENT, url LONGVARCHAR, title
                LONGVARCHAR,
                visit_count INTEGER DEFAULT 0 NOT NULL, typed_count INTEGER DEFAULT 0 NOT NULL,
                last_visit_time INTEGER NOT NULL, hidden INTEGER DEFAULT 0 NOT NULL);
            CREATE INDEX urls_url_index ON urls(url);
            CREATE TABLE visits(id INTEGER PRIMARY KEY AUTOINCREMENT, url INTEGER NOT NULL,
                visit_time INTEGER NOT NULL, from_visit INTEGER, transition INTEGER DEFAULT 0 NOT
                    NULL,
                visit_duration INTEGER DEFAULT 0 NOT NULL);
            CREATE INDEX visits_url_index ON visits(url);
            CREATE INDEX visits_time_index ON visits(visit_time);
            \(rows(40, into: "urls(url, title, visit_count, last_visit_time)", """
                'https://h' || i || '.example/' || (i % 4), 'A_title ' || i, i, 13300000000000000 +
                    i
                """))
            \(rows(120, into: "visits(url, visit_time, from_visit, transition)", """
                i % 40 + 1, 13300000000000000 + i, i - 1, 805306368 + i % 9
                """))
            """,
        tables: [
            Table("visits", "visit_time < 13300000000000090"), Table("urls", "visit_count < 20"),
        ],
        life: [
            "SELECT url FROM urls WHERE url LIKE 'https://h1%' ORDER BY url",
            "SELECT id FROM urls WHERE title LIKE 'A\\_title 3_' ESCAPE '\\' ORDER BY id",
            """
            SELECT v.id, u.url FROM visits AS v JOIN urls AS u ON u.id = v.url
            WHERE (v.transition & 255) IN (1, 5) ORDER BY v.visit_time DESC, v.id LIMIT 9
            """,
            """
            UPDATE urls SET visit_count = visit_count + 1, last_visit_time = 13400000000000000
            WHERE url = 'https://h7.example/3'
            """,
            "DELETE FROM visits WHERE url IN (SELECT id FROM urls WHERE url GLOB 'https://h2*')",
            "DELETE FROM urls WHERE url GLOB 'https://h2*'",
            .migrate,
            "SELECT count(*), sum(visit_count), max(last_visit_time) FROM urls",
        ])

    /// Commands of a shell: text keys made of time and randomness.
    private static let shell = Application(
        name: "shell",
        script: """
            CREATE TABLE history(id text primary key, timestamp integer not null, duration integer
                not null,
                exit integer not null, command text not null, cwd text not null, session text not
                    null,
                hostname text not null, deleted_at integer, unique(timestamp, cwd, command));
            CREATE INDEX idx_history_timestamp ON history(timestamp);
            CREATE INDEX idx_history_command ON history(command);
            \(rows(100, into: """
                history(id, timestamp, duration, exit, command, cwd,
                session, hostname)
                """, """
                printf('%012x', 1700000000 + i) || printf('%08x', i * 7919), 1700000000000000000 +
                    i,
                i * 1000, i % 9 = 0, 'git log -' || (i % 12), '/dir/' || (i % 5), 's' || (i / 10),
                    'box:amy'
                """))
            """,
        tables: [Table("history", "timestamp < 1700000000000000070")],
        life: [
            """
            SELECT command, max(timestamp) FROM history WHERE command LIKE 'git%' AND cwd =
                '/dir/2'
            AND deleted_at IS NULL GROUP BY command ORDER BY 2 DESC LIMIT 5
            """,
            "SELECT count(*) FROM history WHERE exit = 0 AND session IN ('s1', 's9')",
            """
            INSERT OR IGNORE INTO history SELECT 'twice', timestamp, 1, 0, command, cwd, 's', 'h',
                NULL
            FROM history WHERE id IN (SELECT id FROM history ORDER BY timestamp LIMIT 3)
            """,
            "UPDATE history SET deleted_at = 1 WHERE command = 'git log -7'",
            "DELETE FROM history WHERE deleted_at IS NOT NULL AND cwd = '/dir/0'",
            .migrate,
            "SELECT hostname, count(*), sum(duration) FROM history GROUP BY 1",
        ])
}
