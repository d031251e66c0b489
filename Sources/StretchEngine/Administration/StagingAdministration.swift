internal import StretchCatalog
public import StretchCore
internal import StretchKeystore
internal import StretchSQLite
public import StretchStaging

/// Staging: copies of moved rows beside the database, until the remote is known to have them.
public struct StagingAdministration {
    let database: StretchDatabase

    /// Sets for how long rows of migrated batches stay in staging, or switches it off.
    ///
    /// Staging keeps the rows of each batch, compressed, in a file of its own beside the database,
    /// from before they leave until the RPO duration is over and a later migration found the batch
    /// at the remote. When the remote is rolled back meanwhile,
    /// ``RemoteAdministration/reauthorize(_:)`` sends them again. Rows that moved before are not in
    /// it.
    ///
    /// Switched off, no more rows go in, and the next migration that finds the batches at the
    /// remote removes the file.
    ///
    /// - Parameter settings: The settings, or `nil` to switch staging off, which is the default.
    /// - Throws: `invalidArgument`; `wrongState` when the database is not enabled, or the file
    ///   cannot be made; `damaged` when it cannot be read; `notPermitted`. Nothing changed then.
    public func set(_ settings: StagingSettings?) throws(StretchError) {
        try settings?.validate()
        try database.administer {
            let record = try database.enabledDatabase()
            if settings != nil {
                let file = try StagingFile.open(
                    database: database.path, id: record.database, database.configuration,
                    isCreating: true)
                // What moved while it was off is not in what an earlier time left.
                if try database.catalog.stagingSettings() == nil {
                    try file?.attempt { try file?.beginAgain(at: database.configuration.now()) }
                }
            }
            try database.connection.transaction(.immediate) {
                guard try database.catalog.stagingSettings() != settings else { return }
                try database.catalog.setStaging(settings)
                let what = settings.map {
                    "the RPO duration is \($0.rpoHours) h, the budget \($0.byteBudget) bytes"
                }
                try database.catalog.insertEvent(
                    time: database.configuration.now(), table: nil, kind: .staging,
                    message: what ?? "staging is switched off")
            }
        }
    }

    /// The settings of staging, or `nil` while it is off.
    ///
    /// - Throws: `wrongState` when the database is not enabled.
    public func settings() throws(StretchError) -> StagingSettings? {
        try database.perform {
            _ = try database.enabledDatabase()
            return try database.catalog.stagingSettings()
        }
    }

    /// What staging holds and costs.
    ///
    /// A file that cannot be read is no error; ``StagingReport/problem`` tells it.
    ///
    /// - Throws: `wrongState` when the database is not enabled.
    public func report() throws(StretchError) -> StagingReport {
        try database.perform {
            try database.stagingReport(try database.enabledDatabase()) ?? StagingReport(nil)
        }
    }
}
