internal import CLibPQ
public import StretchCore
public import StretchEndpoint
public import StretchSQLite

extension PostgresEndpoint {
    /// Commits a batch durably and moves the branch from one position to the next, both or neither.
    ///
    /// The first statement waits, on the lock of the branch's row, for any commit of this branch
    /// that is in doubt; the last statement compares and advances the history. After an error with
    /// `remoteUnavailable`, the server may still be executing the commit.
    public func commit(
        _ batch: NewBatch, rows: RowBuffer, from base: TimelinePosition,
        to position: TimelinePosition
    ) throws(StretchError) {
        precondition(
            rows.rowCount == batch.rowCount && rows.columnCount == batch.columns.count
                && batch.rowCount <= ColdLocation.maximumRowCount,
            "the batch describes other rows")
        requireNext(base, position)
        if let sent = takeSent(batch), try commit(sent, batch, rows, base, position) {
            directory.insertPlace(
                of: batch.id, relation: batch.relation, rowCount: batch.rowCount)
            return
        }
        // A definition changed by another session is read again once.
        try ask { connection in
            if try !send(batch, rows, base, position, isFresh: false, on: connection),
                try !send(batch, rows, base, position, isFresh: true, on: connection)
            {
                throw StretchError(
                    .busy, "other sessions change relation \(batch.relation) of the remote",
                    hint: "Try again.")
            }
        }
        directory.insertPlace(of: batch.id, relation: batch.relation, rowCount: batch.rowCount)
    }

    /// Runs the transaction of a batch.
    ///
    /// - Returns: `false` if the cached definition is out of date; nothing is then done.
    private func send(
        _ batch: NewBatch, _ rows: RowBuffer, _ base: TimelinePosition,
        _ position: TimelinePosition, isFresh: Bool, on connection: PostgresConnection
    ) throws -> Bool {
        let relation = try relation(batch.relation, on: connection, isFresh: isFresh)
        let writer = try relation.map { try BatchWriter(batch, rows: rows, of: $0) }
        var copy = ""
        if let relation, let writer {
            copy = "; " + writer.copySQL(into: relation)
        }
        roundTripCount += 1
        try connection.send(
            """
            \(lockSQL(base.branch)); \(entrySQL(batch.id));
            SELECT generation FROM \(schema).stretch_relation WHERE id = \(batch.relation)\(copy)
            """)
        var results: [PostgresResult] = []
        while let result = try connection.nextResult() {
            results.append(result)
            if result.status == PGRES_COPY_IN { break }
        }
        let tables = results.filter { $0.status == PGRES_TUPLES_OK }
        guard tables.count == 4 else { throw DamagedRow() }
        if let known = try entry(of: batch.id, in: tables[2]) {
            let isSame =
                known.position == position && known.batch.digest == batch.digest
                && known.batch.relation == batch.relation
            guard isSame else { throw mismatch("knows batch \(batch.id) as another one") }
            connection.rollBack()
            return true
        }
        try compare(base, to: head(base.branch, in: tables[0], tables[1]))
        guard let relation, let writer, tables[3].integer(0, 0) == relation.generation else {
            connection.rollBack()
            guard isFresh else { return false }
            throw StretchError(
                .schemaMismatch, "remote \"\(remoteName)\" has no relation \(batch.relation)",
                hint: "Provision the relation first.")
        }
        let misfits = writer.misfitColumns()
        try writer.send(on: connection)
        roundTripCount += 1
        var count = 0
        while let result = try connection.nextResult() { count = result.changeCount }
        guard count == Int(batch.rowCount) else { throw DamagedRow() }
        return try close(batch, misfits, of: relation, rows, base, position, on: connection)
    }

    /// Writes the ledger entry, advances the branch, and commits.
    ///
    /// - Parameter misfits: The numbers of the columns with misfits.
    /// - Returns: `false` if the definition changed in the meantime; nothing is then committed.
    func close(
        _ batch: NewBatch, _ misfits: Set<Int>, of relation: PostgresRelation, _ rows: RowBuffer,
        _ base: TimelinePosition, _ position: TimelinePosition, on connection: PostgresConnection
    ) throws -> Bool {
        let isNew = relation.columns.values.contains {
            misfits.contains($0.number) && !$0.hasMisfits
        }
        let ledger = ledgerSQL(
            batch, byteCount: rows.byteCount, at: position,
            generation: relation.generation + (isNew ? 1 : 0))
        do {
            try run(
                (isNew ? noteSQL(misfits, of: relation) : "") + ledger
                    + moveSQL(from: base, to: position), on: connection, expecting: 0)
        } catch let error as PostgresError {
            // The definition changed since it was compared, and nothing was committed.
            guard error.sqlState == PostgresError.nullInserted else { throw error }
            connection.rollBack()
            return false
        }
        if isNew { directory.update(nil, id: relation.id) }
        return true
    }

    private func noteSQL(_ misfits: Set<Int>, of relation: PostgresRelation) -> String {
        let numbers = misfits.sorted().map(String.init).joined(separator: ",")
        return """
            UPDATE \(schema).stretch_column SET has_misfits = true
            WHERE relation = \(relation.id) AND number IN (\(numbers));
            UPDATE \(schema).stretch_relation SET generation = generation + 1
            WHERE id = \(relation.id);
            """
    }

    private func ledgerSQL(
        _ batch: NewBatch, byteCount: Int, at position: TimelinePosition, generation: Int64
    ) -> String {
        """
        INSERT INTO \(schema).stretch_batch(
            id, relation, branch, epoch, row_count, byte_count, digest, columns)
        VALUES (\(batch.id), (SELECT id FROM \(schema).stretch_relation
            WHERE id = \(batch.relation) AND generation = \(generation) FOR UPDATE),
            \(position.branch), \(position.epoch),
            \(batch.rowCount), \(byteCount), \(ServerSQL.literal(batch.digest)),
            '{\(IDList.text(batch.columns))}');
        UPDATE \(schema).stretch_relation SET batch_count = batch_count + 1,
            row_count = row_count + \(batch.rowCount), byte_count = byte_count + \(byteCount)
        WHERE id = \(batch.relation);
        """
    }
}
