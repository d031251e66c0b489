/// A feature of SQL Server that is recognized and refused, with an alternative.
struct Refusal: Equatable, Sendable {
    /// The words that identify it, in upper case.
    let words: String
    /// The alternative, as full sentences.
    let hint: String
    /// Whether the rest of the batch belongs to it, so that none of it may run.
    let takesBatch: Bool
    private let isOption: Bool

    private init(_ words: String, _ hint: String, takesBatch: Bool = false, isOption: Bool = false)
    {
        self.words = words
        self.hint = hint
        self.takesBatch = takesBatch
        self.isOption = isOption
    }

    /// Returns the error for a statement or an option that starts at `position`.
    func error(at position: SourcePosition) -> TransactSQLError {
        TransactSQLError(
            isOption ? .unsupportedOption : .unsupportedStatement,
            isOption ? "the option \(words) is not supported" : "\(words) is not supported",
            at: position, hint: hint)
    }
}

// MARK: - Statements, by their first words

extension Refusal {
    /// The statements; the longest matching entry applies.
    static let statements: [Refusal] = programs + controlOfFlow + principals + keys + files + others

    private static let programs = [
        Refusal(
            "CREATE FUNCTION",
            "A filter is the condition itself: FILTER_PREDICATE = N'placed < ''2025-01-01'''.",
            takesBatch: true),
        Refusal(
            "ALTER FUNCTION",
            "Give the table its new condition: ALTER TABLE … SET "
                + "(REMOTE_DATA_ARCHIVE (FILTER_PREDICATE = N'…', MIGRATION_STATE = OUTBOUND)).",
            takesBatch: true),
        Refusal("DROP FUNCTION", "There are no functions to drop; a filter is a condition."),
        Refusal("CREATE PROCEDURE", noPrograms, takesBatch: true),
        Refusal("CREATE PROC", noPrograms, takesBatch: true),
        Refusal("CREATE OR ALTER", noPrograms, takesBatch: true),
        Refusal("ALTER PROCEDURE", noPrograms, takesBatch: true),
        Refusal("ALTER PROC", noPrograms, takesBatch: true),
        Refusal("DROP PROCEDURE", noPrograms),
        Refusal("DROP PROC", noPrograms),
        Refusal("ALTER TRIGGER", "Use DROP TRIGGER and CREATE TRIGGER.", takesBatch: true),
        Refusal("ALTER VIEW", "Use DROP VIEW and CREATE VIEW."),
        Refusal("DISABLE TRIGGER", "Use DROP TRIGGER, and CREATE TRIGGER later."),
        Refusal("ENABLE TRIGGER", "Use CREATE TRIGGER."),
    ]

    private static let controlOfFlow =
        [
            "IF", "ELSE", "WHILE", "BEGIN TRY", "BEGIN CATCH", "GOTO", "RETURN", "BREAK",
            "CONTINUE",
            "WAITFOR", "THROW", "RAISERROR", "END TRY", "END CATCH", "END ELSE",
        ].map { Refusal($0, noControl, takesBatch: true) }
        + [
            "SELECT", "INSERT", "UPDATE", "DELETE", "EXEC", "EXECUTE", "SET", "DECLARE", "PRINT",
            "CREATE", "ALTER", "DROP", "IF", "WHILE", "RETURN", "WITH",
        ].map {
            Refusal(
                "BEGIN \($0)",
                "A block has no meaning here; a transaction is BEGIN; with a semicolon.",
                takesBatch: true)
        }
        + [
            Refusal("BEGIN TRAN", "Write BEGIN TRANSACTION."),
            Refusal("BEGIN DISTRIBUTED", "Write BEGIN TRANSACTION; it is of this database alone."),
            Refusal("COMMIT TRAN", "Write COMMIT."),
            Refusal("COMMIT WORK", "Write COMMIT."),
            Refusal("ROLLBACK TRAN", "Write ROLLBACK."),
            Refusal("ROLLBACK WORK", "Write ROLLBACK."),
            Refusal("SAVE", "Write SAVEPOINT name, and ROLLBACK TO name."),
        ]

