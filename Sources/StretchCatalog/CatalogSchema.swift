/// The tables that Stretch keeps in the local file.
///
/// They are ordinary tables; their format version is in `stretch_database`.
package enum CatalogSchema {
    /// The supported version.
    package static let format: Int64 = 1

    static let script: StaticString = """
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
            cause INTEGER NOT NULL,
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

    /// The names of the tables, in an order in which they can be dropped.
    package static let tableNames = [
        "stretch_follow", "stretch_mark", "stretch_evidence", "stretch_unique",
        "stretch_principal", "stretch_event", "stretch_migration_status", "stretch_lock",
        "stretch_history", "stretch_staging", "stretch_fork", "stretch_pending",
        "stretch_tombstone",
        "stretch_batch", "stretch_column",
        "stretch_table", "stretch_database",
    ]
}
