internal import StretchCore
package import StretchEndpoint
package import StretchSQLite
internal import StretchText
package import StretchTimeline

/// `stretch_batch`: the manifest.
///
/// The first columns of every query for batches are number, id and rows.
extension Catalog {
    /// Returns the visible batches of a table in number order, without the one that the step in
    /// flight retires.
    package func batches(table: Int64) throws -> [ManifestBatch] {
        try batches("WHERE table_id = ? ORDER BY number", .integer(table))
    }

    /// Returns the visible batches of all tables, by table id.
    package func batchesOfTables() throws -> [Int64: [ManifestBatch]] {
        Dictionary(grouping: try batches("ORDER BY number"), by: \.table)
    }

    private func batches(_ which: String, _ values: Value...) throws -> [ManifestBatch] {
        let step = try pending()
        return try connection.stored(
            "stretch_batch", of: .local,
            """
            SELECT number, id, rows, epoch, schema_version, bytes, zones, digest, table_id
            FROM main.stretch_batch \(which)
            """, values
        ) { row in
            ManifestBatch(
                visible: try row.batch(), table: try row.integer(8, in: .numbers),
                epoch: try row.integer(3, in: .epochs),
                schemaVersion: try row.integer(4, in: .versions),
                byteCount: try row.integer(5, in: .batchBytes),
                zones: ZoneMap(encoded: try row.blob(6)), digest: try row.blob(7))
        }.filter { !(step?.takesOut($0.visible.id) ?? false) }
    }

    /// Returns a batch of the manifest by id, including the one that the step in flight retires.
    package func batch(id: Int64) throws -> VisibleBatch? {
        try connection.stored(
            "stretch_batch", of: .local,
            "SELECT number, id, rows FROM main.stretch_batch WHERE id = ?", .integer(id)
        ) { try $0.batch() }.first
    }

    /// Returns the batches of the manifest, each with its table and number of hidden rows.
    private func hiddenCounts<Record>(
        _ which: String, _ values: [Value] = [],
        read: (StoredRow, VisibleBatch, _ hiddenRowCount: Int64) throws -> Record
    ) throws -> [Record] {
        try connection.stored(
            "stretch_batch", of: .local,
            """
            SELECT number, id, rows, (SELECT count(*) FROM main.stretch_tombstone AS t
                WHERE t.batch = b.number) AS tombstones, table_id, digest
            FROM main.stretch_batch AS b \(which)
            """, values
        ) { row in
            let batch = try row.batch()
            return try read(row, batch, try row.integer(3, in: 0...batch.rowCount))
        }
    }

    /// The numbers of batches, rows and hidden rows of one table in the manifest.
    package struct Counts {
        package var batches: Int64 = 0
        var rows: Int64 = 0
        package var hiddenRows: Int64 = 0
        /// The numbers of the batches whose rows are all hidden.
        package var hiddenBatches: [Int64] = []
        package var visibleRows: Int64 { rows - hiddenRows }

        package init() {}
    }

    /// Returns the counts of a table.
    package func counts(table: Int64) throws -> Counts {
        try counts("WHERE table_id = ?", .integer(table))[table] ?? Counts()
    }

    /// Returns the counts of each table with batches, by table id.
    package func countsOfTables() throws -> [Int64: Counts] { try counts("") }

    private func counts(_ which: String, _ values: Value...) throws -> [Int64: Counts] {
        var counts: [Int64: Counts] = [:]
        _ = try hiddenCounts(which, values) { row, batch, hiddenRowCount in
            let table = try row.integer(4, in: .numbers)
            counts[table, default: Counts()].batches += 1
            counts[table, default: Counts()].rows += batch.rowCount
            counts[table, default: Counts()].hiddenRows += hiddenRowCount
            guard hiddenRowCount == batch.rowCount else { return }
            counts[table, default: Counts()].hiddenBatches.append(batch.number)
        }
        return counts
    }

    /// Returns whether any batch of a table is visible.
    package func hasBatches(table: Int64) throws(SQLiteError) -> Bool {
        try connection.holds(
            "SELECT 1 FROM main.stretch_batch WHERE table_id = ? LIMIT 1", .integer(table))
    }

    /// Returns whether the manifest names a batch.
    package func names(batch id: Int64) throws(SQLiteError) -> Bool {
        try connection.holds("SELECT 1 FROM main.stretch_batch WHERE id = ?", .integer(id))
    }

    /// Returns whether the manifest has a batch under its number.
    package func lists(_ batch: VisibleBatch) throws(SQLiteError) -> Bool {
        try connection.holds(
            "SELECT 1 FROM main.stretch_batch WHERE number = ? AND id = ?",
            .integer(batch.number), .integer(batch.id))
    }

