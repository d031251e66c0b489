internal import Crypto
internal import StretchCompression
package import StretchCore
package import StretchEndpoint
package import StretchSQLite
internal import StretchText

/// A batch to be staged.
package struct StagedBatch {
    package let batch: NewBatch
    package let schemaVersion: Int64
    /// The position after the batch.
    package let position: TimelinePosition
    /// The size of its rows in bytes.
    package let byteCount: Int
    /// The compressed rows.
    package let pieces: [[UInt8]]

    package init(
        batch: NewBatch, schemaVersion: Int64, position: TimelinePosition, byteCount: Int,
        pieces: [[UInt8]]
    ) {
        self.batch = batch
        self.schemaVersion = schemaVersion
        self.position = position
        self.byteCount = byteCount
        self.pieces = pieces
    }

    var compressedByteCount: Int64 { pieces.reduce(0) { $0 + Int64($1.count) } }

    /// Returns the compressed bytes of the rows.
    package static func compress(_ rows: RowBuffer) -> [[UInt8]] { Deflate.compress(rows.bytes) }
}

extension StagingFile {
    /// A query for the entries of batches with given rows.
    private static let found = """
        SELECT number, rows, bytes, columns, digest FROM stretch_staged_batch
        WHERE relation = ? AND digest = ? AND columns = ? ORDER BY number DESC
        """

    /// Stages a batch's rows durably.
    ///
    /// If the budget is exceeded, the oldest batches are removed that a later session found in the
    /// remote or that the manifest does not name.
    ///
    /// - Parameter isNamed: Whether the file's manifest names a batch.
    /// - Returns: The number of batches removed before the end of the RPO duration.
    /// - Throws: `wrongState` if the budget is too small. Nothing is then changed.
    package func stage(
        _ staged: StagedBatch, _ settings: StagingSettings, now: Timestamp,
        isNamed: (Int64) throws -> Bool
    ) throws(StretchError) -> Int {
        try attempt {
            try connection.transaction(.immediate) { () throws in
                try remove(batch: staged.batch.id)
                let count = try makeRoom(
                    for: staged.compressedByteCount, settings, now: now, isNamed: isNamed)
                try insert(staged, now: now)
                return count
            }
        }
    }

    private func insert(_ staged: StagedBatch, now: Timestamp) throws {
        let (batch, position) = (staged.batch, staged.position)
        try connection.run(
            """
            INSERT INTO stretch_staged_batch(
                batch, relation, columns, schema_version, branch, epoch, token, rows, bytes,
                compressed_bytes, digest, staged_at)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """, .integer(batch.id), .integer(batch.relation), .text(IDList.json(batch.columns)),
            .integer(staged.schemaVersion), .integer(position.branch), .integer(position.epoch),
            .integer(position.token), .integer(batch.rowCount), .integer(Int64(staged.byteCount)),
            .integer(staged.compressedByteCount), .blob(batch.digest), .text("\(now)"))
        let number = connection.lastInsertRowID
        let statement = try connection.cached("INSERT INTO stretch_staged_piece VALUES(?, ?, ?)")
        for (place, piece) in staged.pieces.enumerated() {
            try statement.run(.integer(number), .integer(Int64(place)), .blob(piece))
        }
    }

    /// Discards a batch that was not migrated; a missing batch is not an error.
    package func discard(batch: Int64) throws(StretchError) {
        try attempt { try connection.transaction(.immediate) { try remove(batch: batch) } }
    }

    private func remove(batch: Int64) throws {
        let number = try connection.stored(
            "stretch_staged_batch", of: .staging(path),
            "SELECT number FROM stretch_staged_batch WHERE batch = ?", .integer(batch)
        ) { try $0.integer(0, in: .ids) }.first
        if let number { try remove(number: number) }
    }

    func remove(number: Int64) throws {
        try connection.run("DELETE FROM stretch_staged_piece WHERE number = ?", .integer(number))
        try connection.run("DELETE FROM stretch_staged_batch WHERE number = ?", .integer(number))
    }

