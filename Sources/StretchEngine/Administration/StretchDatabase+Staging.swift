internal import StretchCatalog
internal import StretchCore
internal import StretchKeystore
internal import StretchSQLite
internal import StretchStaging

extension StretchDatabase {
    /// Returns the content and cost of staging; `nil` if staging is disabled and empty.
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

    /// Removes the staging file of a database that is no longer enabled, unless it belongs to
    /// another.
    func removeStaging(_ record: DatabaseRecord) throws(StretchError) {
        do throws(StretchError) {
            let file = try StagingFile.open(
                database: path, id: record.database, configuration, isCreating: false)
            guard file != nil else { return }
        } catch {
            // A file of another database, or an unreadable one, is kept.
            return
        }
        try StagingFile.remove(database: path)
    }
}
