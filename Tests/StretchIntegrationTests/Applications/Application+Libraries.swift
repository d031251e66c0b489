/// Collections of a person: cards, articles, recognized texts, prompts, books, tracks.
extension Application {
    static let libraries = [cards, articles, screens, prompts, books, scrobbles]

    /// Flash cards: a log of reviews whose key is a time in milliseconds.
    private static let cards = Application(
        name: "cards",
        script: """
            CREATE TABLE notes(id integer primary key, guid text not null, mod integer not null,
                tags text not null, flds text not null, sfld integer not null);
            CREATE INDEX idx_notes_mod ON notes(mod);
            CREATE TABLE cards(id integer primary key, nid integer not null, due integer not null,
                ivl integer not null, reps integer not null);
            CREATE INDEX ix_cards_nid ON cards(nid);
            CREATE TABLE revlog(id integer primary key, cid integer not null, usn integer not null,
                ease integer not null, ivl integer not null, time integer not null, type integer
                    not null);
            CREATE INDEX ix_revlog_cid ON revlog(cid);
            \(rows(30, into: "notes", """
                1600000000000 + i, 'g' || i, i, ' tag' || (i % 3) || ' ', 'front' || i || char(31)
                    || 'back',
                CASE i % 2 WHEN 0 THEN i ELSE 'front' || i END
                """))
            INSERT INTO cards SELECT id, id, id % 100, 1, 0 FROM notes;
            \(rows(150, into: "revlog",
                """
                1700000000000 + i * 86400, 1600000000000 + i % 30 + 1, -1, i % 4 + 1, i, i, i % 3
                """))
            """,
        tables: [Table("revlog", "id < 1700008640000")],
        life: [
            """
            SELECT ease, count(*), sum(time) FROM revlog WHERE id > 1700004320000 GROUP BY 1
            ORDER BY 1
            """,
            """
            SELECT c.id, count(r.id) FROM cards AS c LEFT JOIN revlog AS r ON r.cid = c.id
            AND r.ease = 1 GROUP BY 1 ORDER BY 1
            """,
            """
            SELECT (id / 86400 - 19675925) / 30 AS day, count(*) FROM revlog GROUP BY day
            ORDER BY day
            """,
            """
            DELETE FROM revlog WHERE cid IN (SELECT c.id FROM cards AS c JOIN notes AS n ON n.id =
                c.nid
            WHERE n.tags LIKE '% tag2 %')
            """,
            "UPDATE revlog SET usn = 5 WHERE usn = -1 AND id > 1700006000000",
            "INSERT OR IGNORE INTO revlog VALUES (1700000086400, 1, 0, 1, 1, 1, 1)",
            .migrate,
            "SELECT count(*), min(id), max(id), sum(usn) FROM revlog",
            .elsewhere("ALTER TABLE revlog ADD COLUMN factor integer not null default 2500"),
            "SELECT avg(factor) FROM revlog",
        ])

    /// Articles of feeds, with a full-text index of their own that is joined by rowid.
    private static let articles = Application(
        name: "articles",
        script: """
            CREATE TABLE articles(articleID TEXT NOT NULL PRIMARY KEY, feedID TEXT NOT NULL,
                uniqueID TEXT NOT NULL, title TEXT, contentText TEXT, datePublished DATE,
                searchRowID INTEGER);
            CREATE INDEX articles_feedID ON articles(feedID, datePublished DESC, articleID);
            CREATE TABLE statuses(articleID TEXT NOT NULL PRIMARY KEY, read BOOL NOT NULL DEFAULT 0,
                starred BOOL NOT NULL DEFAULT 0, dateArrived DATE NOT NULL DEFAULT 0);
            CREATE VIRTUAL TABLE search USING fts4(title, body);
            CREATE TRIGGER articles_after_delete AFTER DELETE ON articles BEGIN
                DELETE FROM search WHERE rowid = OLD.searchRowID; END;
            \(rows(60, into: "articles", """
                'a' || (i * 31 % 60), 'f' || (i % 4), 'u' || i, 'Title ' || i,
                CASE i % 5 WHEN 0 THEN 'swift birds' ELSE 'slow fish ' || i END, 1700000000.5 + i *
                    3600, i
                """))
            INSERT INTO search(rowid, title, body) SELECT searchRowID, title, contentText FROM
                articles;
            INSERT INTO statuses SELECT articleID, searchRowID % 2, searchRowID % 7 = 0,
                datePublished
                FROM articles;
            """,
        tables: [
            Table("articles", "datePublished < 1700130000"),
            Table("statuses", "dateArrived < 1700130000 AND starred = 0"),
        ],
        life: [
            """
            SELECT a.articleID FROM articles AS a JOIN search AS s ON s.rowid = a.searchRowID
            WHERE search MATCH 'swift' ORDER BY a.datePublished DESC
            """,
            """
            SELECT a.articleID FROM articles AS a NATURAL JOIN statuses WHERE a.feedID = 'f2'
            AND read = 0 ORDER BY datePublished DESC LIMIT 7
            """,
            """
            UPDATE statuses SET read = 1 WHERE articleID IN (SELECT articleID FROM articles
            WHERE feedID = 'f1')
            """,
            "INSERT OR REPLACE INTO statuses VALUES ('a3', 1, 1, 1700000000)",
            """
            DELETE FROM articles WHERE feedID = 'f3' AND articleID IN (SELECT articleID FROM
                statuses
            WHERE read = 1 AND starred = 0)
            """,
            "SELECT count(*) FROM search WHERE search MATCH 'swift OR slow'",
            .migrate,
            "SELECT feedID, count(*), min(title) FROM articles GROUP BY 1 ORDER BY 1",
        ])

