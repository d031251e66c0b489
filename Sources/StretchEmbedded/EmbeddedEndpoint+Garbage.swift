public import StretchCore
public import StretchEndpoint
internal import StretchSQLite

extension EmbeddedEndpoint {
    /// The maximum number of rows that one transaction deletes.
    private static let chunkRowCount: Int64 = 20_000

    /// Deletes the rows of batches that no branch sees any longer.
    ///
    /// The file has no clock. Its ledger's times never go back. A system clock that is behind them
    /// is refused, because ages would be unknown.
    public func collectGarbage(_ request: GarbageRequest) throws(StretchError) -> GarbageReport {
        try ask {
            guard let connection = try file.openRemote() else { throw file.missingRemote }
            try requireClock(on: connection)
            let query = GarbageQuery(prefix: "", request: request, dialect: Self.dialect)
            guard !request.isDryRun else {
                return try preview(query, visible: request.visibleBatches, on: connection)
            }
            let (report, batches) = try write { connection in
                let report = try self.report(query, on: connection)
                try connection.run(query.condemnation(now: EmbeddedSchema.monotoneNow))
                let batches = try condemned(query, on: connection)
                try GarbageQuery.require(
                    request.visibleBatches, without: batches.map(\.id), remote: path)
                if !batches.isEmpty {
                    try connection.run("UPDATE stretch_remote SET generation = generation + 1")
                }
                return (report, batches)
            }
            for batch in batches { try delete(batch) }
            return report
        }
    }

    /// Returns the report of a collection, in one snapshot.
    private func preview(
        _ query: GarbageQuery, visible: Set<Int64>, on connection: Connection
    ) throws -> GarbageReport {
        try connection.transaction(.deferred) { () throws -> GarbageReport in
            let garbage = try connection.stored(
                "stretch_batch", of: .remote(path), query.garbage
            ) { row in try row.integer(0, in: .ids) }
            try GarbageQuery.require(visible, without: garbage, remote: path)
            return try report(query, on: connection)
        }
    }

    private static let dialect = GarbageQuery.Dialect(
        now: EmbeddedSchema.monotoneNow,
        text: { $0 },
        ago: { "strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-' || \($0) || ' seconds')" },
        age: { "CAST((julianday('now') - julianday(\($0))) * 86400 AS INTEGER)" })

    /// Returns how long batches are kept after their end.
    public func retention() throws(StretchError) -> Duration? {
        try ask {
            guard let connection = try file.openRemote() else { throw file.missingRemote }
            return try connection.stored(
                "stretch_remote", of: .remote(path), "SELECT retention_seconds FROM stretch_remote"
            ) { try $0.optionalInteger(0, in: .seconds).map { Duration.seconds($0) } }.first ?? nil
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
        let time = try connection.string(
            """
            SELECT max(last_seen) FROM stretch_branch
            WHERE last_seen > strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '+60 seconds')
            """)
        if let time { throw GarbageQuery.ledgerIsAhead(remote: path, at: time) }
    }

    /// Sets times of the ledger that are ahead of the clock back to now.
    public func acceptClock() throws(StretchError) {
        try ask {
            try write { connection in
                for sql in GarbageQuery.acceptance(prefix: "", now: EmbeddedSchema.now) {
                    try connection.run(sql)
                }
            }
        }
    }

    private func report(_ query: GarbageQuery, on connection: Connection) throws -> GarbageReport {
        let report = try connection.stored("stretch_batch", of: .remote(path), query.report) {
            row in
            var report = GarbageReport()
            report.batchCount = try row.integer(0, in: .rows)
            report.rowCount = try row.integer(1, in: .rows)
            report.byteCount = try row.integer(2, in: .bytes)
            report.keptBatchCount = try row.integer(3, in: .rows)
            report.oldestKeptRetirement = try row.optionalString(4)
            report.completeSince = try row.optionalString(5)
            report.completeAge = try row.optionalInteger(6, in: .ages).map { .seconds($0) }
            report.retention = try row.optionalInteger(7, in: .seconds).map { .seconds($0) }
            return report
        }[0]
        try query.requireAge(atLeast: report.retention)
        return report
    }

    /// A batch whose rows are to be deleted.
    private struct CondemnedBatch {
        let id: Int64
        let relation: Int64
        let rowCount: Int64
        let byteCount: Int64
    }

    private func condemned(
        _ query: GarbageQuery, on connection: Connection
    ) throws -> [CondemnedBatch] {
        try connection.stored("stretch_batch", of: .remote(path), query.condemned) { row in
            CondemnedBatch(
                id: try row.integer(0, in: .ids), relation: try row.integer(1, in: .ids),
                rowCount: try row.integer(2, in: .batchRows),
                byteCount: try row.integer(3, in: .batchBytes))
        }
    }

    /// Deletes a condemned batch's rows; a crash leaves the rest to the next call.
    private func delete(_ batch: CondemnedBatch) throws {
        let rowCount = batch.rowCount
        var start: Int64 = 0
        repeat {
            let end = min(start + Self.chunkRowCount, rowCount)
            try write { connection in
                let place = try connection.stored(
                    "stretch_batch", of: .remote(path),
                    """
                    SELECT b.id, b.first_row, r.number
                    FROM stretch_batch AS b JOIN stretch_relation AS r ON r.id = b.relation
                    WHERE b.id = ? AND b.collected_at IS NULL
                    """, .integer(batch.id)
                ) { row in
                    (
                        firstRow: try row.integer(1, in: .rows),
                        number: try row.integer(2, in: .numbers)
                    )
                }.first
                guard let place else { return }
                try connection.run(
                    "DELETE FROM rows_\(place.number) WHERE id >= ? AND id < ?",
                    .integer(place.firstRow + start), .integer(place.firstRow + end))
                guard end == rowCount else { return }
                try connection.run(
                    """
                    UPDATE stretch_relation SET row_count = row_count - ?,
                        byte_count = byte_count - ? WHERE id = ?
                    """, .integer(rowCount), .integer(batch.byteCount), .integer(batch.relation))
                try connection.run(
                    "UPDATE stretch_batch SET collected_at = \(EmbeddedSchema.now) WHERE id = ?",
                    .integer(batch.id))
                try connection.run("UPDATE stretch_remote SET generation = generation + 1")
            }
            start = end
        } while start < rowCount
    }

    /// Returns the error for a missing batch, which was collected or lost.
    static func missing(
        _ batch: Int64, on connection: Connection, path: String, otherwise: StretchError
    ) throws -> StretchError {
        try connection.stored(
            "stretch_batch", of: .remote(path),
            GarbageQuery.condemnation(of: batch, prefix: "", text: { $0 })
        ) { row in
            GarbageQuery.refusal(
                remote: path, batch: batch, condemnedAt: try row.string(0),
                completeSince: try row.optionalString(1))
        }.first ?? otherwise
    }
}
