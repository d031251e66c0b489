internal import StretchCore
internal import StretchEndpoint
internal import StretchSQLite

/// A session's cache of the file: definitions of relations and locations of batches.
///
/// Both are constant until the file's generation changes; the caller passes the generation that it
/// read in its own snapshot.
struct EmbeddedDirectory {
    /// The maximum number of cached batches, of 24 bytes and a bucket each, before the cache is
    /// cleared.
    static let batchCapacity = 1 << 18
    /// The maximum number of cached sets of visible batches: one for each relation of a statement.
    static let setCapacity = 8

    /// The location of a batch: its relation, and the rowids `firstRow ..< firstRow + rowCount`.
    struct Place {
        let relation: Int64
        let firstRow: Int64
        let rowCount: Int64
    }

    private var generation: Int64 = 0
    private var relations: [Int64: EmbeddedRelation] = [:]
    private var places: [Int64: Place] = [:]
    /// The rows of all batches of each relation, including those that are being deleted.
    private var allRanges: [Int64: BatchRanges] = [:]
    private var sets: [(batches: [VisibleBatch], relation: Int64, ranges: BatchRanges)] = []

    /// Clears the cache if the file's generation has changed.
    mutating func update(generation: Int64) {
        guard generation != self.generation else { return }
        self = EmbeddedDirectory()
        self.generation = generation
    }

    /// Returns a relation's definition, or `nil` if it does not exist.
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

    /// Returns the rowids of a reader's batches.
    ///
    /// - Throws: `remoteMismatch` if the ledger lacks one of them.
    mutating func ranges(
        of batches: [VisibleBatch], relation: Int64, on connection: Connection, path: String
    ) throws -> BatchRanges {
        // A reader passes the same array repeatedly, which makes the comparison cheap.
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
                    hint: "The remote was restored or changed: \(advice: .reauthorize).")
                throw try EmbeddedEndpoint.missing(
                    batch.id, on: connection, path: path, otherwise: lack)
            }
            located.append((batch, place.firstRow))
        }
        let ranges = try Self.ranges(located, relation: relation, path: path)
        if sets.count >= EmbeddedDirectory.setCapacity { sets.removeFirst() }
        sets.append((batches, relation, ranges))
        return ranges
    }

    private static func ranges(
        _ batches: [(batch: VisibleBatch, firstRow: Int64)], relation: Int64, path: String
    ) throws -> BatchRanges {
        guard let ranges = BatchRanges(batches) else {
            throw StoredFile.remote(path).damaged(
                "table \"stretch_batch\": two batches of relation \(relation) have the same rows")
        }
        return ranges
    }

    /// Checks that an unwanted row belongs to a batch of its relation.
    ///
    /// - Throws: `damaged` for a row of no batch.
    mutating func requireBatch(
        ofRow row: Int64, relation: Int64, on connection: Connection, path: String
    ) throws {
        var index = 0
        if allRanges[relation]?.ordinal(ofRow: row, near: &index) != nil { return }
        // A batch may have been added since they were read.
        let fresh = try Self.allRanges(relation: relation, on: connection, path: path)
        allRanges[relation] = fresh
        index = 0
        guard fresh.ordinal(ofRow: row, near: &index) == nil else { return }
        throw StoredFile.remote(path).damaged("relation \(relation) has a row \(row) of no batch")
    }

    /// Returns the rows of all batches of a relation whose rows are not deleted.
    ///
    /// - Throws: `damaged` if two batches share a row.
    static func allRanges(
        relation: Int64, on connection: Connection, path: String
    ) throws -> BatchRanges {
        var number: Int64 = 0
        let batches = try connection.stored(
            "stretch_batch", of: .remote(path),
            """
            SELECT id, first_row, row_count FROM stretch_batch
            WHERE relation = ? AND collected_at IS NULL
            """, .integer(relation)
        ) { row in
            number += 1
            let batch = VisibleBatch(
                id: try row.integer(0, in: .ids), number: number,
                rowCount: try row.integer(2, in: .batchRows))
            return (batch: batch, firstRow: try row.integer(1, in: .rows))
        }
        return try ranges(batches, relation: relation, path: path)
    }

    /// Returns the location of a batch, or `nil` if the ledger lacks it.
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
