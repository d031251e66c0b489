internal import CLibPQ
public import StretchCore
public import StretchEndpoint

extension PostgresEndpoint {
    /// The maximum number of rows that one transaction deletes.
    private static var chunkRowCount: Int64 { 50_000 }

    /// Deletes the rows of batches that no branch sees any longer.
    ///
    /// It requires the DELETE privilege, unlike other operations. The ledger's times never go back.
    /// A server whose clock is behind them is refused, because ages would be unknown.
    public func collectGarbage(_ request: GarbageRequest) throws(StretchError) -> GarbageReport {
        try ask { connection in
            try requireClock(on: connection)
            let query = GarbageQuery(
                prefix: "\(schema).", request: request, dialect: dialect)
            guard !request.isDryRun else {
                // One snapshot, so that the report is of the batches that were looked at.
                let results = try run(
                    """
                    \(PostgresSchema.beginReading) \(query.report);
                    \(query.garbage); COMMIT
                    """, on: connection, expecting: 2)
                let garbage = (0..<results[1].rowCount).compactMap { results[1].integer($0, 0) }
                try GarbageQuery.require(
                    request.visibleBatches, without: garbage, remote: remoteName)
                return try report(query, results[0])
            }
            // A fork locks the same row, and thus either finds a batch condemned or keeps it.
            let results = try run(
                """
                \(PostgresSchema.begin)
                SELECT 1 FROM \(schema).stretch_remote WHERE id = 1 FOR UPDATE;
                \(query.report); \(query.condemnation(now: monotoneNow));
                \(query.condemned)
                """, on: connection, expecting: 3)
            let (report, list) = (try report(query, results[1]), results[2])
            let batches = try (0..<list.rowCount).map { row in
                let numbers = (0..<4).compactMap { list.integer(row, $0) }
                guard numbers.count == 4, Self.rowCounts.contains(numbers[2]),
                    numbers[3] >= 0
                else { throw DamagedRow() }
                return numbers
            }
            try GarbageQuery.require(
                request.visibleBatches, without: batches.map { $0[0] }, remote: remoteName)
            let relations = Set(batches.map { $0[1] })
            let bumps = relations.sorted().map { bump($0) + "; " }.joined()
            try run("\(bumps)COMMIT", on: connection, expecting: 0)
            directory.removeAll()
            for batch in batches { try delete(batch, on: connection) }
            return report
        }
    }

    /// The server's time as an SQL expression, or the ledger's latest time if the clock went back.
    var monotoneNow: String {
        "greatest(now(), (SELECT max(last_seen) FROM \(schema).stretch_branch))"
    }

    private func requireClock(on connection: PostgresConnection) throws {
        let row = try run(
            """
            SELECT \(Self.timeText("max(last_seen)")) FROM \(schema).stretch_branch
            WHERE last_seen > now() + interval '60 seconds'
            """, on: connection, expecting: 1)[0]
        if let time = row.text(0, 0) {
            throw GarbageQuery.ledgerIsAhead(remote: remoteName, at: time)
        }
    }

    /// Sets times of the ledger that are ahead of the server's clock back to now.
    public func acceptClock() throws(StretchError) {
        try ask { connection in
            let updates = GarbageQuery.acceptance(prefix: "\(schema).", now: "now()")
            try run(
                "\(PostgresSchema.begin) \(updates.joined(separator: "; ")); COMMIT",
                on: connection, expecting: 0)
        }
    }

