public import StretchCore
public import StretchSQLite

/// Reading back a batch.
extension PostgresEndpoint {
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
        try ask { connection in
            buffer.removeAll()
            let place = try self.place(of: batch, on: connection)
            var relation = try self.relation(place.relation, on: connection)
            if let known = relation, !columns.allSatisfy({ known.columns[$0] != nil }) {
                relation = try self.relation(place.relation, on: connection, isFresh: true)
            }
            guard let relation else { throw DamagedRow() }
            let wanted = try columns.map { try relation.column($0) }
            let end = min(place.rowCount, ordinal + Int64(maximumRowCount))
            guard ordinal >= 0, ordinal < end else { return }
            let decoder = RowDecoder(wanted, of: relation)
            let names = (decoder.prefix + wanted.map(\.name)).joined(separator: ", ")
            roundTripCount += 1
            try connection.send(
                """
                COPY (SELECT \(names) FROM ONLY \(relation.table) WHERE _b = \(batch)
                    AND _o >= \(ordinal) AND _o < \(end) ORDER BY _o) TO STDOUT (FORMAT binary)
                """)
            try receive(batch, from: ordinal, decoder, into: buffer, on: connection)
            guard buffer.rowCount == Int(end - ordinal) else {
                buffer.removeAll()
                directory.removePlace(of: batch)
                // The batch may be missing because the server was restored from a backup.
                _ = try self.place(of: batch, on: connection)
                throw damaged(batch)
            }
            guard decoder.misfits.unannounced != nil else { return }
            // Another session may have recorded the misfit since the definition was read.
            let fresh = try self.relation(place.relation, on: connection, isFresh: true)
            try (fresh.map(AnnouncedMisfits.init) ?? decoder.misfits)
                .require(decoder.misfits.unannounced, remote: remoteName)
        }
    }

    /// Returns the number of a relation's rows that belong to no batch of the ledger.
    public func strayRowCount(relation id: Int64) throws(StretchError) -> Int64 {
        try ask { connection in
            guard let relation = try relation(id, on: connection, isFresh: true) else { return 0 }
            let rows = try run(
                """
                SELECT count(*) FROM ONLY \(relation.table) AS n WHERE NOT EXISTS (
                    SELECT 1 FROM \(schema).stretch_batch AS b
                    WHERE b.id = n._b AND b.relation = \(id) AND b.collected_at IS NULL
                        AND n._o >= 0 AND n._o < b.row_count)
                """, on: connection, expecting: 1, patience: .seconds(3_600))[0]
            guard let count = rows.integer(0, 0) else { throw DamagedRow() }
            return count
        }
    }

    private func receive(
        _ batch: Int64, from ordinal: Int64, _ decoder: RowDecoder, into buffer: RowBuffer,
        on connection: PostgresConnection
    ) throws {
        try connection.beginCopyOut()
        try connection.readCopy { fields in
            try decoder.append(
                to: buffer,
                identify: { [damaged] _, place in
                    guard place == ordinal + Int64(buffer.rowCount) else { throw damaged(batch) }
                    return place
                }, next: { try fields.field() })
        }
        try connection.finish()
    }

    private func place(
        of batch: Int64, on connection: PostgresConnection
    ) throws -> (relation: Int64, rowCount: Int64) {
        if let known = directory.place(of: batch) { return known }
        let row = try run(
            """
            SELECT relation, row_count FROM \(schema).stretch_batch
            WHERE id = \(batch) AND condemned_at IS NULL
            """, on: connection, expecting: 1)[0]
        guard row.rowCount == 1 else {
            throw try missing(batch, on: connection, otherwise: "has no batch \(batch)")
        }
        guard let relation = row.integer(0, 0), let rowCount = row.integer(0, 1),
            Self.rowCounts.contains(rowCount)
        else { throw DamagedRow() }
        directory.insertPlace(of: batch, relation: relation, rowCount: rowCount)
        return (relation, rowCount)
    }

    private func damaged(_ batch: Int64) -> StretchError {
        StretchError(
            .damaged, "remote \"\(remoteName)\": batch \(batch) has lost rows or its relation",
            hint: "Put the remote back from its backup, then: \(advice: .reauthorize).")
    }
}
