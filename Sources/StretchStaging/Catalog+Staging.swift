package import StretchCatalog
internal import StretchCore
package import StretchSQLite

/// The settings of staging, which go with every backup of the file.
extension Catalog {
    /// The settings, or `nil` while staging is off.
    package func stagingSettings() throws -> StagingSettings? {
        try connection.stored(
            "stretch_staging", of: .local,
            "SELECT rpo_hours, byte_budget FROM main.stretch_staging"
        ) { row in
            StagingSettings(
                rpoHours: Int(try row.integer(0, in: .hours)),
                byteBudget: try row.integer(1, in: 1...Int64.max))
        }.first
    }

    /// Sets them, or switches staging off.
    package func setStaging(_ settings: StagingSettings?) throws(SQLiteError) {
        guard let settings else { return try connection.run("DELETE FROM main.stretch_staging") }
        try connection.run(
            "INSERT OR REPLACE INTO main.stretch_staging VALUES(1, ?, ?)",
            .integer(Int64(settings.rpoHours)), .integer(settings.byteBudget))
    }

    /// Whether the manifest names a batch.
    package func names(batch: Int64) throws(SQLiteError) -> Bool {
        try connection.integer("SELECT 1 FROM main.stretch_batch WHERE id = ?", .integer(batch))
            != nil
    }
}
