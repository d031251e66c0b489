internal import StretchCore
package import StretchSQLite

/// `stretch_staging`: the settings of staging, which are part of every backup of the file.
extension Catalog {
    /// Returns the RPO duration in hours and the byte budget; `nil` while staging is disabled.
    package func staging() throws -> (hours: Int64, byteBudget: Int64)? {
        try connection.stored(
            "stretch_staging", of: .local,
            "SELECT rpo_hours, byte_budget FROM main.stretch_staging"
        ) { row in
            (try row.integer(0, in: .hours), try row.integer(1, in: 1...Int64.max))
        }.first
    }

    /// Enables staging, or changes its settings.
    package func setStaging(hours: Int64, byteBudget: Int64) throws(SQLiteError) {
        try connection.run(
            "INSERT OR REPLACE INTO main.stretch_staging VALUES(1, ?, ?)", .integer(hours),
            .integer(byteBudget))
    }

    /// Disables staging.
    package func removeStaging() throws(SQLiteError) {
        try connection.run("DELETE FROM main.stretch_staging")
    }
}
