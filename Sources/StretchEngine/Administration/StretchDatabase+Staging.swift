internal import StretchCatalog
internal import StretchCore
internal import StretchKeystore
internal import StretchSQLite
internal import StretchStaging

extension StretchDatabase {
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