    /// Records that a batch was sent again: its rows get the new id and time.
    package func renew(_ batch: NewBatch, at position: TimelinePosition, now: Timestamp)
        throws(StretchError)
    {
        try attempt {
            try connection.run(
                """
                UPDATE stretch_staged_batch
                SET batch = ?1, branch = ?2, epoch = ?3, token = ?4, staged_at = ?5, held_at = NULL
                WHERE number = (SELECT max(number) FROM stretch_staged_batch
                    WHERE relation = ?6 AND digest = ?7)
                """, .integer(batch.id), .integer(position.branch), .integer(position.epoch),
                .integer(position.token), .text("\(now)"), .integer(batch.relation),
                .blob(batch.digest))
        }
    }

    /// Returns the rows with a digest, verified by the digest.
    ///
    /// - Returns: `nil` if they are missing or damaged.
    package func rows(
        relation: Int64, digest: [UInt8], columns: [Int64]
    ) throws(StretchError) -> RowBuffer? {
        try attempt {
            let entries = try connection.stored(
                "stretch_staged_batch", of: .staging(path), Self.found, .integer(relation),
                .blob(digest), .text(IDList.json(columns)), read: entry)
            for entry in entries {
                let rows = RowBuffer(columnCount: columns.count)
                if try load(rows, of: entry), Array(SHA256.hash(data: rows.bytes)) == digest {
                    return rows
                }
            }
            return nil
        }
    }

    /// Returns the numbers of the batches of a relation in this file, the oldest first.
    package func batches(relation: Int64) throws(StretchError) -> [Int64] {
        try attempt {
            try connection.stored(
                "stretch_staged_batch", of: .staging(path),
                "SELECT number FROM stretch_staged_batch WHERE relation = ? ORDER BY number",
                .integer(relation)
            ) { try $0.integer(0, in: .ids) }
        }
    }

    /// Returns the rows of a batch, verified by their digest, and the ids of their columns.
    ///
    /// - Returns: `nil` if the batch is no longer staged.
    /// - Throws: `damaged` if the rows differ from those that were staged.
    package func batch(number: Int64) throws(StretchError) -> (columns: [Int64], rows: RowBuffer)? {
        try attempt {
            let entry = try connection.stored(
                "stretch_staged_batch", of: .staging(path),
                """
                SELECT number, rows, bytes, columns, digest FROM stretch_staged_batch
                WHERE number = ?
                """, .integer(number), read: entry
            ).first
            guard let entry else { return nil }
            let rows = RowBuffer(columnCount: entry.columns.count)
            guard try load(rows, of: entry), Array(SHA256.hash(data: rows.bytes)) == entry.digest
            else { throw damage("batch number \(number) does not have its digest") }
            return (entry.columns, rows)
        }
    }

    /// The part of an entry that is needed to read its rows.
    private struct Entry {
        let number: Int64
        let rowCount: Int64
        let byteCount: Int64
        let columns: [Int64]
        let digest: [UInt8]
    }

    private func entry(_ row: StoredRow) throws -> Entry {
        let byteCount = try row.integer(2, in: .batchBytes)
        return Entry(
            number: try row.integer(0, in: .ids), rowCount: try row.integer(1, in: .batchRows),
            byteCount: byteCount, columns: try row.ids(3), digest: try row.blob(4))
    }

    private func load(_ rows: RowBuffer, of entry: Entry) throws -> Bool {
        let (rowCount, byteCount) = (entry.rowCount, entry.byteCount)
        let compressedByteCount =
            try connection.count(
                """
                SELECT coalesce(sum(length(bytes)), 0) FROM stretch_staged_piece WHERE number = ?
                """, .integer(entry.number))
        // A damaged number must not cause the allocation of all memory.
        guard byteCount > 0, rowCount <= byteCount,
            byteCount / Int64(Deflate.maximumRatio) <= compressedByteCount
        else { return false }
        return try rows.load(rowCount: Int(rowCount), byteCount: Int(byteCount)) { memory in
            var inflate = Inflate(into: memory)
            let statement = try connection.cached(
                "SELECT bytes FROM stretch_staged_piece WHERE number = ? ORDER BY place")
            defer { statement.reset() }
            try statement.bind([.integer(entry.number)])
            while try statement.step() {
                guard case .blob(let piece) = statement.column(0) else { return false }
                piece.withUnsafeBytes { inflate.append($0) }
            }
            return inflate.isComplete
        }
    }
}
