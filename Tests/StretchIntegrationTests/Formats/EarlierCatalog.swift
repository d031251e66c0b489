import Stretch
import StretchSQLite

/// The catalog of format 1 as version 0.1.0 made it: without causes of tombstones.
enum EarlierCatalog {
    private static let script: StaticString = """
        CREATE TABLE main.stretch_database(
            id INTEGER PRIMARY KEY CHECK (id = 1),
            format INTEGER NOT NULL,
            database INTEGER NOT NULL,
            branch INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            token INTEGER NOT NULL,
            endpoint TEXT NOT NULL,
            query_mode TEXT NOT NULL,
            next_batch_number INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE main.stretch_table(
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL COLLATE NOCASE UNIQUE,
            relation INTEGER NOT NULL UNIQUE,
            filter TEXT NOT NULL,
            follows TEXT,
            state TEXT NOT NULL,
            schema_version INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE main.stretch_column(
            table_id INTEGER NOT NULL,
            id INTEGER NOT NULL,
            position INTEGER NOT NULL,
            name TEXT NOT NULL,
            declared_type TEXT NOT NULL,
            affinity TEXT NOT NULL,
            default_value BLOB NOT NULL,
            added INTEGER NOT NULL,
            dropped INTEGER,
            PRIMARY KEY (table_id, id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE main.stretch_batch(
            number INTEGER PRIMARY KEY,
            table_id INTEGER NOT NULL,
            id INTEGER NOT NULL UNIQUE,
            epoch INTEGER NOT NULL,
            schema_version INTEGER NOT NULL,
            rows INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            zones BLOB NOT NULL,
            digest BLOB NOT NULL
        ) STRICT;
        CREATE TABLE main.stretch_tombstone(
            batch INTEGER NOT NULL,
            ordinal INTEGER NOT NULL,
            PRIMARY KEY (batch, ordinal)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE main.stretch_pending(
            id INTEGER PRIMARY KEY CHECK (id = 1),
            kind TEXT NOT NULL,
            table_id INTEGER NOT NULL,
            batch INTEGER NOT NULL,
            branch INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            token INTEGER NOT NULL,
            next_token INTEGER NOT NULL,
            schema_version INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE main.stretch_fork(
            id INTEGER PRIMARY KEY CHECK (id = 1),
            child INTEGER NOT NULL,
            child_token INTEGER NOT NULL,
            base_branch INTEGER NOT NULL,
            base_epoch INTEGER NOT NULL,
            base_token INTEGER NOT NULL,
            branch INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            token INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE main.stretch_staging(
            id INTEGER PRIMARY KEY CHECK (id = 1),
            rpo_hours INTEGER NOT NULL,
            byte_budget INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE main.stretch_history(
            number INTEGER PRIMARY KEY,
            branch INTEGER NOT NULL,
            epoch INTEGER NOT NULL,
            token INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE main.stretch_lock(
            id INTEGER PRIMARY KEY,
            name TEXT UNIQUE
        ) STRICT;
        CREATE TABLE main.stretch_migration_status(
            id INTEGER PRIMARY KEY,
            table_id INTEGER NOT NULL,
            batch INTEGER NOT NULL,
            direction TEXT NOT NULL,
            ended TEXT NOT NULL,
            rows INTEGER NOT NULL,
            bytes INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE main.stretch_event(
            id INTEGER PRIMARY KEY,
            time TEXT NOT NULL,
            table_name TEXT,
            kind TEXT NOT NULL,
            message TEXT NOT NULL
        ) STRICT;
        CREATE TABLE main.stretch_principal(
            name TEXT PRIMARY KEY,
            role TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        """

    /// Puts tables as version 0.1.0 made them, with the same rows, in place of a file's catalog.
    static func replaceCatalog(of path: String) throws {
        let connection = try Connection(path: path, access: .readWrite, routines: .linked)
        try connection.transaction(.immediate) {
            // Tables that version 0.1.0 did not have.
            try connection.execute(
                """
                DROP TABLE IF EXISTS main.stretch_mark;
                DROP TABLE IF EXISTS main.stretch_evidence;
                DROP TABLE IF EXISTS main.stretch_unique
                """)
            let tables = try connection.rows(
                "SELECT name FROM main.sqlite_schema WHERE name LIKE 'stretch%' AND type = 'table'"
            ).compactMap(\.[0].stringValue)
            for table in tables {
                try connection.execute(one: "ALTER TABLE main.\(table) RENAME TO new_\(table)")
            }
            try connection.execute(script)
            for table in tables {
                let columns = try connection.rows(
                    "SELECT name FROM pragma_table_info(?, 'main') ORDER BY cid", .text(table)
                ).compactMap(\.[0].stringValue).joined(separator: ", ")
                try connection.execute(
                    one: """
                        INSERT INTO main.\(table)(\(columns)) SELECT \(columns)
                        FROM main.new_\(table)
                        """)
                try connection.execute(one: "DROP TABLE main.new_\(table)")
            }
        }
    }

    /// Whether a file has the causes.
    static func isCompleted(_ path: String) throws -> Bool {
        try Connection(path: path, access: .readOnly, routines: .linked).integer(
            "SELECT 1 FROM pragma_table_info('stretch_tombstone') WHERE name = 'cause'") == 1
    }
}