    private static let principals =
        [
            "CREATE LOGIN", "ALTER LOGIN", "DROP LOGIN", "CREATE USER", "ALTER USER", "DROP USER",
        ].map {
            Refusal(
                $0,
                "Users are those of the operating system; "
                    + "use ALTER ROLE db_owner ADD MEMBER name.")
        }
        + [
            "CREATE ROLE", "DROP ROLE", "ALTER SERVER ROLE", "CREATE SERVER ROLE",
            "ALTER AUTHORIZATION",
        ].map { Refusal($0, "There is one role: use ALTER ROLE db_owner ADD|DROP MEMBER name.") }
        + ["GRANT", "REVOKE", "DENY"].map {
            Refusal(
                $0,
                "Who may read and write a file says its mode; "
                    + "administration is for members: ALTER ROLE db_owner ADD MEMBER name.")
        }
        + ["EXECUTE AS", "EXEC AS", "REVERT", "SETUSER"].map {
            Refusal($0, "Run the command as the other user.")
        }

    private static let keys =
        [
            "CREATE CERTIFICATE", "ALTER CERTIFICATE", "DROP CERTIFICATE", "BACKUP CERTIFICATE",
            "CREATE SYMMETRIC KEY", "ALTER SYMMETRIC KEY", "DROP SYMMETRIC KEY",
            "OPEN SYMMETRIC KEY",
            "CLOSE SYMMETRIC KEY", "CLOSE ALL", "CREATE ASYMMETRIC KEY", "ALTER ASYMMETRIC KEY",
            "DROP ASYMMETRIC KEY", "CREATE COLUMN", "DROP COLUMN", "BACKUP SYMMETRIC KEY",
            "RESTORE SYMMETRIC KEY", "CREATE DATABASE ENCRYPTION KEY",
            "ALTER DATABASE ENCRYPTION KEY",
            "DROP DATABASE ENCRYPTION KEY",
        ].map {
            Refusal($0, "Credentials are kept under the database's own key: use CREATE MASTER KEY.")
        }
        + ["ALTER SERVICE", "BACKUP SERVICE", "RESTORE SERVICE"].map {
            Refusal(
                "\($0) MASTER KEY",
                "The service key is this user's and never leaves the machine; "
                    + "use BACKUP MASTER KEY and RESTORE MASTER KEY.")
        }
        + ["CREATE", "ALTER", "DROP"].map {
            Refusal(
                "\($0) CREDENTIAL",
                "Credentials belong to a database: use \($0) DATABASE SCOPED CREDENTIAL.")
        }

    private static let files =
        [
            "CREATE EXTERNAL DATA SOURCE", "ALTER EXTERNAL DATA SOURCE",
            "DROP EXTERNAL DATA SOURCE",
        ].map {
            Refusal(
                $0,
                "The remote is named by ALTER DATABASE CURRENT SET REMOTE_DATA_ARCHIVE = ON "
                    + "(SERVER = '…', CREDENTIAL = name).")
        }
        + [
            Refusal("CREATE EXTERNAL", "Cold rows are read under the table's own name."),
            Refusal("CREATE DATABASE", "A database is a file: open its path, and it is created."),
            Refusal(
                "DROP DATABASE", "A database is a file: delete it when no program has it open."),
            Refusal("BACKUP SERVER", "Use BACKUP DATABASE for each database."),
            Refusal("BACKUP LOG", whole), Refusal("RESTORE LOG", whole),
            Refusal("RESTORE LABELONLY", "Use RESTORE HEADERONLY: a file has no other label."),
            Refusal("RESTORE REWINDONLY", "There is no tape to rewind."),
            Refusal("SHUTDOWN", "There is no server to stop."),
            Refusal("KILL", "There are no sessions to end; stop the program instead."),
            Refusal("CHECKPOINT", "Use PRAGMA wal_checkpoint."),
            Refusal("DBCC", "Use PRAGMA integrity_check for the file, and verify for the remote."),
        ]

