internal import StretchSQLite

/// What a session remembers of the file: definitions of relations and places of batches.
///
/// Both are constant until the file's generation changes; the caller passes the generation that it
/// read in its own snapshot.
struct EmbeddedDirectory {
    /// The batches remembered before all are forgotten: 24 bytes and a bucket each.
    static let batchCapacity = 1 << 18
    /// The sets of visible batches remembered: one for each relation of a statement.
    static let setCapacity = 8

    /// Where a batch is: its relation, and the rowids `firstRow ..< firstRow + rowCount`.
    struct Place {
        let relation: Int64
        let firstRow: Int64
        let rowCount: Int64
    }

    private var generation: Int64 = 0
    private var relations: [Int64: EmbeddedRelation] = [:]
    private var places: [Int64: Place] = [:]
    private var sets: [(batches: [VisibleBatch], relation: Int64, ranges: BatchRanges)] = []

    /// Forgets everything when the file is of another generation.
    mutating func update(generation: Int64) {
        guard generation != self.generation else { return }
        self = EmbeddedDirectory()
        self.generation = generation
    }

    /// A relation's definition, or `nil` when the remote has none.
    mutating func relation(
        _ id: Int64, number: Int64, on connection: Connection, path: String
    ) throws -> EmbeddedRelation? {
        if let known = relations[id], known.number == number { return known }
        guard let relation = try EmbeddedRelation(id, on: connection, path: path) else {
            return nil
        }
        relations[id] = relation
        return relation
    }

    /// The rowids of a reader's batches.
    ///
    /// - Throws: `remoteMismatch` when the ledger lacks one of them.
    mutating func ranges(
        of batches: [VisibleBatch], relation: Int64, on connection: Connection, path: String
    ) throws -> BatchRanges {
        // A reader passes the same array again and again, which makes the comparison free.
        for set in sets where set.relation == relation && set.batches == batches {
            return set.ranges
        }
        var located: [(batch: VisibleBatch, firstRow: Int64)] = []
        located.reserveCapacity(batches.count)
        for batch in batches {
            guard let place = try place(of: batch.id, on: connection, path: path),
                place.relation == relation, place.rowCount == batch.rowCount
            else {
                let lack = StretchError(
                    .remoteMismatch,
                    "remote \"\(path)\" lacks batch \(batch.id) of \(batch.rowCount) rows",
                    hint: "The remote was restored or changed; use reauthorize.")
                throw try EmbeddedEndpoint.missing(
                    batch.id, on: connection, path: path, otherwise: lack)
            }
            located.append((batch, place.firstRow))
        }
        guard let ranges = BatchRanges(located) else {
            throw StoredFile.remote(path).damaged(
                "table \"stretch_batch\": two batches of relation \(relation) have the same rows")
        }
        if sets.count >= EmbeddedDirectory.setCapacity { sets.removeFirst() }
        sets.append((batches, relation, ranges))
        return ranges
    }

    /// Where a batch is, or `nil` when the ledger lacks it.
    mutating func place(
        of batch: Int64, on connection: Connection, path: String
    ) throws -> Place? {
        if let place = places[batch] { return place }
        let place = try connection.stored(
            "stretch_batch", of: .remote(path),
            """
            SELECT id, relation, first_row, row_count FROM stretch_batch
            WHERE id = ? AND condemned_at IS NULL
            """, .integer(batch)
        ) { row in
            Place(
                relation: try row.integer(1, in: .ids), firstRow: try row.integer(2, in: .rows),
                rowCount: try row.integer(3, in: .batchRows))
        }.first
        guard let place else { return nil }
        if places.count >= EmbeddedDirectory.batchCapacity { places.removeAll() }
        places[batch] = place
        return place
    }
}
