internal import StretchCatalog
public import StretchCore
internal import StretchKeystore
internal import StretchSQLite
public import StretchStaging

/// Staging: copies of migrated rows beside the database, kept until the remote is known to have
/// them.
public struct StagingAdministration {
    let database: StretchDatabase

    /// Sets how long rows of migrated batches stay in staging, or disables staging.
    ///
    /// Staging keeps the rows of each batch, compressed, in a separate file beside the database.
    /// They are written before the batch is migrated, and kept until the RPO duration is over and a
    /// later migration has found the batch in the remote. If the remote is rolled back in that
    /// time, ``RemoteAdministration/reauthorize(_:)`` sends them again. Rows migrated earlier are
    /// not staged.
    ///
    /// When staging is disabled, no more rows are staged, and the next migration that finds the
    /// batches in the remote removes the file.
    ///
    /// - Parameter settings: The settings, or `nil` to disable staging, which is the default.
    /// - Throws: `invalidArgument`; `wrongState` when the database is not enabled, or the file
    ///   cannot be created; `damaged` if it cannot be read; `notPermitted`. Nothing is then
    ///   changed.
    public func set(_ settings: StagingSettings?) throws(StretchError) {
        try settings?.validate()
        try database.administer {
            let record = try database.enabledDatabase()
            if settings != nil {
                let file = try StagingFile.open(
                    database: database.path, id: record.database, database.configuration,
                    isCreating: true)
                // A leftover file lacks the rows migrated while staging was disabled.
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

    /// Returns the settings of staging, or `nil` while it is disabled.
    ///
    /// - Throws: `wrongState` when the database is not enabled.
    public func settings() throws(StretchError) -> StagingSettings? {
        try database.perform {
            _ = try database.enabledDatabase()
            return try database.catalog.stagingSettings()
        }
    }

    /// Returns the content and cost of staging.
    ///
    /// An unreadable file is not an error; ``StagingReport/problem`` describes it.
    ///
    /// - Throws: `wrongState` when the database is not enabled.
    public func report() throws(StretchError) -> StagingReport {
        try database.perform {
            try database.stagingReport(try database.enabledDatabase()) ?? StagingReport(nil)
        }
    }
}
