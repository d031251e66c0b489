import StretchCore
import StretchEndpoint
import StretchSQLite

/// A remote in memory, which outlives its sessions.
final class MemoryRemote {
    var histories: [Int64: [TimelinePosition]] = [:]
    var ledger: [Int64: LedgerEntry] = [:]
    var rows: [Int64: [[Value]]] = [:]
    var relations: [Int64: Relation] = [:]
    /// The relations whose indexes were built.
    var indexedRelations: Set<Int64> = []
    var retirements: [Int64: TimelinePosition] = [:]
    var confirmed: Set<Int64> = []
    /// Values that the remote cannot hold.
    var refused: Set<Value> = []

    init() {}

    init(copying other: MemoryRemote) {
        histories = other.histories
        ledger = other.ledger
        rows = other.rows
        relations = other.relations
        indexedRelations = other.indexedRelations
        retirements = other.retirements
        confirmed = other.confirmed
        refused = other.refused
    }
}

/// Fails one call of a session, or all from one on.
final class FaultPlan {
    let failingCall: Int
    let isPersistent: Bool
    /// Whether the call does its work before it fails: a commit in doubt.
    let isAfterEffect: Bool
    private(set) var callCount = 0
    private(set) var didFail = false

    init(failingCall: Int, isPersistent: Bool, isAfterEffect: Bool) {
        self.failingCall = failingCall
        self.isPersistent = isPersistent
        self.isAfterEffect = isAfterEffect
    }

    fileprivate func shouldFail() -> Bool {
        callCount += 1
        guard callCount == failingCall || isPersistent && callCount > failingCall else {
            return false
        }
        didFail = true
        return true
    }
}

/// A session with a remote in memory.
final class MemoryEndpoint: Endpoint {
    let remote: MemoryRemote
    var faults: FaultPlan?
    private(set) var roundTripCount = 0

    init(_ remote: MemoryRemote, faults: FaultPlan? = nil) {
        self.remote = remote
        self.faults = faults
    }

    private func call<Result>(
        _ body: () throws(StretchError) -> Result
    ) throws(StretchError) -> Result {
        roundTripCount += 1
        let fails = faults?.shouldFail() ?? false
        if fails, faults?.isAfterEffect == false {
            throw StretchError(.remoteUnavailable, "injected before the effect")
        }
        let result = try body()
        if fails { throw StretchError(.remoteUnavailable, "injected after the effect") }
        return result
    }

    private func move(
        from base: TimelinePosition, to position: TimelinePosition
    ) throws(StretchError) {
        guard remote.histories[base.branch]?.last == base else {
            throw StretchError(.remoteMismatch, "the branch moved on")
        }
        remote.histories[base.branch]?.append(position)
    }

    func register(database: Int64, position: TimelinePosition) throws(StretchError) {
        remote.histories[position.branch] = [position]
    }

    func provision(_ relation: Relation) throws(StretchError) {
        remote.relations[relation.id] = relation
    }

    func lacks(_ relation: Relation) throws(StretchError) -> RelationGap {
        var gap = RelationGap()
        gap.isMissing = remote.relations[relation.id] == nil
        return gap
    }

    func interrupt() {}

    func authorize() throws(StretchError) {}

    func strayRowCount(relation: Int64) throws(StretchError) -> Int64 { 0 }

    func identity() throws(StretchError) -> String { "memory" }

    func position(branch: Int64) throws(StretchError) -> TimelinePosition? {
        try fence(branch: branch)
    }

    func buildIndexes(_ relation: Relation) throws(StretchError) {
        try call { () throws(StretchError) in _ = remote.indexedRelations.insert(relation.id) }
    }

    func fence(branch: Int64) throws(StretchError) -> TimelinePosition? {
        try call { () throws(StretchError) in remote.histories[branch]?.last }
    }

    func holds(_ position: TimelinePosition) throws(StretchError) -> Bool {
        remote.histories[position.branch]?.contains(position) ?? false
    }