    private static let others =
        ["CREATE", "CREATE UNIQUE"].flatMap { verb in
            ["CLUSTERED", "NONCLUSTERED"].map {
                Refusal(
                    "\(verb) \($0)", "Write \(verb) INDEX: every index is one beside the table.")
            }
        }
        + [
            Refusal("CREATE COLUMNSTORE", "Write CREATE INDEX."),
            Refusal("ALTER INDEX", "Use REINDEX, or DROP INDEX and CREATE INDEX."),
            Refusal("CREATE STATISTICS", "Use ANALYZE."),
            Refusal("CREATE TYPE", "SQLite has no types of one's own; use a CHECK constraint."),
            Refusal("CREATE SEQUENCE", "Use INTEGER PRIMARY KEY, which draws keys by itself."),
            Refusal("CREATE SCHEMA", "Use ATTACH, or a prefix of the name."),
            Refusal("CREATE SYNONYM", "Use CREATE VIEW."),
            Refusal("TRUNCATE", "Use DELETE FROM name."),
            Refusal("MERGE", "Use INSERT … ON CONFLICT DO UPDATE, and DELETE."),
            Refusal("BULK", "Use the import of the sqlite3 shell."),
            Refusal("FETCH", noCursors), Refusal("OPEN", noCursors), Refusal("CLOSE", noCursors),
            Refusal("DEALLOCATE", noCursors),
            Refusal("READTEXT", noTextPointers), Refusal("WRITETEXT", noTextPointers),
            Refusal("UPDATETEXT", noTextPointers),
        ]

    /// `SELECT TOP`, which only its number distinguishes from a column.
    static let top = Refusal(
        "SELECT TOP", "Write LIMIT and the number at the end of the statement.")
    /// `REMOTE_DATA_ARCHIVE` in `CREATE TABLE`.
    static let tableOption = Refusal(
        "CREATE TABLE … WITH (REMOTE_DATA_ARCHIVE …)",
        "Create the table, then ALTER TABLE name SET (REMOTE_DATA_ARCHIVE = ON "
            + "(MIGRATION_STATE = OUTBOUND)).")

    private static let noPrograms =
        "Programs are not kept in the database; run the statements as a script."
    private static let noControl =
        "Decisions and loops belong to the program that runs the script; the batch ends here."
    private static let noCursors = "Use SELECT; a program reads its rows one by one."
    private static let noTextPointers = "Use SELECT and UPDATE, whatever the length of the text."
}

// MARK: - Options, by their words

extension Refusal {
    /// Options of `BACKUP`.
    static let backupOptions =
        [
            Refusal("DIFFERENTIAL", whole, isOption: true),
            Refusal(
                "COMPRESSION", "Compress the file when it is done.", isOption: true),
            Refusal("NAME", nameless, isOption: true),
            Refusal("DESCRIPTION", nameless, isOption: true),
            Refusal("ENCRYPTION", encrypted, isOption: true),
            Refusal("CREDENTIAL", "Write to a file with TO DISK, and copy it.", isOption: true),
            Refusal("MIRROR", "Make one backup and copy the file.", isOption: true),
            Refusal("CONTINUE_AFTER_ERROR", damaged, isOption: true),
            Refusal("NORECOVERY", recovered, isOption: true),
            Refusal("STANDBY", recovered, isOption: true),
            Refusal("NO_TRUNCATE", whole, isOption: true),
        ] + both

    /// Options of `RESTORE`.
    static let restoreOptions =
        [
            Refusal("NORECOVERY", recovered, isOption: true),
            Refusal(
                "STANDBY", "Restore to another file, and read that one.", isOption: true),
            Refusal("STOPATMARK", marks, isOption: true),
            Refusal("STOPBEFOREMARK", marks, isOption: true),
            Refusal("RESTART", "Run the statement again from the start.", isOption: true),
            Refusal("RESTRICTED_USER", "Set the mode of the file instead.", isOption: true),
            Refusal("CONTINUE_AFTER_ERROR", damaged, isOption: true),
            Refusal("CREDENTIAL", "Read from a file with FROM DISK.", isOption: true),
            Refusal("PARTIAL", "Restore the whole database.", isOption: true),
            Refusal("PAGE", "Restore the whole database.", isOption: true),
            Refusal("KEEP_REPLICATION", "There is no replication to keep.", isOption: true),
            Refusal("KEEP_CDC", "There is no change capture to keep.", isOption: true),
            Refusal("ENABLE_BROKER", "There is no broker.", isOption: true),
            Refusal("NEW_BROKER", "There is no broker.", isOption: true),
        ] + both

