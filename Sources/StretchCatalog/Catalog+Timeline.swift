package import StretchCore
package import StretchEndpoint
package import StretchSQLite
package import StretchTimeline

/// The file's own way through the timeline, and the fork that it has in flight.
extension Catalog {
    /// Notes a position that the file has reached.
    func insertHistory(_ position: TimelinePosition) throws(SQLiteError) {
        try connection.run(
            "INSERT INTO main.stretch_history(branch, epoch, token) VALUES(?, ?, ?)",
            .integer(position.branch), .integer(position.epoch), .integer(position.token))
    }

    /// The positions that the file went through.
    package func history() throws -> LocalHistory {
        LocalHistory(
            positions: try connection.stored(
                "stretch_history", of: .local,
                "SELECT number, branch, epoch, token FROM main.stretch_history ORDER BY number"
            ) { try $0.position(at: 1) })
    }

    /// Moves the file to a child branch: forgets what came after the fork, and goes on from there.
    ///
    /// - Parameter child: The child's positions, the first one at the fork.
    package func fork(at base: TimelinePosition, child: [TimelinePosition]) throws(SQLiteError) {
        try connection.run(
            """
            DELETE FROM main.stretch_history WHERE number > (
                SELECT max(number) FROM main.stretch_history
                WHERE branch = ? AND epoch = ? AND token = ?)
            """, .integer(base.branch), .integer(base.epoch), .integer(base.token))
        for position in child { try setPosition(position) }
    }

    /// The fork in flight, or `nil`.
    package func pendingFork() throws -> PendingFork? {
        try connection.stored(
            "stretch_fork", of: .local,
            """
            SELECT child, child_token, base_branch, base_epoch, base_token, branch, epoch, token
            FROM main.stretch_fork
            """
        ) { row in
            PendingFork(
                child: try row.integer(0, in: .ids), token: try row.integer(1, in: .ids),
                base: try row.position(at: 2), origin: try row.position(at: 5))
        }.first
    }

    /// Writes the fork in flight, in place of an earlier one and of a step of the old branch.
    package func insert(_ fork: PendingFork) throws(SQLiteError) {
        try removePending()
        try connection.run(
            "INSERT OR REPLACE INTO main.stretch_fork VALUES(1, ?, ?, ?, ?, ?, ?, ?, ?)",
            .integer(fork.child), .integer(fork.token), .integer(fork.base.branch),
            .integer(fork.base.epoch), .integer(fork.base.token), .integer(fork.origin.branch),
            .integer(fork.origin.epoch), .integer(fork.origin.token))
    }

    /// Forgets the fork in flight.
    package func removeFork() throws(SQLiteError) {
        try connection.run("DELETE FROM main.stretch_fork")
    }

    /// The batches of the manifest, as a remote is asked for them.
    package func namedBatches() throws -> [NamedBatch] {
        try connection.stored(
            "stretch_batch", of: .local,
            """
            SELECT number, id, rows, digest, (SELECT count(*) FROM main.stretch_tombstone AS t
                WHERE t.batch = b.number) AS tombstones
            FROM main.stretch_batch AS b ORDER BY number
            """
        ) { row in
            let rowCount = try row.integer(2, in: .batchRows)
            return NamedBatch(
                id: try row.integer(1, in: .ids), rowCount: rowCount,
                hiddenRowCount: try row.integer(4, in: 0...rowCount), digest: try row.blob(3))
        }
    }

    /// The batches of the manifest, and their visible rows.
    package func manifestCounts() throws -> (batches: Int64, rows: Int64) {
        let batches = try namedBatches()
        return (Int64(batches.count), batches.reduce(0) { $0 + $1.visibleRowCount })
    }

    /// Takes batches out of the manifest, by their ids.
    package func removeBatches(_ ids: [Int64]) throws(SQLiteError) {
        for id in ids {
            let number = try connection.integer(
                "SELECT number FROM main.stretch_batch WHERE id = ?", .integer(id))
            if let number { try remove(batchNumber: number) }
        }
    }

    /// Names a batch of the manifest by the id and epoch under which it was sent again.
    package func rename(batch id: Int64, to entry: LedgerEntry) throws(SQLiteError) {
        try connection.run(
            "UPDATE main.stretch_batch SET id = ?, epoch = ? WHERE id = ?",
            .integer(entry.batch.id), .integer(entry.position.epoch), .integer(id))
    }

    /// The batches of the manifest with their tables, by their ids.
    package func manifest() throws -> [Int64: (table: StretchedTable, batch: ManifestBatch)] {
        var found: [Int64: (table: StretchedTable, batch: ManifestBatch)] = [:]
        let batches = try batchesOfTables()
        for table in try tables() {
            for batch in batches[table.id] ?? [] { found[batch.visible.id] = (table, batch) }
        }
        return found
    }

    /// The smallest and largest value of a batch's first key column, as SQL literals.
    ///
    /// - Returns: `nil` where they are not known.
    package func keyRange(of batch: ManifestBatch, in table: StretchedTable) throws -> [String]? {
        let schema = try TableSchema(reading: table.name, from: connection)
        let key = schema.flatMap { Relation(table, schema: $0).key.first?.column }
        guard let zone = key.flatMap({ batch.zones.zone(of: $0) }), let minimum = zone.minimum,
            let maximum = zone.maximum
        else { return nil }
        let literals = try connection.rows("SELECT quote(?), quote(?)", minimum, maximum)[0]
            .compactMap(\.stringValue)
        return literals.count == 2 ? literals : nil
    }
}
