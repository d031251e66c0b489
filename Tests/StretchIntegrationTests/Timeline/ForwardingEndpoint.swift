import StretchCore
import StretchEndpoint
import StretchSQLite

/// A session that hands each call to another one, and lets its heirs step in.
class ForwardingEndpoint: BranchingEndpoint, CollectingEndpoint, LoginEndpoint, PipelinedEndpoint {
    private let base: any Endpoint

    init(_ base: any Endpoint) { self.base = base }

    /// Makes a call, named as in `commit`.
    func around<Result>(
        _ call: String, _ body: () throws(StretchError) -> Result
    ) throws(StretchError) -> Result {
        try body()
    }

    var roundTripCount: Int { base.roundTripCount }

    func interrupt() { base.interrupt() }

    func sendAhead(_ batch: NewBatch?, rows: RowBuffer?) {
        (base as? any PipelinedEndpoint)?.sendAhead(batch, rows: rows)
    }

    func register(database: Int64, position: TimelinePosition) throws(StretchError) {
        try around("register") { () throws(StretchError) in
            try base.register(database: database, position: position)
        }
    }

    func provision(_ relation: Relation) throws(StretchError) {
        try around("provision") { () throws(StretchError) in
            try base.provision(relation)
        }
    }

    func buildIndexes(_ relation: Relation) throws(StretchError) {
        try around("buildIndexes") { () throws(StretchError) in
            try base.buildIndexes(relation)
        }
    }

    func lacks(_ relation: Relation) throws(StretchError) -> RelationGap {
        try around("lacks") { () throws(StretchError) in
            try base.lacks(relation)
        }
    }

    func makeLogins() throws(StretchError) -> RemoteLogins {
        try around("makeLogins") { () throws(StretchError) in
            guard let logins = base as? any LoginEndpoint else {
                throw StretchError(.unsupported, "a remote without logins")
            }
            return try logins.makeLogins()
        }
    }

    func makeLogin(
        _ role: RemoteRole, for user: String
    ) throws(StretchError) -> RemoteCredential {
        guard let logins = base as? any LoginEndpoint else {
            throw StretchError(.unsupported, "a remote without logins")
        }
        return try logins.makeLogin(role, for: user)
    }

    func authorize() throws(StretchError) {
        try around("authorize") { () throws(StretchError) in
            try base.authorize()
        }
    }

    func identity() throws(StretchError) -> String {
        try around("identity") { () throws(StretchError) in
            try base.identity()
        }
    }

    func branches(database: Int64) throws(StretchError) -> [RemoteBranch] {
        try around("branches") { () throws(StretchError) in
            try base.branching().branches(database: database)
        }
    }

    func holds(_ position: TimelinePosition) throws(StretchError) -> Bool {
        try around("holds") { () throws(StretchError) in
            try base.holds(position)
        }
    }

    func batches(seenAt position: TimelinePosition) throws(StretchError) -> [Int64: [UInt8]] {
        try around("batches") { () throws(StretchError) in
            try base.batches(seenAt: position)
        }
    }

    func hasCollectedBatch(seenAt position: TimelinePosition) throws(StretchError) -> Bool {
        try around("hasCollectedBatch") { () throws(StretchError) in
            try base.branching().hasCollectedBatch(seenAt: position)
        }
    }

    func copies(of relation: Int64, digest: [UInt8]) throws(StretchError) -> [Int64] {
        try around("copies") { () throws(StretchError) in
            try base.branching().copies(of: relation, digest: digest)
        }
    }

    func fork(
        _ child: TimelinePosition, of parent: TimelinePosition, database: Int64,
        without lost: [Int64]
    ) throws(StretchError) {
        try around("fork") { () throws(StretchError) in
            try base.branching().fork(child, of: parent, database: database, without: lost)
        }
    }

    func takeOver(_ position: TimelinePosition, from hash: [UInt8]?) throws(StretchError) {
        try around("takeOver") { () throws(StretchError) in
            try base.branching().takeOver(position, from: hash)
        }
    }

    func setDropped(_ isDropped: Bool, branch: Int64) throws(StretchError) {
        try around("setDropped") { () throws(StretchError) in
            try base.branching().setDropped(isDropped, branch: branch)
        }
    }

    func position(branch: Int64) throws(StretchError) -> TimelinePosition? {
        try around("position") { () throws(StretchError) in
            try base.position(branch: branch)
        }
    }

    func fence(branch: Int64) throws(StretchError) -> TimelinePosition? {
        try around("fence") { () throws(StretchError) in
            try base.fence(branch: branch)
        }
    }

    func ledgerEntry(batch: Int64) throws(StretchError) -> LedgerEntry? {
        try around("ledgerEntry") { () throws(StretchError) in
            try base.ledgerEntry(batch: batch)
        }
    }

    func commit(
        _ batch: NewBatch, rows: RowBuffer, from start: TimelinePosition,
        to position: TimelinePosition
    ) throws(StretchError) {
        try around("commit") { () throws(StretchError) in
            try base.commit(batch, rows: rows, from: start, to: position)
        }
    }

    func read(
        batch: Int64, columns: [Int64], from ordinal: Int64, maximumRowCount: Int,
        into buffer: RowBuffer
    ) throws(StretchError) {
        try around("read") { () throws(StretchError) in
            try base.read(
                batch: batch, columns: columns, from: ordinal, maximumRowCount: maximumRowCount,
                into: buffer)
        }
    }

    func strayRowCount(relation: Int64) throws(StretchError) -> Int64 {
        try around("strayRowCount") { () throws(StretchError) in
            try base.strayRowCount(relation: relation)
        }
    }

    func scan(_ request: ColdScanRequest) throws(StretchError) -> any ColdScan {
        try around("scan") { () throws(StretchError) in
            try base.scan(request)
        }
    }

    func retire(
        batch: Int64, from start: TimelinePosition, to position: TimelinePosition
    ) throws(StretchError) {
        try around("retire") { () throws(StretchError) in
            try base.retire(batch: batch, from: start, to: position)
        }
    }

    func confirm(_ position: TimelinePosition) throws(StretchError) {
        try around("confirm") { () throws(StretchError) in
            try base.confirm(position)
        }
    }

    func retention() throws(StretchError) -> Duration? {
        try around("retention") { () throws(StretchError) in
            try base.collecting().retention()
        }
    }

    func setRetention(_ retention: Duration?) throws(StretchError) {
        try around("setRetention") { () throws(StretchError) in
            try base.collecting().setRetention(retention)
        }
    }

    func acceptClock() throws(StretchError) {
        try around("acceptClock") { () throws(StretchError) in
            try base.collecting().acceptClock()
        }
    }

    func collectGarbage(_ request: GarbageRequest) throws(StretchError) -> GarbageReport {
        try around("collectGarbage") { () throws(StretchError) in
            try base.collecting().collectGarbage(request)
        }
    }

    func usage(relation: Int64) throws(StretchError) -> RemoteUsage {
        try around("usage") { () throws(StretchError) in
            try base.usage(relation: relation)
        }
    }
}
