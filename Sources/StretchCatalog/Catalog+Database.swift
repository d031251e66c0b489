package import StretchCore
package import StretchSQLite
internal import StretchTimeline

/// `stretch_database`: one row about the file.
extension Catalog {
    /// Returns the record of the database.
    ///
    /// - Returns: `nil` if the file is not stretch-enabled.
    package func database() throws -> DatabaseRecord? {
        guard try exists else { return nil }
        let formats = try connection.stored(
            "stretch_database", of: .local, "SELECT format FROM main.stretch_database"
        ) { $0.value(0) }
        guard formats.first == .integer(CatalogSchema.format) else {
            throw StretchError(
                .damaged, "the catalog of the local database is damaged or of another version",
                hint: "Open the file with the version of Stretch that wrote it.")
        }
        return try connection.stored(
            "stretch_database", of: .local,
            """
            SELECT database, branch, epoch, token, endpoint, query_mode
            FROM main.stretch_database
            """
        ) { row in
            DatabaseRecord(
                database: try row.integer(0, in: .ids), position: try row.position(at: 1),
                endpoint: try row.string(4), queryMode: try row.element(5))
        }.first
    }

    func insert(_ database: DatabaseRecord) throws(SQLiteError) {
        try connection.run(
            "INSERT INTO main.stretch_database VALUES(1, ?, ?, ?, ?, ?, ?, ?, 1)",
            .integer(CatalogSchema.format), .integer(database.database),
            .integer(database.position.branch), .integer(database.position.epoch),
            .integer(database.position.token), .text(database.endpoint),
            .text(database.queryMode.rawValue))
    }

    /// Returns the query mode, or `nil` if the file is no longer stretch-enabled.
    package func queryMode() throws -> QueryMode? {
        try connection.stored(
            "stretch_database", of: .local, "SELECT query_mode FROM main.stretch_database"
        ) { row -> QueryMode in try row.element(0) }.first
    }

    /// Returns the file's current position, with one cheap statement.
    package func position() throws -> TimelinePosition? {
        try connection.stored(
            "stretch_database", of: .local,
            "SELECT branch, epoch, token FROM main.stretch_database"
        ) { try $0.position(at: 0) }.first
    }

    /// Moves the file to a position.
    package func setPosition(_ position: TimelinePosition) throws(SQLiteError) {
        try connection.run(
            "UPDATE main.stretch_database SET branch = ?, epoch = ?, token = ?",
            .integer(position.branch), .integer(position.epoch), .integer(position.token))
        try insertHistory(position)
    }

    /// Sets the server; the caller has verified that it holds the file's position.
    package func setEndpoint(_ address: String) throws(SQLiteError) {
        try connection.run("UPDATE main.stretch_database SET endpoint = ?", .text(address))
    }

    /// Sets the query mode.
    package func setQueryMode(_ mode: QueryMode) throws(SQLiteError) {
        try connection.run(
            "UPDATE main.stretch_database SET query_mode = ?", .text(mode.rawValue))
    }

    /// Allocates the next batch number.
    package func takeBatchNumber() throws -> Int64 {
        let number = try connection.stored(
            "stretch_database", of: .local, "SELECT next_batch_number FROM main.stretch_database"
        ) { try $0.integer(0, in: .numbers) }.first
        guard let number else {
            throw StoredFile.local.damaged("table \"stretch_database\" is empty")
        }
        try connection.run(
            "UPDATE main.stretch_database SET next_batch_number = ?", .integer(number + 1))
        return number
    }
}