    /// Deletes a condemned batch's rows; after a crash the next call deletes the rest.
    private func delete(_ batch: [Int64], on connection: PostgresConnection) throws {
        let (id, relation, rowCount, byteCount) = (batch[0], batch[1], batch[2], batch[3])
        guard let table = try self.relation(relation, on: connection)?.table else {
            throw mismatch("has lost relation \(relation)")
        }
        for start in stride(from: 0, to: rowCount, by: Int(Self.chunkRowCount)) {
            let end = start + Self.chunkRowCount
            try run(
                """
                \(PostgresSchema.begin)
                DELETE FROM \(table) WHERE _b = \(id) AND _o >= \(start) AND _o < \(end); COMMIT
                """, on: connection, expecting: 0)
        }
        try run(
            """
            \(PostgresSchema.begin)
            SELECT 1 FROM \(schema).stretch_batch WHERE id = \(id) FOR UPDATE;
            UPDATE \(schema).stretch_relation SET generation = generation + 1,
                batch_count = batch_count - 1, row_count = row_count - \(rowCount),
                byte_count = byte_count - \(byteCount)
            WHERE id = \(relation) AND EXISTS (SELECT 1 FROM \(schema).stretch_batch
                WHERE id = \(id) AND collected_at IS NULL);
            UPDATE \(schema).stretch_batch SET collected_at = now()
            WHERE id = \(id) AND collected_at IS NULL; COMMIT
            """, on: connection, expecting: 1)
    }

    private func report(
        _ query: GarbageQuery, _ result: PostgresResult
    ) throws -> GarbageReport {
        let counts = (0..<4).compactMap { result.count(0, $0) }
        guard result.rowCount == 1, counts.count == 4 else { throw DamagedRow() }
        let retention = try retention(in: result, 7)
        try query.requireAge(atLeast: retention)
        var report = GarbageReport()
        report.batchCount = counts[0]
        report.rowCount = counts[1]
        report.byteCount = counts[2]
        report.keptBatchCount = counts[3]
        report.oldestKeptRetirement = result.text(0, 4)
        report.completeSince = result.text(0, 5)
        report.completeAge = result.integer(0, 6).map { .seconds($0) }
        report.retention = retention
        return report
    }

    private var dialect: GarbageQuery.Dialect {
        GarbageQuery.Dialect(
            now: monotoneNow, text: { Self.timeText($0) },
            ago: { "(now() - \($0) * interval '1 second')" },
            age: { "CAST(extract(epoch FROM now() - \($0)) AS bigint)" })
    }

    /// Returns how long batches are kept after their end.
    public func retention() throws(StretchError) -> Duration? {
        try ask { connection in
            let row = try run(
                "SELECT retention_seconds FROM \(schema).stretch_remote WHERE id = 1",
                on: connection, expecting: 1)[0]
            return try retention(in: row, 0)
        }
    }

    private func retention(in row: PostgresResult, _ column: Int) throws -> Duration? {
        guard !row.isNull(0, column) else { return nil }
        guard let seconds = row.count(0, column) else { throw DamagedRow() }
        return .seconds(seconds)
    }

    /// Sets how long batches are kept after their end.
    ///
    /// It requires the UPDATE privilege on the remote's own row, unlike other operations.
    public func setRetention(_ retention: Duration?) throws(StretchError) {
        try ask { connection in
            let seconds = retention.map { "\($0.wholeSeconds)" } ?? "NULL"
            try run(
                """
                \(PostgresSchema.begin)
                UPDATE \(schema).stretch_remote SET retention_seconds = \(seconds) WHERE id = 1;
                COMMIT
                """, on: connection, expecting: 0)
        }
    }

    static func timeText(_ time: String) -> String {
        "to_char(\(time) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')"
    }

    /// Returns the error for a missing batch, which was collected or lost.
    func missing(
        _ batch: Int64, on connection: PostgresConnection, otherwise what: String
    ) throws -> StretchError {
        let sql = GarbageQuery.condemnation(
            of: batch, prefix: "\(schema).", text: Self.timeText)
        let row = try run(sql, on: connection, expecting: 1)[0]
        guard row.rowCount == 1 else { return mismatch(what) }
        guard let condemnedAt = row.text(0, 0) else { throw DamagedRow() }
        return GarbageQuery.refusal(
            remote: remoteName, batch: batch, condemnedAt: condemnedAt,
            completeSince: row.text(0, 1))
    }
}
