internal import CSQLite

extension Connection {
    /// Settings of a connection for `sqlite3_db_config`:
    /// <https://sqlite.org/c3ref/c_dbconfig_defensive.html>.
    package enum Setting {
        /// Foreign keys are enforced.
        case foreignKeys
        /// Triggers fire, including those of schema temp.
        case triggers
        /// Views of the file can be read.
        case views
        /// The schema and shadow tables cannot be written by statements.
        case defensive
        /// The schema may use functions and virtual tables that are not marked innocuous.
        case trustedSchema
        /// `fts3_tokenizer()` accepts and returns addresses.
        case fts3Tokenizer
        /// Closing the connection leaves the WAL as it is.
        case noCheckpointOnClose

        var operation: Int32 {
            switch self {
            case .foreignKeys: SQLITE_DBCONFIG_ENABLE_FKEY
            case .triggers: SQLITE_DBCONFIG_ENABLE_TRIGGER
            case .views: SQLITE_DBCONFIG_ENABLE_VIEW
            case .defensive: SQLITE_DBCONFIG_DEFENSIVE
            case .trustedSchema: SQLITE_DBCONFIG_TRUSTED_SCHEMA
            case .fts3Tokenizer: SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER
            case .noCheckpointOnClose: SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE
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
        // A library that is too old for a setting leaves it unchanged.
        _ = csqlite_db_config(
            routines.table, handle, setting.operation, isEnabled ? 1 : 0, &result)
    }

    /// Hardens the connection against files from untrusted sources:
    /// <https://sqlite.org/security.html>.
    ///
    /// SQLite's limits are not changed, because statements come from the application. A schema is
    /// trusted where SQLite would refuse its own JSON functions otherwise: functions of Stretch are
    /// registered as direct-only, and so remain inaccessible to a file.
    func harden() {
        set(.defensive, true)
        set(.trustedSchema, routines.refusesJSONInSchemas)
        set(.fts3Tokenizer, false)
    }

    /// Restricts the connection to the needs of Stretch's own files, such as a remote.
    ///
    /// No trigger fires, no view is read, and no other file can be attached.
    package func confine() {
        set(.triggers, false)
        set(.views, false)
        forbidAttaching()
    }

    /// Disables the journal and synchronous writes, for a file that is discarded after a crash.
    package func useNoJournal() throws(SQLiteError) {
        let wasDefensive = isEnabled(.defensive)
        set(.defensive, false)
        defer { set(.defensive, wasDefensive) }
        try execute("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF")
    }

    /// Removes the entry of a trigger of schema temp that SQLite ignores, because another program
    /// dropped the table that it is on.
    package func removeOrphan(ofTrigger name: String) throws(SQLiteError) {
        let wasDefensive = isEnabled(.defensive)
        set(.defensive, false)
        defer { set(.defensive, wasDefensive) }
        try execute("PRAGMA temp.writable_schema = ON")
        // Nothing else could be done if this fails; the setting is off when the file is opened.
        defer { try? execute("PRAGMA temp.writable_schema = OFF") }
        try run(
            "DELETE FROM temp.sqlite_schema WHERE type = 'trigger' AND name = ?", .text(name))
    }

    /// Prevents statements from attaching another file; VACUUM then fails as well.
    package func forbidAttaching() {
        _ = routines.table.pointee.limit(handle, SQLITE_LIMIT_ATTACHED, 0)
    }
}