    func batches(seenAt position: TimelinePosition) throws(StretchError) -> [Int64: [UInt8]] {
        try call { () throws(StretchError) in
            remote.ledger.filter { id, entry in
                entry.position.epoch <= position.epoch
                    && (remote.retirements[id].map { $0.epoch > position.epoch } ?? true)
            }.mapValues(\.batch.digest)
        }
    }

    func ledgerEntry(batch: Int64) throws(StretchError) -> LedgerEntry? {
        try call { () throws(StretchError) in remote.ledger[batch] }
    }

    func commit(
        _ batch: NewBatch, rows: RowBuffer, from base: TimelinePosition,
        to position: TimelinePosition
    ) throws(StretchError) {
        try call { () throws(StretchError) in
            let values = (0..<rows.rowCount).map { rows.values(ofRow: $0) }
            if values.contains(where: { !remote.refused.isDisjoint(with: $0) }) {
                throw StretchError(.unsupported, "a value is refused")
            }
            try move(from: base, to: position)
            remote.rows[batch.id] = values
            remote.ledger[batch.id] = LedgerEntry(batch: batch, position: position)
        }
    }

    func values(batch: Int64, columns: [Int64]) throws(StretchError) -> [[Value]] {
        guard let entry = remote.ledger[batch], let rows = remote.rows[batch] else {
            throw StretchError(.remoteMismatch, "no batch \(batch)")
        }
        let defaults = remote.relations[entry.batch.relation]?.columns ?? []
        return rows.map { row in
            columns.map { id in
                if let place = entry.batch.columns.firstIndex(of: id) { return row[place] }
                return defaults.first { $0.id == id }?.defaultValue ?? .null
            }
        }
    }

    func read(
        batch: Int64, columns: [Int64], from ordinal: Int64, maximumRowCount: Int,
        into buffer: RowBuffer
    ) throws(StretchError) {
        buffer.removeAll()
        try call { () throws(StretchError) in
            let rows = try values(batch: batch, columns: columns)
            for place in Int(ordinal)..<min(rows.count, Int(ordinal) + maximumRowCount) {
                buffer.beginRow(identifier: Int64(place))
                for value in rows[place] { buffer.append(value) }
            }
        }
    }

    func scan(_ request: ColdScanRequest) throws(StretchError) -> any ColdScan {
        try call { () throws(StretchError) in
            let history = remote.histories[request.position.branch] ?? []
            guard history.contains(request.position) else {
                throw StretchError(.remoteMismatch, "unknown position")
            }
            var rows: [(Int64, [Value])] = []
            for batch in request.batches {
                let values = try values(batch: batch.id, columns: request.columns)
                for (ordinal, row) in values.enumerated() {
                    let location = ColdLocation(
                        batchNumber: batch.number, ordinal: Int64(ordinal))
                    rows.append((location.packed, row))
                }
            }
            return MemoryScan(rows)
        }
    }

    func retire(
        batch: Int64, from base: TimelinePosition, to position: TimelinePosition
    ) throws(StretchError) {
        try call { () throws(StretchError) in
            try move(from: base, to: position)
            remote.retirements[batch] = position
        }
    }

    func confirm(_ position: TimelinePosition) throws(StretchError) {
        try call { () throws(StretchError) in
            for (batch, retired) in remote.retirements where retired.epoch <= position.epoch {
                remote.confirmed.insert(batch)
            }
        }
    }

    func usage(relation: Int64) throws(StretchError) -> RemoteUsage {
        RemoteUsage(byteCount: 0, rowCount: 0)
    }
}

private final class MemoryScan: ColdScan {
    private var rows: ArraySlice<(Int64, [Value])>

    init(_ rows: [(Int64, [Value])]) { self.rows = rows[...] }

    func nextPage(into page: RowBuffer, maximumRowCount: Int) throws(StretchError) -> Bool {
        page.removeAll()
        for (identifier, values) in rows.prefix(maximumRowCount) {
            page.beginRow(identifier: identifier)
            for value in values { page.append(value) }
        }
        rows = rows.dropFirst(maximumRowCount)
        return page.rowCount > 0
    }
}
