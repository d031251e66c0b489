internal import StretchCore
package import StretchSQLite

/// The tables of a remote file other than row tables, and the detection of such a file.
///
/// `stretch_history` is insert-only. `generation` changes with every change other than a commit or
/// a retirement, so that sessions clear their caches. Times are in UTC.
package enum EmbeddedSchema {
    /// The format version, which is also the newest supported one.
    static let format: Int64 = 1

    /// The current time with milliseconds, as an SQL expression.
    static let now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"

    /// The current time, or the ledger's latest time if the clock went back, as an SQL expression.
    static let monotoneNow =
        "max(\(now), coalesce((SELECT max(last_seen) FROM stretch_branch), ''))"

    private static let script: StaticString = """
        CREATE TABLE stretch_remote(
            id INTEGER PRIMARY KEY CHECK (id = 1), format INTEGER NOT NULL,
            remote INTEGER NOT NULL, generation INTEGER NOT NULL, created_at TEXT NOT NULL,
            login TEXT, verifier TEXT, retention_seconds INTEGER);
        CREATE TABLE stretch_branch(
            id INTEGER PRIMARY KEY, database INTEGER NOT NULL, parent INTEGER, fork_epoch INTEGER,
            owner BLOB, owner_name TEXT, last_seen TEXT NOT NULL, head_epoch INTEGER NOT NULL,
            dropped_at TEXT);
        CREATE TABLE stretch_history(
            branch INTEGER NOT NULL, epoch INTEGER NOT NULL, token INTEGER NOT NULL,
            PRIMARY KEY (branch, epoch)) WITHOUT ROWID;
        CREATE TABLE stretch_batch(
            id INTEGER PRIMARY KEY, relation INTEGER NOT NULL, branch INTEGER NOT NULL,
            epoch INTEGER NOT NULL, first_row INTEGER NOT NULL, row_count INTEGER NOT NULL,
            byte_count INTEGER NOT NULL, digest BLOB NOT NULL, columns TEXT NOT NULL,
            condemned_at TEXT, collected_at TEXT);
        CREATE INDEX stretch_batch_by_epoch ON stretch_batch(branch, epoch);
        CREATE INDEX stretch_batch_condemned ON stretch_batch(branch, epoch)
            WHERE condemned_at IS NOT NULL;
        CREATE TABLE stretch_retirement(
            batch INTEGER NOT NULL, branch INTEGER NOT NULL, epoch INTEGER NOT NULL,
            confirmed_at TEXT, PRIMARY KEY (branch, batch)) WITHOUT ROWID;
        CREATE TABLE stretch_relation(
            number INTEGER PRIMARY KEY, id INTEGER NOT NULL UNIQUE, name TEXT NOT NULL,
            next_row INTEGER NOT NULL, row_count INTEGER NOT NULL, byte_count INTEGER NOT NULL);
        CREATE TABLE stretch_column(
            relation INTEGER NOT NULL, id INTEGER NOT NULL, name TEXT NOT NULL,
            affinity TEXT NOT NULL, default_value, PRIMARY KEY (relation, id)) WITHOUT ROWID;
        """

    /// Returns whether a file is a supported Stretch remote; `false` if it is empty.
    ///
    /// - Throws: `wrongState` for any other database.
    static func identify(_ connection: Connection, path: String) throws -> Bool {
        let objects = try connection.rows(
            """
            SELECT count(*), count(*) FILTER (WHERE type = 'table' AND name = 'stretch_remote')
            FROM sqlite_master
            """)[0]
        guard objects[0] != 0 else { return false }
        guard objects[1] == 1 else {
            throw StretchError(
                .wrongState, "file \"\(path)\" holds another database, not a Stretch remote",
                hint: "Name a file that is new, empty or already a Stretch remote.")
        }
        let formats = try connection.stored(
            "stretch_remote", of: .remote(path), "SELECT format FROM stretch_remote WHERE id = 1"
        ) { try $0.integer(0, in: 1...Int64.max) }
        guard let found = formats.first else {
            throw StretchError(.damaged, "remote \"\(path)\" has lost its format number")
        }
        guard found <= format else {
            throw StretchError(
                .wrongState, "remote \"\(path)\" has format \(found), newer than \(format)",
                hint: "Update Stretch on this machine.")
        }
        return true
    }

    /// Returns whether a database is a remote of any format.
    package static func isRemote(_ connection: Connection) throws(SQLiteError) -> Bool {
        try connection.integer(
            "SELECT 1 FROM main.sqlite_schema WHERE type = 'table' AND name = 'stretch_remote'"
        ) != nil
    }

    /// Creates a remote in an empty file; does nothing if the file is already a remote.
    static func create(_ connection: Connection, path: String) throws {
        guard try !identify(connection, path: path) else { return }
        // Both can be set only before the first table is created.
        try connection.execute("PRAGMA encoding = 'UTF-8'")
        try useWAL(connection)
        _ = try connection.transaction(.immediate) {
            guard try !identify(connection, path: path) else { return }
            try connection.execute(script)
            try connection.run(
                """
                INSERT INTO stretch_remote
                VALUES (1, ?, random() & 9223372036854775807, 1, \(now), NULL, NULL, NULL)
                """, .integer(format))
        }
    }

    /// Switches a file back to WAL mode, for example after `VACUUM INTO`; a read-only file is
    /// unchanged.
    static func useWAL(_ connection: Connection) throws {
        guard try connection.string("PRAGMA journal_mode") != "wal" else { return }
        do {
            _ = try connection.string("PRAGMA journal_mode = WAL")
        } catch {
            guard error.code == ResultCode.readOnly else { throw error }
        }
    }
}
