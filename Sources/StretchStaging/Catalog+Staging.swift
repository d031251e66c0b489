package import StretchCatalog
internal import StretchCore
package import StretchSQLite

/// The settings of staging, which go with every backup of the file.
extension Catalog {
    /// The settings, or `nil` while staging is off.
    package func stagingSettings() throws -> StagingSettings? {
        try staging().map {
            StagingSettings(rpoHours: Int($0.hours), byteBudget: $0.byteBudget)
        }
    }

    /// Sets them, or switches staging off.
    package func setStaging(_ settings: StagingSettings?) throws(SQLiteError) {
        guard let settings else { return try removeStaging() }
        try setStaging(hours: Int64(settings.rpoHours), byteBudget: settings.byteBudget)
    }
}
