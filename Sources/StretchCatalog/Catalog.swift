package import StretchCore
package import StretchEndpoint
package import StretchSQLite
internal import StretchText
package import StretchTimeline

/// The catalog of one local file, read and written through a connection.
///
/// Every call is one statement or few; the caller holds the transaction that makes them one.
package struct Catalog {
    package let connection: Connection

    package init(_ connection: Connection) {
        self.connection = connection
    }

    /// Whether the file is stretch-enabled.
    ///
    /// - Throws: `damaged` where anything but a plain table has the name of one of the catalog's,
    ///   or a trigger is on it: a view can be endless, and a trigger changes what is written.
    package var exists: Bool {
        get throws {
            let names = CatalogSchema.tableNames.map(\.quotedLiteral).joined(separator: ", ")
            let rows = try connection.rows(
                """
                SELECT type, name, tbl_name, rootpage FROM main.sqlite_schema
                WHERE type <> 'index' AND (name COLLATE NOCASE IN (\(names))
                    OR tbl_name COLLATE NOCASE IN (\(names)))
                """)
            for row in rows where row[0] != "table" || row[3].integerValue ?? 0 < 1 {
                let (name, table) = (row[1].stringValue ?? "", row[2].stringValue ?? "")
                let kind = row[0] == "table" ? "virtual table" : row[0].stringValue ?? "object"
                throw StoredFile.local.damaged(
                    row[0] == "trigger"
                        ? "trigger \"\(name)\" is on table \"\(table)\", which belongs to Stretch"
                        : "\(kind) \"\(name)\" has the name of a table that belongs to Stretch")
            }
            return rows.contains {
                $0[1].stringValue?.isEqualFoldingCase("stretch_database") ?? false
            }
        }
    }

    // MARK: Database

    /// Makes the catalog's tables and the row about the database.
    package func create(_ database: DatabaseRecord) throws(SQLiteError) {
        try connection.execute(CatalogSchema.script)
        try connection.run(
            "INSERT INTO main.stretch_database VALUES(1, ?, ?, ?, ?, ?, ?, ?, 1)",
            .integer(CatalogSchema.format), .integer(database.database),
            .integer(database.position.branch), .integer(database.position.epoch),
            .integer(database.position.token), .text(database.endpoint),
            .text(database.queryMode.rawValue))
        try insertHistory(database.position)
    }

    /// Drops the catalog's tables.
    package func drop() throws(SQLiteError) {
        for name in CatalogSchema.tableNames {
            try connection.execute(one: "DROP TABLE IF EXISTS main.\(name)")
        }
    }

    /// The row about the database.
    ///
    /// - Returns: `nil` when the file is not stretch-enabled.
    package func database() throws -> DatabaseRecord? {
        guard try exists else { return nil }
        let format = try connection.rows("SELECT format FROM main.stretch_database").first?[0]
        guard format == .integer(CatalogSchema.format) else {
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

    /// Which rows queries see, or `nil` when the file is not stretch-enabled any more.
    package func queryMode() throws -> QueryMode? {
        try connection.stored(
            "stretch_database", of: .local, "SELECT query_mode FROM main.stretch_database"
        ) { row -> QueryMode in try row.element(0) }.first
    }

    /// The position that the file names now; one cheap statement.
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

    /// Names another server; the caller has made sure that it holds what the file names.
    package func setEndpoint(_ address: String) throws(SQLiteError) {
        try connection.run("UPDATE main.stretch_database SET endpoint = ?", .text(address))
    }

    /// Sets which rows queries see.
    package func setQueryMode(_ mode: QueryMode) throws(SQLiteError) {
        try connection.run(
            "UPDATE main.stretch_database SET query_mode = ?", .text(mode.rawValue))
    }

    // MARK: Tables

    /// The stretch-enabled tables, in the order in which they were enabled.
    package func tables() throws -> [StretchedTable] {
        try tables(
            """
            SELECT id, name, relation, filter, follows, state, schema_version
            FROM main.stretch_table ORDER BY id
            """)
    }

    /// A stretch-enabled table by its id.
    package func table(id: Int64) throws -> StretchedTable? {
        try tables(
            """
            SELECT id, name, relation, filter, follows, state, schema_version
            FROM main.stretch_table WHERE id = ?
            """, .integer(id)
        ).first
    }

    /// A stretch-enabled table by its name, without regard to case.
    package func table(named name: String) throws -> StretchedTable? {
        try tables(
            """
            SELECT id, name, relation, filter, follows, state, schema_version
            FROM main.stretch_table WHERE name = ? COLLATE NOCASE
            """, .text(name)
        ).first { $0.name.isEqualFoldingCase(name) }
    }

    private func tables(_ sql: String, _ values: Value...) throws -> [StretchedTable] {
        try connection.stored("stretch_table", of: .local, sql, values) { row in
            let id = try row.integer(0, in: .numbers)
            return StretchedTable(
                id: id, name: try row.string(1), relation: try row.integer(2, in: .ids),
                filter: try row.string(3), follows: try row.optionalString(4),
                state: try row.element(5), schemaVersion: try row.integer(6, in: .versions),
                columns: try columns(table: id))
        }
    }

    /// The version of a table's columns, or `nil` when the table is not stretch-enabled any more.
    package func schemaVersion(table: Int64) throws -> Int64? {
        try connection.stored(
            "stretch_table", of: .local,
            "SELECT id, schema_version FROM main.stretch_table WHERE id = ?", .integer(table)
        ) { try $0.integer(1, in: .versions) }.first
    }

    /// Writes a table and its columns, new or changed.
    package func save(_ table: StretchedTable) throws(SQLiteError) {
        try connection.run(
            """
            INSERT INTO main.stretch_table VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)
            ON CONFLICT (id) DO UPDATE SET name = ?2, filter = ?4, follows = ?5, state = ?6,
                schema_version = ?7
            """,
            .integer(table.id), .text(table.name), .integer(table.relation), .text(table.filter),
            table.follows.map(Value.text) ?? .null, .text(table.state.rawValue),
            .integer(table.schemaVersion))
        try connection.run(
            "DELETE FROM main.stretch_column WHERE table_id = ?", .integer(table.id))
        for (position, column) in table.columns.enumerated() {
            try connection.run(
                "INSERT INTO main.stretch_column VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
                .integer(table.id), .integer(column.id), .integer(Int64(position)),
                .text(column.name), .text(column.declaredType), .text(column.affinity.rawValue),
                .blob(Value.encode([column.defaultValue])), .integer(column.added),
                column.dropped.map(Value.integer) ?? .null)
        }
    }

    /// Forgets a table with its batches and tombstones.
    package func remove(table id: Int64) throws(SQLiteError) {
        try connection.run(
            """
            DELETE FROM main.stretch_tombstone
            WHERE batch IN (SELECT number FROM main.stretch_batch WHERE table_id = ?)
            """, .integer(id))
        for table in ["stretch_batch", "stretch_column", "stretch_migration_status"] {
            try connection.run("DELETE FROM main.\(table) WHERE table_id = ?", .integer(id))
        }
        try connection.run("DELETE FROM main.stretch_table WHERE id = ?", .integer(id))
    }

    private func columns(table: Int64) throws -> [CatalogColumn] {
        try connection.stored(
            "stretch_column", of: .local,
            """
            SELECT id, name, declared_type, affinity, default_value, added, dropped
            FROM main.stretch_column WHERE table_id = ? ORDER BY position
            """, .integer(table)
        ) { row in
            guard let values = Value.decode(try row.blob(4)), values.count == 1 else {
                throw row.damaged(4, expected: "one encoded value")
            }
            return CatalogColumn(
                id: try row.integer(0, in: .ids), name: try row.string(1),
                declaredType: try row.string(2), affinity: try row.element(3),
                defaultValue: values[0], added: try row.integer(5, in: .versions),
                dropped: try row.optionalInteger(6, in: .versions))
        }
    }

    // MARK: Manifest

    /// The batches of a table that are visible, in the order of their numbers, without the one that
    /// the step in flight takes out.
    package func batches(table: Int64) throws -> [ManifestBatch] {
        try batches(
            """
            SELECT number, id, epoch, schema_version, rows, bytes, zones, digest, table_id
            FROM main.stretch_batch WHERE table_id = ? ORDER BY number
            """, .integer(table))
    }

    /// The visible batches of all tables, by the tables' ids.
    package func batchesOfTables() throws -> [Int64: [ManifestBatch]] {
        Dictionary(
            grouping: try batches(
                """
                SELECT number, id, epoch, schema_version, rows, bytes, zones, digest, table_id
                FROM main.stretch_batch ORDER BY number
                """), by: \.table)
    }

    private func batches(_ sql: String, _ values: Value...) throws -> [ManifestBatch] {
        let step = try pending()
        return try connection.stored("stretch_batch", of: .local, sql, values) { row in
            ManifestBatch(
                visible: VisibleBatch(
                    id: try row.integer(1, in: .ids), number: try row.integer(0, in: .numbers),
                    rowCount: try row.integer(4, in: .batchRows)),
                table: try row.integer(8, in: .numbers), epoch: try row.integer(2, in: .epochs),
                schemaVersion: try row.integer(3, in: .versions),
                byteCount: try row.integer(5, in: .batchBytes),
                zones: ZoneMap(encoded: try row.blob(6)), digest: try row.blob(7))
        }.filter { !(step?.takesOut($0.visible.id) ?? false) }
    }

    /// The number and the rows of a batch of the manifest, by its id.
    package func batch(id: Int64) throws -> (number: Int64, rowCount: Int64)? {
        try connection.stored(
            "stretch_batch", of: .local,
            "SELECT number, rows FROM main.stretch_batch WHERE id = ?", .integer(id)
        ) { (try $0.integer(0, in: .numbers), try $0.integer(1, in: .batchRows)) }.first
    }

    /// The batches of one table in the manifest, their rows, and how many of these tombstones hide.
    package struct Counts {
        package var batches: Int64 = 0
        var rows: Int64 = 0
        package var hiddenRows: Int64 = 0
        /// The numbers of the batches whose rows are all hidden.
        package var hiddenBatches: [Int64] = []
        package var visibleRows: Int64 { rows - hiddenRows }

        package init() {}
    }

    /// What the manifest has of a table.
    package func counts(table: Int64) throws -> Counts {
        try counts(
            """
            SELECT number, rows, (SELECT count(*) FROM main.stretch_tombstone AS t
                WHERE t.batch = b.number) AS tombstones, table_id
            FROM main.stretch_batch AS b WHERE table_id = ?
            """, .integer(table)
        )[table] ?? Counts()
    }

    /// What the manifest has of each table that has batches, by the tables' ids.
    package func countsOfTables() throws -> [Int64: Counts] {
        try counts(
            """
            SELECT number, rows, (SELECT count(*) FROM main.stretch_tombstone AS t
                WHERE t.batch = b.number) AS tombstones, table_id
            FROM main.stretch_batch AS b
            """)
    }

    private func counts(_ sql: String, _ values: Value...) throws -> [Int64: Counts] {
        var counts: [Int64: Counts] = [:]
        _ = try connection.stored("stretch_batch", of: .local, sql, values) { row in
            let rows = try row.integer(1, in: .batchRows)
            let hidden = try row.integer(2, in: 0...rows)
            var table = counts.removeValue(forKey: try row.integer(3, in: .numbers)) ?? Counts()
            table.batches += 1
            table.rows += rows
            table.hiddenRows += hidden
            if hidden == rows { table.hiddenBatches.append(try row.integer(0, in: .numbers)) }
            counts[try row.integer(3, in: .numbers)] = table
        }
        return counts
    }

    /// Whether any batch of a table is visible.
    package func hasBatches(table: Int64) throws(SQLiteError) -> Bool {
        try connection.integer(
            "SELECT EXISTS(SELECT 1 FROM main.stretch_batch WHERE table_id = ?)", .integer(table))
            == 1
    }

    /// Draws the next batch number.
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

    /// Adds a batch to the manifest: the switch that makes its rows visible.
    package func insert(_ batch: ManifestBatch) throws(SQLiteError) {
        try connection.run(
            "INSERT INTO main.stretch_batch VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
            .integer(batch.visible.number), .integer(batch.table), .integer(batch.visible.id),
            .integer(batch.epoch), .integer(batch.schemaVersion),
            .integer(batch.visible.rowCount), .integer(batch.byteCount),
            .blob(batch.zones.encoded), .blob(batch.digest))
    }

    /// Takes a batch and its tombstones out of the manifest.
    package func remove(batchNumber: Int64) throws(SQLiteError) {
        try connection.run(
            "DELETE FROM main.stretch_tombstone WHERE batch = ?", .integer(batchNumber))
        try connection.run("DELETE FROM main.stretch_batch WHERE number = ?", .integer(batchNumber))
    }

    /// Hides one cold row; hiding it again changes nothing.
    ///
    /// - Returns: Whether it was visible.
    @discardableResult
    package func insertTombstone(
        _ location: ColdLocation, _ cause: TombstoneCause
    ) throws(SQLiteError) -> Bool {
        try connection.run(
            "INSERT OR IGNORE INTO main.stretch_tombstone VALUES(?, ?, ?)",
            .integer(location.batchNumber), .integer(location.ordinal), .integer(cause.rawValue))
        return connection.changeCount > 0
    }

    /// Notes that a hot row has taken the place of a hidden one.
    package func finishTombstone(_ location: ColdLocation) throws(SQLiteError) {
        try connection.run(
            "UPDATE main.stretch_tombstone SET cause = ? WHERE batch = ? AND ordinal = ?",
            .integer(TombstoneCause.replaced.rawValue), .integer(location.batchNumber),
            .integer(location.ordinal))
    }

    /// Shows a hidden cold row again.
    package func removeTombstone(_ location: ColdLocation) throws(SQLiteError) {
        try connection.run(
            "DELETE FROM main.stretch_tombstone WHERE batch = ? AND ordinal = ?",
            .integer(location.batchNumber), .integer(location.ordinal))
    }

    /// The ordinals of a batch's rows that are hidden although nothing took their place.
    package func unfinishedOrdinals(batchNumber: Int64) throws(SQLiteError) -> [Int64] {
        try connection.rows(
            "SELECT ordinal FROM main.stretch_tombstone WHERE batch = ? AND cause = ?",
            .integer(batchNumber), .integer(TombstoneCause.unfinished.rawValue)
        ).compactMap(\.[0].integerValue)
    }

    /// Whether a tombstone hides the row.
    package func isHidden(_ location: ColdLocation) throws(SQLiteError) -> Bool {
        try connection.integer(
            "SELECT 1 FROM main.stretch_tombstone WHERE batch = ? AND ordinal = ?",
            .integer(location.batchNumber), .integer(location.ordinal)) != nil
    }

    /// The ordinals of a batch's rows that tombstones hide.
    package func hiddenOrdinals(batchNumber: Int64) throws -> [Int64] {
        try connection.stored(
            "stretch_tombstone", of: .local,
            "SELECT ordinal FROM main.stretch_tombstone WHERE batch = ?", .integer(batchNumber)
        ) { try $0.integer(0, in: Int64.min...Int64.max) }
    }

    /// The number of tombstones of all batches.
    package func hiddenRowCount() throws(SQLiteError) -> Int64 {
        try connection.integer("SELECT count(*) FROM main.stretch_tombstone") ?? 0
    }

    /// The number of tombstones of a batch.
    package func hiddenRowCount(batchNumber: Int64) throws(SQLiteError) -> Int64 {
        try connection.integer(
            "SELECT count(*) FROM main.stretch_tombstone WHERE batch = ?", .integer(batchNumber))
            ?? 0
    }

    // MARK: Pending step

    /// The step in flight, or `nil`.
    package func pending() throws -> PendingStep? {
        try connection.stored(
            "stretch_pending", of: .local,
            """
            SELECT kind, table_id, batch, branch, epoch, token, next_token, schema_version
            FROM main.stretch_pending
            """
        ) { row in
            PendingStep(
                kind: try row.element(0), table: try row.integer(1, in: .numbers),
                batch: try row.integer(2, in: .ids), base: try row.position(at: 3),
                nextToken: try row.integer(6, in: .ids),
                schemaVersion: try row.integer(7, in: .versions))
        }.first
    }

    /// Writes the step in flight; there must be none.
    package func insert(_ step: PendingStep) throws(SQLiteError) {
        try connection.run(
            "INSERT INTO main.stretch_pending VALUES(1, ?, ?, ?, ?, ?, ?, ?, ?)",
            .text(step.kind.rawValue), .integer(step.table), .integer(step.batch),
            .integer(step.base.branch), .integer(step.base.epoch), .integer(step.base.token),
            .integer(step.nextToken), .integer(step.schemaVersion))
    }

    /// Forgets the step in flight.
    package func removePending() throws(SQLiteError) {
        try connection.run("DELETE FROM main.stretch_pending")
    }

    // MARK: History

    /// Notes what happened, for `status` and people.
    package func insertEvent(
        time: String, table: String?, kind: String, message: String
    ) throws(SQLiteError) {
        try connection.run(
            "INSERT INTO main.stretch_event(time, table_name, kind, message) VALUES(?, ?, ?, ?)",
            .text(time), table.map(Value.text) ?? .null, .text(kind), .text(message))
    }

    /// Notes a batch that moved; the newest 1,000 per table are kept.
    package func insertStatus(
        table: Int64, batch: Int64, direction: MigrationState, ended: String, rowCount: Int64,
        byteCount: Int64
    ) throws(SQLiteError) {
        try connection.run(
            """
            INSERT INTO main.stretch_migration_status(
                table_id, batch, direction, ended, rows, bytes)
            VALUES(?, ?, ?, ?, ?, ?)
            """, .integer(table), .integer(batch), .text(direction.rawValue), .text(ended),
            .integer(rowCount), .integer(byteCount))
        try connection.run(
            """
            DELETE FROM main.stretch_migration_status
            WHERE table_id = ?1 AND id <= (SELECT max(id) FROM main.stretch_migration_status) - 1000
            """, .integer(table))
    }
}
