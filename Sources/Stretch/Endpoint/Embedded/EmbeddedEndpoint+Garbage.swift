internal import StretchSQLite

extension EmbeddedEndpoint {
    /// The rows that one transaction deletes.
    private static let chunkRowCount: Int64 = 20_000

    /// Deletes the rows of batches that no branch sees any more.
    ///
    /// The file has no clock of its own. Its ledger's times never go back, and a clock that is
    /// behind them is refused: it cannot tell an age.
    public func collectGarbage(_ request: GarbageRequest) throws(StretchError) -> GarbageReport {
        try ask {
            guard let connection = try file.openRemote() else { throw file.missingRemote }
            try requireClock(on: connection)
            let query = GarbageQuery(prefix: "", request: request, dialect: Self.dialect)
            guard !request.isDryRun else { return try report(query, on: connection) }
            let (report, batches) = try write { connection in
                let report = try self.report(query, on: connection)
                try connection.run(query.condemnation(now: EmbeddedSchema.monotoneNow))
                let batches = try connection.rows(query.condemned).map {
                    $0.compactMap(\.integerValue)
                }
                try GarbageQuery.require(
                    request.visibleBatches, without: batches.compactMap(\.first), remote: path)
                if !batches.isEmpty {
                    try connection.run("UPDATE stretch_remote SET generation = generation + 1")
                }
                return (report, batches)
            }
            for batch in batches where batch.count == 4 { try delete(batch) }
            return report
        }
    }

    private static let dialect = GarbageQuery.Dialect(
        text: { $0 },
        ago: { "strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-' || \($0) || ' seconds')" },
        age: { "CAST((julianday('now') - julianday(\($0))) * 86400 AS INTEGER)" })

    /// How long batches are kept after their end.
    public func retention() throws(StretchError) -> Duration? {
        try ask {
            guard let connection = try file.openRemote() else { throw file.missingRemote }
            return try connection.integer("SELECT retention_seconds FROM stretch_remote").map {
                .seconds($0)
            }
        }
    }

    /// Sets how long batches are kept after their end.
    public func setRetention(_ retention: Duration?) throws(StretchError) {
        try ask {
            try write { connection in
                try connection.run(
                    "UPDATE stretch_remote SET retention_seconds = ?",
                    retention.map { .integer($0.wholeSeconds) } ?? .null)
            }
        }
    }

    private func requireClock(on connection: Connection) throws {
        let isBehind = try connection.integer(
            """
            SELECT max(last_seen) > strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+60 seconds')
            FROM stretch_branch
            """)
        guard isBehind != 1 else { throw GarbageQuery.clockIsBehind(remote: path) }
    }

    private func report(_ query: GarbageQuery, on connection: Connection) throws -> GarbageReport {
        let row = try connection.rows(query.report)[0]
        let retention = row[7].integerValue.map { Duration.seconds($0) }
        try query.requireAge(atLeast: retention)
        var report = GarbageReport()
        report.batchCount = row[0].integerValue ?? 0
        report.rowCount = row[1].integerValue ?? 0
        report.byteCount = row[2].integerValue ?? 0
        report.keptBatchCount = row[3].integerValue ?? 0
        report.oldestKeptRetirement = row[4].stringValue
        report.completeSince = row[5].stringValue
        report.completeAge = row[6].integerValue.map { .seconds($0) }
        report.retention = retention
        return report
    }

    /// Deletes a condemned batch's rows; a crash leaves the rest to the next call.
    private func delete(_ batch: [Int64]) throws {
        let (id, relation, rowCount, byteCount) = (batch[0], batch[1], batch[2], batch[3])
        var start: Int64 = 0
        repeat {
            let end = min(start + Self.chunkRowCount, rowCount)
            try write { connection in
                let place = try connection.rows(
                    """
                    SELECT b.first_row, r.number
                    FROM stretch_batch AS b JOIN stretch_relation AS r ON r.id = b.relation
                    WHERE b.id = ? AND b.collected_at IS NULL
                    """, .integer(id)
                ).first?.compactMap(\.integerValue)
                guard let place, place.count == 2 else { return }
                try connection.run(
                    "DELETE FROM rows_\(place[1]) WHERE id >= ? AND id < ?",
                    .integer(place[0] + start), .integer(place[0] + end))
                guard end == rowCount else { return }
                try connection.run(
                    """
                    UPDATE stretch_relation SET row_count = row_count - ?,
                        byte_count = byte_count - ? WHERE id = ?
                    """, .integer(rowCount), .integer(byteCount), .integer(relation))
                try connection.run(
                    "UPDATE stretch_batch SET collected_at = \(EmbeddedSchema.now) WHERE id = ?",
                    .integer(id))
                try connection.run("UPDATE stretch_remote SET generation = generation + 1")
            }
            start = end
        } while start < rowCount
    }

    /// The error for a batch that is not there: collected, or lost.
    static func missing(
        _ batch: Int64, on connection: Connection, path: String, otherwise: StretchError
    ) throws -> StretchError {
        let row = try connection.rows(
            GarbageQuery.condemnation(of: batch, prefix: "", text: { $0 })
        ).first
        guard let row else { return otherwise }
        return GarbageQuery.refusal(
            remote: path, batch: batch, condemnedAt: row[0].stringValue ?? "",
            completeSince: row[1].stringValue)
    }
}
