package import StretchSQLite
internal import StretchText

/// The catalog of one local file, read and written through a connection.
///
/// Every call is one statement or few; the caller holds the transaction that makes them one.
package struct Catalog {
    package let connection: Connection

    package init(_ connection: Connection) {
        self.connection = connection
    }

    /// Whether the file is stretch-enabled.
    package var exists: Bool {
        get throws(SQLiteError) {
            let count = try connection.integer(
                """
                SELECT 1 FROM main.sqlite_schema
                WHERE type = 'table' AND name = 'stretch_database'
                """
            )
            return count != nil
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
            try connection.execute("DROP TABLE IF EXISTS main.\(name)")
        }
    }

    /// The row about the database.
    ///
    /// - Returns: `nil` when the file is not stretch-enabled.
    package func database() throws -> DatabaseRecord? {
        guard try exists else { return nil }
        let row = try connection.rows(
            """
            SELECT format, database, branch, epoch, token, endpoint, query_mode
            FROM main.stretch_database
            """
        ).first
        guard let row, row[0].integerValue == CatalogSchema.format,
            let database = row[1].integerValue, let branch = row[2].integerValue,
            let epoch = row[3].integerValue, let token = row[4].integerValue,
            let endpoint = row[5].stringValue,
            let queryMode = row[6].stringValue.flatMap(QueryMode.init(rawValue:))
        else {
            throw StretchError(
                .damaged, "the catalog of the local database is damaged or of another version",
                hint: "Open the file with the version of Stretch that wrote it.")
        }
        return DatabaseRecord(
            database: database,
            position: TimelinePosition(branch: branch, epoch: epoch, token: token),
            endpoint: endpoint, queryMode: queryMode)
    }

    /// The position that the file names now; one cheap statement.
    package func position() throws(SQLiteError) -> TimelinePosition? {
        let row = try connection.rows(
            "SELECT branch, epoch, token FROM main.stretch_database"
        ).first
        guard let row, let branch = row[0].integerValue, let epoch = row[1].integerValue,
            let token = row[2].integerValue
        else { return nil }
        return TimelinePosition(branch: branch, epoch: epoch, token: token)
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
    package func tables() throws(SQLiteError) -> [StretchedTable] {
        try connection.rows(
            """
            SELECT id, name, relation, filter, follows, state, schema_version
            FROM main.stretch_table ORDER BY id
            """
        ).map { row throws(SQLiteError) in
            let id = row[0].integerValue ?? 0
            return StretchedTable(
                id: id, name: row[1].stringValue ?? "", relation: row[2].integerValue ?? 0,
                filter: row[3].stringValue ?? "", follows: row[4].stringValue,
                state: row[5].stringValue.flatMap(MigrationState.init(rawValue:)) ?? .paused,
                schemaVersion: row[6].integerValue ?? 0, columns: try columns(table: id))
        }
    }

    /// A stretch-enabled table by its name, without regard to case.
    package func table(named name: String) throws(SQLiteError) -> StretchedTable? {
        try tables().first { $0.name.isEqualFoldingCase(name) }
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

    private func columns(table: Int64) throws(SQLiteError) -> [CatalogColumn] {
        try connection.rows(
            """
            SELECT id, name, declared_type, affinity, default_value, added, dropped
            FROM main.stretch_column WHERE table_id = ? ORDER BY position
            """, .integer(table)
        ).map { row in
            var defaultValue = Value.null
            if case .blob(let bytes) = row[4] {
                defaultValue = Value.decode(bytes)?.first ?? .null
            }
            return CatalogColumn(
                id: row[0].integerValue ?? 0, name: row[1].stringValue ?? "",
                declaredType: row[2].stringValue ?? "",
                affinity: row[3].stringValue.flatMap(Affinity.init(rawValue:)) ?? .blob,
                defaultValue: defaultValue, added: row[5].integerValue ?? 0,
                dropped: row[6].integerValue)
        }
    }

    // MARK: Manifest

    /// The batches of a table that are visible, in the order of their numbers, without the one that
    /// the step in flight takes out.
    package func batches(table: Int64) throws(SQLiteError) -> [ManifestBatch] {
        let step = try pending()
        let statement = try connection.cached(
            """
            SELECT number, id, epoch, schema_version, rows, bytes, zones, digest
            FROM main.stretch_batch WHERE table_id = ? ORDER BY number
            """)
        try statement.bind([.integer(table)])
        defer { statement.reset() }
        func bytes(_ column: Int) -> [UInt8] {
            if case .blob(let bytes) = statement.column(column) { bytes } else { [] }
        }
        var batches: [ManifestBatch] = []
        while try statement.step() {
            let id = statement.integer(1)
            guard !(step?.takesOut(id) ?? false) else { continue }
            batches.append(
                ManifestBatch(
                    visible: VisibleBatch(
                        id: id, number: statement.integer(0), rowCount: statement.integer(4)),
                    table: table, epoch: statement.integer(2),
                    schemaVersion: statement.integer(3), byteCount: statement.integer(5),
                    zones: ZoneMap(encoded: bytes(6)), digest: bytes(7)))
        }
        return batches
    }

    /// Whether any batch of a table is visible.
    package func hasBatches(table: Int64) throws(SQLiteError) -> Bool {
        try connection.integer(
            "SELECT EXISTS(SELECT 1 FROM main.stretch_batch WHERE table_id = ?)", .integer(table))
            == 1
    }

    /// Draws the next batch number.
    package func takeBatchNumber() throws(SQLiteError) -> Int64 {
        let number =
            try connection.integer("SELECT next_batch_number FROM main.stretch_database") ?? 1
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
    package func insertTombstone(
        _ location: ColdLocation, _ cause: TombstoneCause
    ) throws(SQLiteError) {
        try connection.run(
            "INSERT OR IGNORE INTO main.stretch_tombstone VALUES(?, ?, ?)",
            .integer(location.batchNumber), .integer(location.ordinal), .integer(cause.rawValue))
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
    package func hiddenOrdinals(batchNumber: Int64) throws(SQLiteError) -> [Int64] {
        try connection.rows(
            "SELECT ordinal FROM main.stretch_tombstone WHERE batch = ?", .integer(batchNumber)
        ).compactMap(\.[0].integerValue)
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
    package func pending() throws(SQLiteError) -> PendingStep? {
        let row = try connection.rows(
            """
            SELECT kind, table_id, batch, branch, epoch, token, next_token, schema_version
            FROM main.stretch_pending
            """
        ).first
        guard let row, let kind = row[0].stringValue.flatMap(PendingStep.Kind.init(rawValue:))
        else { return nil }
        let numbers = row.dropFirst().map { $0.integerValue ?? 0 }
        return PendingStep(
            kind: kind, table: numbers[0], batch: numbers[1],
            base: TimelinePosition(branch: numbers[2], epoch: numbers[3], token: numbers[4]),
            nextToken: numbers[5], schemaVersion: numbers[6])
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