    private static let both =
        [
            Refusal(
                "CHECKSUM",
                "Leave it out: every page is read and checked, and SQLite keeps no checksums.",
                isOption: true)
        ] + devices

    private static let devices = [
        "BLOCKSIZE", "BUFFERCOUNT", "MAXTRANSFERSIZE", "MEDIANAME", "MEDIADESCRIPTION",
        "MEDIAPASSWORD", "PASSWORD", "EXPIREDATE", "RETAINDAYS", "REWIND", "NOREWIND", "UNLOAD",
        "NOUNLOAD", "METADATA_ONLY", "SNAPSHOT",
    ].map {
        Refusal($0, "Leave it out: a backup is a file, not a tape or a device.", isOption: true)
    }

    /// Settings of `ALTER DATABASE … SET`.
    static let databaseSettings = [
        Refusal("RECOVERY", whole, isOption: true),
        Refusal("ENCRYPTION", encrypted, isOption: true),
        Refusal(
            "READ_ONLY", "Set the mode of the file, or open it read-only.", isOption: true),
        Refusal("SINGLE_USER", "BEGIN EXCLUSIVE keeps other writers out.", isOption: true),
        Refusal(
            "ALLOW_SNAPSHOT_ISOLATION", "Every read of SQLite sees one snapshot.", isOption: true),
        Refusal(
            "READ_COMMITTED_SNAPSHOT", "Every read of SQLite sees one snapshot.", isOption: true),
        Refusal("COMPATIBILITY_LEVEL", "There is one level.", isOption: true),
    ]

    private static let encrypted = "Encrypt the file system, or the file when it is done."
    private static let damaged =
        "Nothing that is damaged is written or restored; take another backup."
    private static let recovered =
        "Name the time instead: RESTORE DATABASE name FROM DISK = '…', DISK = '…' WITH STOPAT = "
        + "'…' selects the right backup automatically."
    private static let whole =
        "Every backup is complete; for the times between, keep a replica with Litestream, and "
        + "restore from it."
    private static let nameless = "Leave it out: the name of a backup is its file name."
    private static let marks =
        "Name the time instead: STOPAT = '2016-02-26T13:45:00'."
}

// MARK: - Procedures, by their names

extension Refusal {
    /// The procedures of SQL Server that users may try.
    static let procedures = [
        Refusal("sp_executesql", "Write the statement itself in the script."),
        Refusal("sp_help", "Use PRAGMA table_info(name), or the schema in sqlite_schema."),
        Refusal("sp_helptext", "Use SELECT sql FROM sqlite_schema WHERE name = '…'."),
        Refusal("sp_helpindex", "Use PRAGMA index_list(name)."),
        Refusal("sp_tables", "Use SELECT name FROM sqlite_schema WHERE type = 'table'."),
        Refusal("sp_columns", "Use PRAGMA table_info(name)."),
        Refusal("sp_rename", "Use ALTER TABLE … RENAME."),
        Refusal("sp_renamedb", "A database is a file: rename it when no program has it open."),
        Refusal("sp_attach_db", "Use ATTACH."),
        Refusal("sp_detach_db", "Use DETACH."),
        Refusal("sp_who", "There are no sessions to list."),
        Refusal("sp_who2", "There are no sessions to list."),
        Refusal("sp_lock", "There are no sessions to list."),
        Refusal("sp_updatestats", "Use ANALYZE."),
        Refusal("sp_recompile", "SQLite prepares a statement again when its schema changes."),
        Refusal("sp_addlogin", "Use ALTER ROLE db_owner ADD MEMBER name."),
        Refusal("sp_adduser", "Use ALTER ROLE db_owner ADD MEMBER name."),
        Refusal("sp_grantdbaccess", "Use ALTER ROLE db_owner ADD MEMBER name."),
        Refusal("sp_changedbowner", "Use ALTER ROLE db_owner ADD MEMBER name."),
        Refusal("sp_addlinkedserver", "Use ATTACH, or a stretch-enabled table."),
        Refusal("sp_add_job", "Use the scheduler of the operating system."),
        Refusal("sp_send_dbmail", "Use a program that runs the script."),
        Refusal("xp_cmdshell", "Use a shell that runs the script."),
    ]
}