    /// Returns whether the manifest has a batch with a number.
    package func lists(batchNumber: Int64) throws(SQLiteError) -> Bool {
        try connection.holds(
            "SELECT 1 FROM main.stretch_batch WHERE number = ?", .integer(batchNumber))
    }

    /// Returns the number of batches without a table or with an epoch later than the file's.
    package func strayBatchCount(after epoch: Int64) throws(SQLiteError) -> Int64 {
        try connection.count(
            """
            SELECT count(*) FROM main.stretch_batch
            WHERE table_id NOT IN (SELECT id FROM main.stretch_table) OR epoch > ?
            """, .integer(epoch))
    }

    /// Returns the batches of the manifest in the form for requests to a remote.
    package func namedBatches() throws -> [NamedBatch] {
        try hiddenCounts("ORDER BY number") { row, batch, hiddenRowCount in
            NamedBatch(
                id: batch.id, rowCount: batch.rowCount, hiddenRowCount: hiddenRowCount,
                digest: try row.blob(5))
        }
    }

    /// Returns the numbers of batches in the manifest and of their visible rows.
    package func manifestCounts() throws -> (batches: Int64, rows: Int64) {
        let batches = try namedBatches()
        return (Int64(batches.count), batches.reduce(0) { $0 + $1.visibleRowCount })
    }

    /// Removes batches from the manifest, by id.
    package func removeBatches(_ ids: [Int64]) throws {
        for id in ids {
            if let batch = try batch(id: id) { try remove(batchNumber: batch.number) }
        }
    }

    /// Changes the id and epoch of a batch to those under which it was sent again.
    package func rename(batch id: Int64, to entry: LedgerEntry) throws(SQLiteError) {
        try connection.run(
            "UPDATE main.stretch_batch SET id = ?, epoch = ? WHERE id = ?",
            .integer(entry.batch.id), .integer(entry.position.epoch), .integer(id))
    }

    /// Returns the batches of the manifest with their tables, by id.
    package func manifest() throws -> [Int64: (table: StretchedTable, batch: ManifestBatch)] {
        var found: [Int64: (table: StretchedTable, batch: ManifestBatch)] = [:]
        let batches = try batchesOfTables()
        for table in try tables() {
            for batch in batches[table.id] ?? [] { found[batch.visible.id] = (table, batch) }
        }
        return found
    }

    /// Returns the minimum and maximum of a batch's first key column, as SQL literals.
    ///
    /// - Returns: `nil` if they are unknown.
    package func keyRange(of batch: ManifestBatch, in table: StretchedTable) throws -> [String]? {
        let schema = try TableSchema(reading: table.name, from: connection)
        let key = schema.flatMap { Relation(table, schema: $0).key.first?.column }
        guard let zone = key.flatMap({ batch.zones.zone(of: $0) }), let minimum = zone.minimum,
            let maximum = zone.maximum
        else { return nil }
        return [try connection.literal(minimum), try connection.literal(maximum)]
    }

    /// Removes the zones of some columns from all batches of a table.
    package func removeZones(of columns: Set<Int64>, table: Int64) throws {
        guard !columns.isEmpty else { return }
        for batch in try batches(table: table) {
            let rest = batch.zones.removing(columns)
            guard rest != batch.zones else { continue }
            try connection.run(
                "UPDATE main.stretch_batch SET zones = ? WHERE number = ?",
                .blob(rest.encoded), .integer(batch.visible.number))
        }
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

    /// Removes a batch and its tombstones from the manifest.
    package func remove(batchNumber: Int64) throws(SQLiteError) {
        try connection.run(
            "DELETE FROM main.stretch_tombstone WHERE batch = ?", .integer(batchNumber))
        try connection.run("DELETE FROM main.stretch_batch WHERE number = ?", .integer(batchNumber))
    }
}

extension StoredRow {
    /// Returns the batch of a row whose first columns are number, id and rows.
    fileprivate func batch() throws(StretchError) -> VisibleBatch {
        VisibleBatch(
            id: try integer(1, in: .ids), number: try integer(0, in: .numbers),
            rowCount: try integer(2, in: .batchRows))
    }
}

extension Connection {
    /// Returns a value as an SQL literal.
    fileprivate func literal(_ value: Value) throws(SQLiteError) -> String {
        guard let literal = try string("SELECT quote(?)", value) else {
            preconditionFailure("quote() returns a text")
        }
        return literal
    }
}
