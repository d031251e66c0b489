/// Messages, calls, notes, mails: what phones keep for ever.
extension Application {
    static let messages = [chats, calls, sync, mails, ledger, audits]

    /// Chats: messages by a unique text id, joins through a table without a key of its own.
    private static let chats = Application(
        name: "chats",
        script: """
            CREATE TABLE handle(ROWID INTEGER PRIMARY KEY AUTOINCREMENT UNIQUE, id TEXT NOT NULL,
                service TEXT NOT NULL, UNIQUE (id, service));
            CREATE TABLE message(ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL,
                text TEXT, handle_id INTEGER DEFAULT 0, date INTEGER, is_read INTEGER DEFAULT 0,
                attributedBody BLOB);
            CREATE INDEX message_idx_date ON message(date);
            CREATE INDEX message_idx_handle ON message(handle_id, date);
            CREATE TABLE chat_message_join(chat_id INTEGER REFERENCES chat(ROWID),
                message_id INTEGER REFERENCES message(ROWID) ON DELETE CASCADE, message_date
                    INTEGER DEFAULT 0,
                PRIMARY KEY (chat_id, message_id));
            CREATE INDEX chat_message_join_idx_message_id ON chat_message_join(message_id);
            CREATE TABLE chat(ROWID INTEGER PRIMARY KEY AUTOINCREMENT, guid TEXT UNIQUE NOT NULL);
            INSERT INTO handle(id, service) VALUES ('+1', 'SMS'), ('+2', 'SMS'), ('a@example',
                'iM');
            INSERT INTO chat(guid) VALUES ('c1'), ('c2');
            \(rows(90, into: "message(guid, text, handle_id, date, is_read, attributedBody)", """
                'G-' || i, CASE i % 10 WHEN 0 THEN NULL ELSE 'hi ' || char(128512) || i END, i % 3
                    + 1,
                700000000 + i * 60, i < 80, zeroblob(i % 4)
                """))
            INSERT INTO chat_message_join SELECT ROWID % 2 + 1, ROWID, date FROM message;
            """,
        tables: [
            Table("message", "date < 700003600 AND is_read = 1"),
            Table("chat_message_join", "", follows: "message"),
        ],
        life: [
            "PRAGMA foreign_keys = ON",
            """
            SELECT m.ROWID, m.text, h.id FROM message AS m JOIN chat_message_join AS j
            ON j.message_id = m.ROWID LEFT JOIN handle AS h ON h.ROWID = m.handle_id
            WHERE j.chat_id = 2 ORDER BY j.message_date DESC LIMIT 9
            """,
            "SELECT count(*) FROM message WHERE text LIKE '%' || char(128512) || '1%'",
            "UPDATE message SET text = NULL, attributedBody = NULL WHERE guid = 'G-7'",
            """
            INSERT OR REPLACE INTO message(guid, text, handle_id, date) VALUES ('G-12', 'edited',
            1, 7)
            """,
            """
            DELETE FROM message WHERE ROWID IN (SELECT message_id FROM chat_message_join
            WHERE chat_id = 1 AND message_date < 700000900)
            """,
            "SELECT count(*) FROM chat_message_join",
            .migrate,
            """
            SELECT chat_id, count(*), max(message_date) FROM chat_message_join GROUP BY 1
            ORDER BY 1
            """,
        ])

    /// Calls of an object store: optional references, times as REAL, a table of primary keys.
    private static let calls = Application(
        name: "calls",
        script: """
            CREATE TABLE ZCALLRECORD(Z_PK INTEGER PRIMARY KEY, Z_ENT INTEGER, Z_OPT INTEGER,
                ZANSWERED INTEGER, ZCALLTYPE INTEGER, ZDATE TIMESTAMP, ZDURATION FLOAT, ZADDRESS
                    VARCHAR,
                ZUNIQUE_ID VARCHAR);
            CREATE INDEX Z_CallRecord_byDate ON ZCALLRECORD(ZDATE COLLATE BINARY DESC);
            CREATE UNIQUE INDEX Z_CallRecord_UNIQUE ON ZCALLRECORD(ZUNIQUE_ID COLLATE BINARY);
            CREATE TABLE Z_PRIMARYKEY(Z_ENT INTEGER PRIMARY KEY, Z_NAME VARCHAR, Z_MAX INTEGER);
            INSERT INTO Z_PRIMARYKEY VALUES (1, 'CallRecord', 70);
            \(rows(70, into: "ZCALLRECORD", """
                i, 1, 1, i % 2, 1, 690000000.125 + i * 86400, i * 1.5, '+49' || (i % 8), 'U' || i
                """))
            """,
        tables: [Table("ZCALLRECORD", "ZDATE < 693456000")],
        life: [
            """
            SELECT ZADDRESS, count(*), sum(ZDURATION) FROM ZCALLRECORD WHERE ZANSWERED = 1
            GROUP BY 1 ORDER BY 2 DESC, 1
            """,
            """
            SELECT 0, t0.Z_PK FROM ZCALLRECORD t0 WHERE t0.ZDATE >= 692000000
            ORDER BY t0.ZDATE DESC LIMIT 5
            """,
            "UPDATE OR FAIL ZCALLRECORD SET ZANSWERED = 1, Z_OPT = 2 WHERE Z_PK = 4 AND Z_OPT = 1",
            "INSERT OR IGNORE INTO ZCALLRECORD(Z_PK, ZUNIQUE_ID) VALUES (200, 'U9')",
            "DELETE FROM ZCALLRECORD WHERE Z_PK = 5 AND Z_OPT = 1",
            "DELETE FROM ZCALLRECORD WHERE ZDATE < 691000000",
            .migrate,
            "SELECT count(*), total(ZDURATION), max(Z_PK) FROM ZCALLRECORD",
        ])

