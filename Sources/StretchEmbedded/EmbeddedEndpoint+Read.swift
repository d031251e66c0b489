public import StretchCore
public import StretchEndpoint
public import StretchSQLite

extension EmbeddedEndpoint {
    /// Starts a scan, fenced in the snapshot of its rows.
    ///
    /// Scans may run concurrently; each has its own snapshot.
    public func scan(_ request: ColdScanRequest) throws(StretchError) -> any ColdScan {
        try ask { try EmbeddedScan(request, endpoint: self) }
    }

    /// Replaces the buffer's rows with rows of one batch, ordered by ordinal.
    ///
    /// - Throws: `remoteMismatch` if the remote has no such batch; `damaged` if the batch has lost
    ///   rows; `remoteUnavailable`.
    public func read(
        batch: Int64, columns: [Int64], from ordinal: Int64, maximumRowCount: Int,
        into buffer: RowBuffer
    ) throws(StretchError) {
        precondition(buffer.columnCount == columns.count, "the buffer has other columns")
        buffer.removeAll()
        try ask {
            guard let connection = try file.openRemote() else { throw file.missingRemote }
            let found = try connection.stored(
                "stretch_batch", of: .remote(path),
                """
                SELECT b.id, b.relation, b.first_row, b.row_count, r.number, m.generation
                FROM stretch_batch AS b, stretch_remote AS m
                LEFT JOIN stretch_relation AS r ON r.id = b.relation
                WHERE b.id = ? AND b.condemned_at IS NULL
                """, .integer(batch)
            ) { row in
                (
                    relation: try row.integer(1, in: .ids),
                    firstRow: try row.integer(2, in: .rows),
                    rowCount: try row.integer(3, in: .batchRows),
                    number: try row.optionalInteger(4, in: .numbers),
                    generation: try row.integer(5, in: .versions)
                )
            }.first
            guard let found else {
                throw try Self.missing(
                    batch, on: connection, path: path,
                    otherwise: mismatch("remote \"\(path)\" has no batch \(batch)"))
            }
            guard let number = found.number else { throw damaged(batch) }
            file.directory.update(generation: found.generation)
            let relation = try file.directory.relation(
                found.relation, number: number, on: connection, path: path)
            guard let relation else { throw damaged(batch) }
            try relation.require(columns)
            guard (0..<found.rowCount).contains(ordinal) else { return }
            let firstRow = found.firstRow
            let end = ordinal + min(found.rowCount - ordinal, Int64(maximumRowCount))
            guard ordinal < end else { return }
            let names = columns.map { ", \(EmbeddedRelation.columnName($0))" }.joined()
            let statement = try connection.cached(
                """
                SELECT id\(names) FROM \(relation.table) WHERE id BETWEEN ? AND ? ORDER BY id
                """)
            defer { statement.reset() }
            try statement.bind(integer: firstRow + ordinal, at: 1)
            try statement.bind(integer: firstRow + end - 1, at: 2)
            while try statement.step() {
                buffer.beginRow(identifier: statement.integer(0) - firstRow)
                buffer.appendRow(of: statement, from: 1, routines: connection.routines)
            }
            // Rowids are unique, so the correct number of rows means that none is missing.
            guard buffer.rowCount == Int(end - ordinal) else {
                buffer.removeAll()
                throw damaged(batch)
            }
        }
    }

    /// Returns the number of a relation's rows that belong to no batch of the ledger.
    ///
    /// - Throws: `damaged` if two batches share a row.
    public func strayRowCount(relation id: Int64) throws(StretchError) -> Int64 {
        try ask {
            guard let connection = try file.openRemote() else { throw file.missingRemote }
            let number = try EmbeddedRelation.number(of: id, on: connection, path: path)
            guard let number else { return 0 }
            let ranges = try EmbeddedDirectory.allRanges(relation: id, on: connection, path: path)
            var count = try connection.count("SELECT count(*) FROM rows_\(number)")
            for range in ranges.coalesced {
                count -=
                    try connection.count(
                        "SELECT count(*) FROM rows_\(number) WHERE id BETWEEN ? AND ?",
                        .integer(range.lowerBound), .integer(range.upperBound))
            }
            return count
        }
    }

    private func damaged(_ batch: Int64) -> StretchError {
        StretchError(
            .damaged, "remote \"\(path)\": batch \(batch) has lost rows or its relation",
            hint: "Put the remote's file back from its backup, then: \(advice: .reauthorize).")
    }
}
