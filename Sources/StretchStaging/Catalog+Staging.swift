package import StretchCatalog
internal import StretchCore
package import StretchSQLite

/// The settings of staging, which are part of every backup of the file.
extension Catalog {
    /// Returns the settings, or `nil` while staging is disabled.
    package func stagingSettings() throws -> StagingSettings? {
        try staging().map {
            StagingSettings(rpoHours: Int($0.hours), byteBudget: $0.byteBudget)
        }
    }

    /// Sets the settings, or disables staging.
    package func setStaging(_ settings: StagingSettings?) throws(SQLiteError) {
        guard let settings else { return try removeStaging() }
        try setStaging(hours: Int64(settings.rpoHours), byteBudget: settings.byteBudget)
    }
}
