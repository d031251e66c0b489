import StretchSQLite

@testable import Stretch

/// The one call of a run that fails, whichever session makes it.
// One thread at a time makes calls.
final class Cut: @unchecked Sendable {
    private var remaining: Int
    private let isAfterEffect: Bool
    private(set) var didFire = false

    init(at call: Int, isAfterEffect: Bool) {
        remaining = call
        self.isAfterEffect = isAfterEffect
    }

    func call<Result>(
        _ body: () throws(StretchError) -> Result
    ) throws(StretchError) -> Result {
        remaining -= 1
        guard remaining == 0 else { return try body() }
        didFire = true
        if isAfterEffect { _ = try body() }
        throw StretchError(.remoteUnavailable, "cut off", hint: "Test.")
    }
}

/// A session of which one call fails, before or after its effect.
final class CutEndpoint: Endpoint {
    private let inner: any Endpoint
    private let cut: Cut

    init(_ inner: any Endpoint, _ cut: Cut) {
        self.inner = inner
        self.cut = cut
    }

    var roundTripCount: Int { inner.roundTripCount }

    func interrupt() { inner.interrupt() }

    func register(database: Int64, position: TimelinePosition) throws(StretchError) {
        try cut.call { () throws(StretchError) in
            try inner.register(database: database, position: position)
        }
    }

    func provision(_ relation: Relation) throws(StretchError) {
        try cut.call { () throws(StretchError) in try inner.provision(relation) }
    }

    func buildIndexes(_ relation: Relation) throws(StretchError) {
        try cut.call { () throws(StretchError) in try inner.buildIndexes(relation) }
    }

    func lacks(_ relation: Relation) throws(StretchError) -> RelationGap {
        try cut.call { () throws(StretchError) in try inner.lacks(relation) }
    }

    func makeLogins() throws(StretchError) -> RemoteLogins { try inner.makeLogins() }

    func position(branch: Int64) throws(StretchError) -> TimelinePosition? {
        try cut.call { () throws(StretchError) in try inner.position(branch: branch) }
    }

    func authorize() throws(StretchError) {
        try cut.call { () throws(StretchError) in try inner.authorize() }
    }

    func identity() throws(StretchError) -> String {
        try cut.call { () throws(StretchError) in try inner.identity() }
    }

    func branches(database: Int64) throws(StretchError) -> [RemoteBranch] {
        try cut.call { () throws(StretchError) in try inner.branches(database: database) }
    }

    func holds(_ position: TimelinePosition) throws(StretchError) -> Bool {
        try cut.call { () throws(StretchError) in try inner.holds(position) }
    }

    func batches(seenAt position: TimelinePosition) throws(StretchError) -> [Int64: [UInt8]] {
        try cut.call { () throws(StretchError) in try inner.batches(seenAt: position) }
    }

    func copies(of relation: Int64, digest: [UInt8]) throws(StretchError) -> [Int64] {
        try cut.call { () throws(StretchError) in
            try inner.copies(of: relation, digest: digest)
        }
    }

    func fork(
        _ child: TimelinePosition, of parent: TimelinePosition, database: Int64,
        without lost: [Int64]
    ) throws(StretchError) {
        try cut.call { () throws(StretchError) in
            try inner.fork(child, of: parent, database: database, without: lost)
        }
    }

    func takeOver(_ position: TimelinePosition, from hash: [UInt8]?) throws(StretchError) {
        try cut.call { () throws(StretchError) in try inner.takeOver(position, from: hash) }
    }

    func fence(branch: Int64) throws(StretchError) -> TimelinePosition? {
        try cut.call { () throws(StretchError) in try inner.fence(branch: branch) }
    }

    func ledgerEntry(batch: Int64) throws(StretchError) -> LedgerEntry? {
        try cut.call { () throws(StretchError) in try inner.ledgerEntry(batch: batch) }
    }

    func commit(
        _ batch: NewBatch, rows: RowBuffer, from base: TimelinePosition,
        to position: TimelinePosition
    ) throws(StretchError) {
        try cut.call { () throws(StretchError) in
            try inner.commit(batch, rows: rows, from: base, to: position)
        }
    }

    func read(
        batch: Int64, columns: [Int64], from ordinal: Int64, maximumRowCount: Int,
        into buffer: RowBuffer
    ) throws(StretchError) {
        try cut.call { () throws(StretchError) in
            try inner.read(
                batch: batch, columns: columns, from: ordinal, maximumRowCount: maximumRowCount,
                into: buffer)
        }
    }

    func scan(_ request: ColdScanRequest) throws(StretchError) -> any ColdScan {
        try cut.call { () throws(StretchError) in try inner.scan(request) }
    }

    func retire(
        batch: Int64, from base: TimelinePosition, to position: TimelinePosition
    ) throws(StretchError) {
        try cut.call { () throws(StretchError) in
            try inner.retire(batch: batch, from: base, to: position)
        }
    }

    func confirm(_ position: TimelinePosition) throws(StretchError) {
        try cut.call { () throws(StretchError) in try inner.confirm(position) }
    }

    func usage(relation: Int64) throws(StretchError) -> RemoteUsage {
        try cut.call { () throws(StretchError) in try inner.usage(relation: relation) }
    }
}
