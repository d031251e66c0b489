internal import StretchEndpoint

/// An endpoint's cache of its remote: the definitions of relations, and the existing batches.
///
/// A relation's entry is discarded when its generation, which every fenced read returns, changes.
struct PostgresDirectory {
    /// The maximum number of cached sets of visible batches: one for each relation of a statement.
    static let setCapacity = 8
    /// The maximum number of batches committed here that may be read back.
    static let placeCapacity = 1 << 16

    let schema: String
    private var relations: [Int64: PostgresRelation] = [:]
    /// The row counts of the batches of each relation, as of its definition or later.
    private var ledgers: [Int64: [Int64: Int64]] = [:]
    private var sets: [VisibleSet] = []
    private var places: [Int64: (relation: Int64, rowCount: Int64)] = [:]

    init(schema: String) { self.schema = schema }

    mutating func removeAll() { self = PostgresDirectory(schema: schema) }

    func relation(_ id: Int64) -> PostgresRelation? { relations[id] }

    mutating func update(_ relation: PostgresRelation?, id: Int64) {
        let known = relations[id]
        if known?.generation != relation?.generation || known?.batchCount != relation?.batchCount {
            removeLedger(relation: id)
        }
        relations[id] = relation
    }

    // MARK: Batches

    /// Discards the cached batches of a relation.
    mutating func removeLedger(relation: Int64) {
        ledgers[relation] = nil
        sets.removeAll { $0.relation == relation }
    }

    /// Returns the cached set that equals a reader's batches.
    ///
    /// The comparison is cheap because the reader passes the same array repeatedly.
    func set(of batches: [VisibleBatch], relation: Int64) -> VisibleSet? {
        sets.first { $0.relation == relation && $0.batches == batches }
    }

    mutating func insert(_ set: VisibleSet) {
        if sets.count >= PostgresDirectory.setCapacity { sets.removeFirst() }
        sets.append(set)
    }

    /// Returns the known batches of a relation with their row counts.
    func ledger(_ relation: Int64) -> [Int64: Int64] { ledgers[relation] ?? [:] }

    mutating func setLedger(_ ledger: [Int64: Int64], relation: Int64) {
        ledgers[relation] = ledger
    }

    /// Returns the relation and row count of a batch that was committed or read here.
    func place(of batch: Int64) -> (relation: Int64, rowCount: Int64)? { places[batch] }

    mutating func insertPlace(of batch: Int64, relation: Int64, rowCount: Int64) {
        if places.count >= PostgresDirectory.placeCapacity { places.removeAll() }
        places[batch] = (relation, rowCount)
    }

    mutating func removePlace(of batch: Int64) { places[batch] = nil }
}

/// The batches that a reader sees, with their conditions for the server.
final class VisibleSet {
    let batches: [VisibleBatch]
    let relation: Int64
    /// The reader's batches without duplicates.
    let distinctBatches: [VisibleBatch]
    /// The indexes of the batches in ``distinctBatches``, by id.
    let indexes: [Int64: Int]
    /// A condition that excludes known batches that are not wanted, or `nil` if there are none.
    var condition: String? { restriction.condition }
    /// Whether ``condition`` lists the wanted batches, so that no other rows are returned.
    var isInclusive: Bool { restriction.isInclusive }
    private lazy var restriction = makeRestriction()
    private let ledger: [Int64: Int64]

    init(_ batches: [VisibleBatch], relation: Int64, ledger: [Int64: Int64]) {
        self.batches = batches
        self.relation = relation
        self.ledger = ledger
        var (distinct, indexes): ([VisibleBatch], [Int64: Int]) = ([], [:])
        distinct.reserveCapacity(batches.count)
        indexes.reserveCapacity(batches.count)
        for batch in batches where indexes[batch.id] == nil {
            indexes[batch.id] = distinct.count
            distinct.append(batch)
        }
        (distinctBatches, self.indexes) = (distinct, indexes)
    }

    /// Returns whether the ledger had a batch when it was read.
    func isInLedger(_ batch: Int64) -> Bool { ledger[batch] != nil }

    private func makeRestriction() -> (condition: String?, isInclusive: Bool) {
        let unwanted = ledger.keys.filter { indexes[$0] == nil }
        guard !unwanted.isEmpty else { return (nil, false) }
        // Literals are used because the server hashes only constant lists.
        let excludes = unwanted.count < indexes.count
        guard excludes else { return (inclusion, true) }
        return ("_b <> ALL('{\(VisibleSet.list(unwanted))}'::int8[])", false)
    }

    /// The id that divides the rows into two halves, or `nil` for a single batch.
    private(set) lazy var middle = makeMiddle()

    private func makeMiddle() -> Int64? {
        let sorted = batches.sorted { $0.id < $1.id }
        let half = sorted.reduce(0) { $0 + $1.rowCount } / 2
        var passed: Int64 = 0
        let index = sorted.firstIndex { batch in
            passed += batch.rowCount
            return passed > half
        }
        guard sorted.count > 1, let index else { return nil }
        return sorted[max(index, 1)].id
    }

    /// A condition that lists the batches; it is correct whatever other batches exist.
    var inclusion: String { "_b = ANY('{\(VisibleSet.list(Array(indexes.keys)))}'::int8[])" }

    private static func list(_ ids: [Int64]) -> String {
        ids.sorted().map(String.init).joined(separator: ",")
    }
}
