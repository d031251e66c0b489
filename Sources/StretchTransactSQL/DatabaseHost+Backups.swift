public import TransactSQL

extension DatabaseHost {
    /// How long migrated rows stay in staging.
    public func rpoDuration() throws -> Int {
        try requireStretched()
        throw unsupportedStaging
    }

    /// Says how long migrated rows stay in staging.
    public func setRPODuration(hours: Int) throws {
        try requireStretched()
        throw unsupportedStaging
    }

    /// Reconciles the batches of a table.
    public func reconcileBatch(table: String) throws {
        try requireStretched()
        _ = try requireTable(table)
        throw unsupportedStaging
    }

    private var unsupportedStaging: TransactSQLError {
        unsupported("staging", hint: "Rows leave this file only after the remote proved its copy.")
    }

    /// Makes a backup.
    public func backup(_ request: BackupRequest) throws {
        try requireCurrent(request.database)
        throw unsupported("BACKUP", hint: "Any copy is a backup: VACUUM INTO 'file'.")
    }

    /// Restores a backup.
    public func restore(_ request: RestoreRequest) throws {
        throw unsupported(
            "RESTORE", hint: "Put the backup in the file's place, then EXEC sp_rda_reauthorize_db.")
    }

    /// Answers a question about a backup.
    public func inspect(
        _ question: BackupInspection.Question, file: String, backupNumber: Int?
    ) throws -> TransactSQLResult {
        throw unsupported(
            "RESTORE \(question.rawValue)", hint: "Open the backup: it is a SQLite file.")
    }
}