    /// Notes that are synchronized: text keys, soft deletion, items that changed since a time.
    private static let sync = Application(
        name: "sync",
        script: """
            CREATE TABLE notes(id TEXT PRIMARY KEY, parent_id TEXT NOT NULL DEFAULT "",
                title TEXT NOT NULL DEFAULT "", body TEXT NOT NULL DEFAULT "", created_time INT NOT
                    NULL,
                updated_time INT NOT NULL, is_conflict INT NOT NULL DEFAULT 0);
            CREATE INDEX notes_updated_time ON notes(updated_time);
            CREATE TABLE revisions(id TEXT PRIMARY KEY, parent_id TEXT NOT NULL DEFAULT "",
                item_type INT NOT NULL, item_id TEXT NOT NULL, body_diff TEXT NOT NULL DEFAULT "",
                item_updated_time INT NOT NULL);
            CREATE INDEX revisions_item_id ON revisions(item_id);
            CREATE TABLE item_changes(id INTEGER PRIMARY KEY AUTOINCREMENT, item_type INT NOT NULL,
                item_id TEXT NOT NULL, type INT NOT NULL, created_time INT NOT NULL);
            CREATE UNIQUE INDEX item_changes_item_id ON item_changes(item_id);
            \(rows(30, into: "notes(id, title, body, created_time, updated_time)",
                "printf('%032x', i * 7919), 'T' || i, 'B' || i, i, i * 10"))
            \(rows(90, into: "revisions", """
                printf('%032x', i * 31), CASE WHEN i > 30 THEN printf('%032x', (i - 30) * 31) ELSE
                    '' END, 1,
                printf('%032x', (i % 30 + 1) * 7919), 'diff' || i, i
                """))
            \(rows(30, into: "item_changes(item_type, item_id, type, created_time)",
                "1, printf('%032x', i * 7919), 1, i"))
            """,
        tables: [
            Table("revisions", "item_updated_time < 60"),
            Table("item_changes", "created_time < 20"),
        ],
        life: [
            """
            SELECT n.title, count(r.id) FROM notes AS n LEFT JOIN revisions AS r ON r.item_id = n.id
            GROUP BY n.id ORDER BY n.title
            """,
            """
            SELECT r.body_diff, p.body_diff FROM revisions AS r JOIN revisions AS p ON p.id =
                r.parent_id
            WHERE r.item_id = printf('%032x', 5 * 7919) ORDER BY r.item_updated_time
            """,
            """
            INSERT OR REPLACE INTO item_changes(item_type, item_id, type, created_time)
            VALUES (1, printf('%032x', 3 * 7919), 2, 99)
            """,
            """
            INSERT INTO item_changes(item_type, item_id, type, created_time)
            SELECT 1, id, 3, 100 FROM notes WHERE updated_time > 290
            ON CONFLICT(item_id) DO UPDATE SET type = excluded.type
            """,
            "DELETE FROM revisions WHERE item_id IN (SELECT id FROM notes WHERE title LIKE 'T1%')",
            """
            DELETE FROM item_changes WHERE id <= (SELECT max(id) FROM item_changes
            WHERE type = 1) - 20
            """,
            .migrate,
            "SELECT type, count(*), max(created_time) FROM item_changes GROUP BY 1 ORDER BY 1",
        ])

    /// Mails: a compound text key, flags, searches by prefix.
    private static let mails = Application(
        name: "mails",
        script: """
            CREATE TABLE folders(id INTEGER PRIMARY KEY, name TEXT);
            CREATE TABLE mails(folder INTEGER NOT NULL REFERENCES folders(id) ON UPDATE CASCADE,
                uid INTEGER NOT NULL, message_id TEXT, subject TEXT COLLATE NOCASE, received TEXT
                    NOT NULL,
                flags INTEGER NOT NULL DEFAULT 0, size INTEGER, PRIMARY KEY (folder, uid));
            CREATE INDEX mails_message_id ON mails(message_id);
            CREATE INDEX mails_subject ON mails(subject);
            INSERT INTO folders VALUES (1, 'Inbox'), (2, 'Sent');
            \(rows(100, into: "mails", """
                i % 2 + 1, i, '<' || i || '@example>', CASE i % 4 WHEN 0 THEN 'Re: plan' ELSE
                    'Plan ' || i END,
                datetime('2026-01-01', '+' || i || ' hours'), i % 8, i * 1024
                """))
            """,
        tables: [Table("mails", "received < '2026-01-04'")],
        life: [
            "PRAGMA foreign_keys = ON",
            "SELECT uid FROM mails WHERE subject LIKE 'plan 1%' AND folder = 2 ORDER BY uid",
            """
            SELECT folder, uid FROM mails WHERE (folder, uid) IN (VALUES (1, 10), (2, 11), (2, 99))
            ORDER BY 1, 2
            """,
            "UPDATE mails SET flags = flags | 1 WHERE folder = 1 AND uid BETWEEN 10 AND 20",
            "UPDATE folders SET id = 5 WHERE name = 'Sent'",
            """
            UPDATE mails SET folder = 1, uid = uid + 1000
            WHERE folder = 5 AND subject = 're: PLAN'
            """,
            "INSERT OR IGNORE INTO mails(folder, uid, received) VALUES (1, 1004, 'x')",
            "DELETE FROM mails WHERE folder = 1 AND flags & 4",
            .migrate,
            "SELECT folder, count(*), sum(size), max(uid) FROM mails GROUP BY 1 ORDER BY 1",
        ])

