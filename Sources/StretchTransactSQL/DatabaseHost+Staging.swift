internal import StretchCatalog
internal import StretchCore
internal import StretchEngine
internal import StretchStaging
internal import TransactSQL

extension DatabaseHost {
    /// How long migrated rows stay in staging, in hours; 0 while it is off, as at the start.
    public func rpoDuration() throws -> Int {
        try requireStretched(.rpoNotStretched)
        return try numbered { () throws(StretchError) in
            try database.staging.settings()?.rpoHours ?? 0
        }
    }

    /// Says how long migrated rows stay in staging, which is switched on by it.
    ///
    /// SQL Server has no way to switch it off, nor has this: `stretch staging FILE --rpo off`.
    public func setRPODuration(hours: Int) throws {
        try requireStretched(.rpoNotStretched)
        try numbered { () throws(StretchError) in
            var settings =
                try database.staging.settings() ?? StagingSettings(rpoHours: hours)
            settings.rpoHours = hours
            try database.staging.set(settings)
        }
    }

    /// Checks that the remote has every batch that a paused table names.
    ///
    /// SQL Server lowers the local batch id to the remote's. Here ledger and history of the remote
    /// move together, and there is no id to lower: what the remote lacks is sent again, or given
    /// up, by reauthorizing alone.
    public func reconcileBatch(table name: String) throws {
        try requireStretched()
        let table = try requireTable(name)
        guard table.migrationState == .paused else {
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