    /// Texts seen on a screen: a full-text index that triggers keep, and no key but the rowid.
    private static let screens = Application(
        name: "screens",
        script: """
            CREATE TABLE frames(id INTEGER PRIMARY KEY AUTOINCREMENT, at TIMESTAMP NOT NULL, app
                TEXT);
            CREATE INDEX idx_frames_at ON frames(at);
            CREATE TABLE ocr_text(frame_id INTEGER NOT NULL, text TEXT NOT NULL, app_name TEXT);
            CREATE INDEX idx_ocr_text_frame_id ON ocr_text(frame_id);
            CREATE VIRTUAL TABLE ocr_text_fts USING fts5(text, app_name, tokenize='unicode61');
            CREATE TRIGGER ocr_text_ai AFTER INSERT ON ocr_text WHEN NEW.text <> '' BEGIN
                INSERT INTO ocr_text_fts(rowid, text, app_name) VALUES (NEW.rowid, NEW.text,
                    NEW.app_name);
            END;
            CREATE TRIGGER ocr_text_au AFTER UPDATE ON ocr_text BEGIN
                UPDATE ocr_text_fts SET text = NEW.text, app_name = NEW.app_name WHERE rowid =
                    OLD.rowid;
            END;
            CREATE TRIGGER ocr_text_ad AFTER DELETE ON ocr_text BEGIN
                DELETE FROM ocr_text_fts WHERE rowid = OLD.rowid; END;
            \(rows(70, into: "frames(at, app)",
                "datetime('2026-01-01', '+' || i || ' minutes'), 'app' || (i % 3)"))
            \(rows(70, into: "ocr_text", """
                i, CASE i % 4 WHEN 0 THEN 'invoice ' ELSE 'memo ' END || i, 'app' || (i % 3)
                """))
            """,
        tables: [Table("frames", "at < '2026-01-01 00:45'"), Table("ocr_text", "frame_id < 45")],
        life: [
            """
            SELECT o.frame_id, o.text FROM ocr_text_fts AS f JOIN ocr_text AS o ON o.rowid = f.rowid
            WHERE ocr_text_fts MATCH 'invoice' ORDER BY o.frame_id
            """,
            """
            SELECT r.at, o.text FROM frames AS r JOIN ocr_text AS o ON o.frame_id = r.id
            WHERE r.app = 'app1' ORDER BY r.at DESC LIMIT 6
            """,
            "INSERT INTO ocr_text VALUES (200, 'late invoice', 'app9')",
            "UPDATE ocr_text SET text = 'paid' WHERE frame_id IN (8, 64)",
            """
            DELETE FROM ocr_text WHERE frame_id IN (SELECT id FROM frames
            WHERE at < '2026-01-01 00:20')
            """,
            "DELETE FROM frames WHERE at < '2026-01-01 00:20'",
            """
            SELECT rowid, text FROM ocr_text_fts WHERE ocr_text_fts MATCH 'invoice OR paid'
            ORDER BY rowid
            """,
            .migrate,
            "SELECT max(rowid), count(*) FROM ocr_text",
        ])