    /// Bookings in cents: strict types, checks, sums that must not change.
    private static let ledger = Application(
        name: "ledger",
        script: """
            CREATE TABLE booking(id INTEGER PRIMARY KEY AUTOINCREMENT, day TEXT NOT NULL,
                account TEXT NOT NULL, cents INTEGER NOT NULL CHECK (cents <> 0), memo ANY,
                vat INTEGER GENERATED ALWAYS AS (cents * 19 / 100) STORED) STRICT;
            CREATE INDEX booking_account ON booking(account, day);
            \(rows(120, into: "booking(day, account, cents, memo)", """
                date('2026-01-01', '+' || i || ' days'), 'acc' || (i % 6), (i % 7 - 3) * 100 + 1,
                CASE i % 3 WHEN 0 THEN i WHEN 1 THEN 'm' || i ELSE x'00ff' END
                """))
            """,
        tables: [Table("booking", "day < '2026-03-15'")],
        life: [
            "SELECT account, sum(cents), sum(vat), count(memo) FROM booking GROUP BY 1 ORDER BY 1",
            "SELECT strftime('%Y-%m', day), sum(cents) FROM booking GROUP BY 1 ORDER BY 1",
            "INSERT INTO booking(day, account, cents) VALUES ('2026-09-01', 'acc1', 0)",
            "UPDATE booking SET cents = 'x' WHERE id = 3",
            "UPDATE booking SET cents = -cents WHERE account = 'acc2' AND day < '2026-02-01'",
            """
            SELECT id, sum(cents) OVER (PARTITION BY account ORDER BY id) FROM booking
            WHERE account IN ('acc2', 'acc3') ORDER BY id
            """,
            "DELETE FROM booking WHERE id IN (1, 2, 119)",
            .migrate,
            "SELECT typeof(memo), count(*), sum(vat) FROM booking GROUP BY 1 ORDER BY 1",
        ])

    /// Orders whose changes triggers record in a history table, which is what gets old.
    private static let audits = Application(
        name: "audits",
        script: """
            CREATE TABLE orders(id INTEGER PRIMARY KEY, state TEXT NOT NULL, total INTEGER NOT
                NULL);
            CREATE TABLE order_history(id INTEGER PRIMARY KEY AUTOINCREMENT, order_id INTEGER NOT
                NULL,
                at TEXT NOT NULL, old TEXT, new TEXT);
            CREATE INDEX order_history_order ON order_history(order_id, at);
            \(rows(20, into: "orders", "i, 'new', i * 10"))
            \(rows(80, into: "order_history(order_id, at, old, new)", """
                i % 20 + 1, datetime('2026-01-01', '+' || i || ' hours'), 's' || i, 's' || (i + 1)
                """))
            CREATE TRIGGER orders_changed AFTER UPDATE OF state ON orders
            WHEN OLD.state IS NOT NEW.state BEGIN
                INSERT INTO order_history(order_id, at, old, new)
                VALUES (NEW.id, '2026-06-01', OLD.state, NEW.state);
            END;
            CREATE TRIGGER orders_made AFTER INSERT ON orders BEGIN
                INSERT INTO order_history(order_id, at, new)
                VALUES (NEW.id, '2026-06-01', json_object('total', NEW.total));
            END;
            """,
        tables: [Table("order_history", "at < '2026-01-03'")],
        life: [
            "UPDATE orders SET state = 'paid' WHERE id IN (3, 4, 5)",
            "UPDATE orders SET state = 'paid' WHERE id IN (3, 6)",
            "INSERT INTO orders VALUES (50, 'new', 7), (51, 'new', 8)",
            "SELECT id, order_id, new FROM order_history WHERE order_id IN (3, 50) ORDER BY id",
            "DELETE FROM order_history WHERE at < '2026-01-02'",
            .migrate,
            "UPDATE orders SET state = 'sent' WHERE total > 100",
            "SELECT order_id, count(*), max(id) FROM order_history GROUP BY 1 ORDER BY 1",
        ])
}
