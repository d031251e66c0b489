internal import StretchCatalog
public import StretchCore
internal import StretchKeystore
internal import StretchSQLite
public import StretchStaging

extension StretchDatabase {
    /// Sets for how long rows of migrated batches stay in staging, or switches it off.
    ///
    /// Staging keeps the rows of each batch, compressed, in a file of its own beside the database,
    /// from before they leave until the RPO duration is over and a later migration found the batch
    /// at the remote. When the remote is rolled back meanwhile, ``reauthorize(_:)`` sends them
    /// again. Rows that moved before are not in it.
    ///
    /// Switched off, no more rows go in, and the next migration that finds the batches at the
    /// remote removes the file.
    ///
    /// - Parameter settings: The settings, or `nil` to switch staging off, which is the default.
    /// - Throws: `invalidArgument`; `wrongState` when the database is not enabled, or the file
    ///   cannot be made; `damaged` when it cannot be read; `notPermitted`. Nothing changed then.
    public func setStaging(_ settings: StagingSettings?) throws(StretchError) {
        try settings?.validate()
        try administer {
            let record = try enabledDatabase()
            if settings != nil {
                let file = try StagingFile.open(
                    database: path, id: record.database, configuration, isCreating: true)
                // What moved while it was off is not in what an earlier time left.
                if try catalog.stagingSettings() == nil {
                    try file?.attempt { try file?.beginAgain(at: configuration.now()) }
                }
            }
            try connection.transaction(.immediate) {
                guard try catalog.stagingSettings() != settings else { return }
                try catalog.setStaging(settings)
                let what = settings.map {
                    "the RPO duration is \($0.rpoHours) h, the budget \($0.byteBudget) bytes"
                }
                try catalog.insertEvent(
                    time: configuration.now(), table: nil, kind: "staging",
                    message: what ?? "staging is switched off")
            }
        }
    }

    /// The settings of staging, or `nil` while it is off.
    ///
    /// - Throws: `wrongState` when the database is not enabled.
    public func stagingSettings() throws(StretchError) -> StagingSettings? {
        try perform {
            _ = try enabledDatabase()
            return try catalog.stagingSettings()
        }
    }

    /// What staging holds and costs.
    ///
    /// A file that cannot be read is no error; ``StagingReport/problem`` tells it.
    ///
    /// - Throws: `wrongState` when the database is not enabled.
    public func staging() throws(StretchError) -> StagingReport {
        try perform { try stagingReport(try enabledDatabase()) ?? StagingReport(nil) }
    }

    /// What staging holds and costs; `nil` when it is off and holds nothing.
    func stagingReport(_ record: DatabaseRecord) throws -> StagingReport? {
        let settings = try catalog.stagingSettings()
        var report = StagingReport(settings)
        do throws(StretchError) {
            let file = try StagingFile.open(
                database: path, id: record.database, configuration, isCreating: false)
            guard let file else { return settings == nil ? nil : report }
            try file.describe(&report, now: Timestamp(now: configuration))
        } catch {
            guard settings != nil else { return nil }
            report.problem = error.message
        }
        return report
    }

    /// Removes the staging file of a database that is no longer enabled, unless it is another's.
    func removeStaging(_ record: DatabaseRecord) throws(StretchError) {
        do throws(StretchError) {
            let file = try StagingFile.open(
                database: path, id: record.database, configuration, isCreating: false)
            guard file != nil else { return }
        } catch {
            // A file that is another's, or is no longer readable, stays.
            return
        }
        try StagingFile.remove(database: path)
    }
}
