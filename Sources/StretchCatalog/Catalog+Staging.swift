internal import StretchCore
package import StretchSQLite

/// `stretch_staging`: the settings of staging, which go with every backup of the file.
extension Catalog {
    /// The hours for which the rows of moved batches stay in staging, and the most bytes that they
    /// take; `nil` while staging is off.
    package func staging() throws -> (hours: Int64, byteBudget: Int64)? {
        try connection.stored(
            "stretch_staging", of: .local,
            "SELECT rpo_hours, byte_budget FROM main.stretch_staging"
        ) { row in
            (try row.integer(0, in: .hours), try row.integer(1, in: 1...Int64.max))
        }.first
    }

    /// Switches staging on, or changes its settings.
    package func setStaging(hours: Int64, byteBudget: Int64) throws(SQLiteError) {
        try connection.run(
            "INSERT OR REPLACE INTO main.stretch_staging VALUES(1, ?, ?)", .integer(hours),
            .integer(byteBudget))
    }

    /// Switches staging off.
    package func removeStaging() throws(SQLiteError) {
        try connection.run("DELETE FROM main.stretch_staging")
    }
}
