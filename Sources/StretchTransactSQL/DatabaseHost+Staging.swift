internal import StretchCatalog
internal import StretchCore
internal import StretchEngine
internal import StretchStaging
internal import TransactSQL

extension DatabaseHost {
    /// Returns how long migrated rows stay in staging, in hours; 0 while staging is disabled, the
    /// default.
    public func rpoDuration() throws -> Int {
        try requireStretched(.rpoNotStretched)
        return try numbered { () throws(StretchError) in
            try database.staging.settings()?.rpoHours ?? 0
        }
    }

    /// Sets how long migrated rows stay in staging, and enables staging.
    ///
    /// As in SQL Server, this cannot disable staging. Use `stretch staging FILE --rpo off`.
    public func setRPODuration(hours: Int) throws {
        try requireStretched(.rpoNotStretched)
        try numbered { () throws(StretchError) in
            var settings =
                try database.staging.settings() ?? StagingSettings(rpoHours: hours)
            settings.rpoHours = hours
            try database.staging.set(settings)
        }
    }

    /// Checks that the remote has every batch of a paused table.
    ///
    /// SQL Server lowers the local batch id to that of the remote. Here the remote's ledger and
    /// history change together, so there is no id to lower. Only reauthorizing sends missing
    /// batches again or accepts their loss.
    public func reconcileBatch(table name: String) throws {
        try requireStretched()
        let table = try requireTable(name)
        guard table.migrationState.isPaused else {
            throw TransactSQLError(
                .reconcileNotPaused, "the migration of table \"\(table.name)\" is not paused",
                hint: "ALTER TABLE \(table.name) SET (REMOTE_DATA_ARCHIVE (MIGRATION_STATE = "
                    + "PAUSED)).")
        }
        try numbered([.remoteMismatch: .batchesDiffer, .remoteUnavailable: .notConnected]) {
            () throws(StretchError) in try database.tables[table.name].reconcileBatches()
        }
    }
}
