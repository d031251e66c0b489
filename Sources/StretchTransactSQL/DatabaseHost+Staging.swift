internal import TransactSQL

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
}
