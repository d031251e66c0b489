internal import CSQLite

extension Connection {
    /// Settings of a connection that `sqlite3_db_config` switches:
    /// <https://sqlite.org/c3ref/c_dbconfig_defensive.html>.
    package enum Setting {
        /// Foreign keys are enforced.
        case foreignKeys
        /// Triggers fire, those of schema temp included.
        case triggers
        /// Views of the file can be read.
        case views
        /// The schema and shadow tables cannot be written by statements.
        case defensive
        /// The schema may call functions and virtual tables that are not known to be harmless.
        case trustedSchema
        /// `fts3_tokenizer()` takes and shows addresses.
        case fts3Tokenizer

        var operation: Int32 {
            switch self {
            case .foreignKeys: SQLITE_DBCONFIG_ENABLE_FKEY
            case .triggers: SQLITE_DBCONFIG_ENABLE_TRIGGER
            case .views: SQLITE_DBCONFIG_ENABLE_VIEW
            case .defensive: SQLITE_DBCONFIG_DEFENSIVE
            case .trustedSchema: SQLITE_DBCONFIG_TRUSTED_SCHEMA
            case .fts3Tokenizer: SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER
            }
        }
    }

    package func isEnabled(_ setting: Setting) -> Bool {
        var result: Int32 = 0
        _ = csqlite_db_config(routines.table, handle, setting.operation, -1, &result)
        return result != 0
    }

    package func set(_ setting: Setting, _ isEnabled: Bool) {
        var result: Int32 = 0
        // A library that is too old for a setting leaves it as it is.
        _ = csqlite_db_config(
            routines.table, handle, setting.operation, isEnabled ? 1 : 0, &result)
    }

    /// Makes the connection fit for a file that somebody else made:
    /// <https://sqlite.org/security.html>.
    ///
    /// Limits stay as SQLite has them, because statements are the application's own.
    func harden() {
        set(.defensive, true)
        set(.trustedSchema, false)
        set(.fts3Tokenizer, false)
    }

    /// Restricts the connection to what a file of Stretch's own needs, such as a remote: no trigger
    /// fires, no view is read, and no other file is attached.
    package func confine() {
        set(.triggers, false)
        set(.views, false)
        forbidAttaching()
    }

    /// Writes without a journal, and without waiting for the disk: for a file that is thrown away
    /// after a crash.
    package func useNoJournal() throws(SQLiteError) {
        let wasDefensive = isEnabled(.defensive)
        set(.defensive, false)
        defer { set(.defensive, wasDefensive) }
        try execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
    }

    /// Lets no statement attach another file; neither can it VACUUM then.
    package func forbidAttaching() {
        _ = routines.table.pointee.limit(handle, SQLITE_LIMIT_ATTACHED, 0)
    }
}