    /// Prompts and answers: text keys, JSON, contentless search.
    private static let prompts = Application(
        name: "prompts",
        script: """
            CREATE TABLE conversations(id TEXT PRIMARY KEY, name TEXT, model TEXT);
            CREATE TABLE responses(id TEXT PRIMARY KEY, model TEXT, prompt TEXT, response TEXT,
                conversation_id TEXT REFERENCES conversations(id), duration_ms INTEGER,
                datetime_utc TEXT, token_details TEXT);
            CREATE VIRTUAL TABLE responses_fts USING fts5(prompt, response, content='');
            CREATE TRIGGER responses_ai AFTER INSERT ON responses BEGIN
                INSERT INTO responses_fts(rowid, prompt, response)
                VALUES (new.rowid, new.prompt, new.response); END;
            CREATE TRIGGER responses_ad AFTER DELETE ON responses BEGIN
                INSERT INTO responses_fts(responses_fts, rowid, prompt, response)
                VALUES ('delete', old.rowid, old.prompt, old.response); END;
            \(rows(8, into: "conversations", "'c' || i, 'Talk ' || i, 'm'"))
            \(rows(60, into: "responses", """
                '01' || printf('%06d', i * 31 % 97), 'm' || (i % 2), 'why ' || i, 'because of ' ||
                    (i % 6),
                'c' || (i % 8 + 1), i * 10, datetime('2026-01-01', '+' || i || ' hours'), '{"n":'
                    || i || '}'
                """))
            """,
        tables: [Table("responses", "datetime_utc < '2026-01-02 12:00'")],
        life: [
            "PRAGMA foreign_keys = ON",
            """
            SELECT r.id, r.prompt FROM responses AS r JOIN responses_fts AS f ON f.rowid = r.rowid
            WHERE responses_fts MATCH 'because' ORDER BY f.rank, r.id LIMIT 5
            """,
            """
            SELECT c.name, count(*), sum(json_extract(r.token_details, '$.n')) FROM conversations
                AS c
            JOIN responses AS r ON r.conversation_id = c.id GROUP BY 1 ORDER BY 1
            """,
            "INSERT INTO responses(id, prompt, response) VALUES ('z', 'last', 'because')",
            "DELETE FROM responses WHERE conversation_id = 'c3'",
            "SELECT count(*) FROM responses_fts WHERE responses_fts MATCH 'because'",
            .migrate,
            "SELECT id FROM responses ORDER BY rowid DESC LIMIT 3",
            .elsewhere("ALTER TABLE responses ADD COLUMN input_tokens INTEGER"),
            "SELECT count(input_tokens), max(datetime_utc) FROM responses",
        ])

    /// Books: annotations under a unique key of several columns, without a rowid table's key.
    private static let books = Application(
        name: "books",
        script: """
            CREATE TABLE annotations(book INTEGER NOT NULL, format TEXT NOT NULL COLLATE NOCASE,
                user TEXT NOT NULL, annot_id TEXT NOT NULL, annot_data TEXT NOT NULL, timestamp
                    REAL NOT NULL,
                PRIMARY KEY(book, user, format, annot_id)) WITHOUT ROWID;
            \(rows(80, into: "annotations", """
                i % 12, CASE i % 2 WHEN 0 THEN 'EPUB' ELSE 'pdf' END, 'u' || (i % 3), 'x' || i,
                    'note ' || i,
                1700000000 + i * 10.5
                """))
            """,
        tables: [Table("annotations", "timestamp < 1700000500")],
        life: [
            """
            SELECT book, annot_data FROM annotations WHERE format = 'epub' AND user = 'u1'
            ORDER BY 1, 2
            """,
            """
            INSERT OR REPLACE INTO annotations VALUES (4, 'epub', 'u1', 'x4', 'changed',
            1700000000)
            """,
            """
            INSERT INTO annotations VALUES (4, 'Epub', 'u1', 'x40', 'upserted', 1)
            ON CONFLICT DO UPDATE SET annot_data = excluded.annot_data
            """,
            "UPDATE annotations SET timestamp = timestamp + 1 WHERE book BETWEEN 3 AND 5",
            "DELETE FROM annotations WHERE book = 7 OR annot_id = 'x2'",
            .migrate,
            "SELECT format, count(*), sum(timestamp) FROM annotations GROUP BY 1 ORDER BY 1",
        ])

    /// Tracks that were heard: a report by week, and several rows of one time.
    private static let scrobbles = Application(
        name: "scrobbles",
        script: """
            CREATE TABLE listens(listened_at INTEGER NOT NULL, track TEXT NOT NULL, artist TEXT,
                source BLOB, PRIMARY KEY (listened_at, track));
            CREATE INDEX listens_artist ON listens(artist COLLATE NOCASE);
            \(rows(110, into: "listens", """
                1700000000 + i / 2 * 200, 'Track ' || (i % 9) || '/' || i, CASE i % 3 WHEN 0 THEN
                    'Björk'
                WHEN 1 THEN 'bjork' ELSE 'ABBA' END, CASE i % 5 WHEN 0 THEN i ELSE x'00' END
                """))
            """,
        tables: [Table("listens", "listened_at < 1700007000")],
        life: [
            """
            SELECT artist, count(*) FROM listens GROUP BY artist COLLATE NOCASE ORDER BY 2 DESC,
            1
            """,
            """
            SELECT rowid, track FROM listens WHERE artist = 'abba' COLLATE NOCASE
            ORDER BY rowid LIMIT 5
            """,
            """
            INSERT OR IGNORE INTO listens SELECT listened_at, track, 'again', NULL FROM listens
            WHERE listened_at < 1700001000
            """,
            """
            UPDATE listens SET track = track || '!'
            WHERE artist = 'Björk' AND listened_at > 1700006000
            """,
            "DELETE FROM listens WHERE typeof(source) = 'integer' AND listened_at % 400 = 0",
            .migrate,
            """
            SELECT strftime('%W', listened_at, 'unixepoch'), count(DISTINCT artist), count(*)
            FROM listens GROUP BY 1
            """,
        ])
}
