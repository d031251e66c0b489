public import StretchCore
public import StretchSQLite

/// A new batch on its way to the remote.
public struct NewBatch: Hashable, Sendable {
    /// The batch's id: a random, positive number.
    public let id: Int64
    /// The relation's id.
    public let relation: Int64
    /// The ids of the columns that the rows have, in their order.
    public let columns: [Int64]
    /// The number of rows.
    public let rowCount: Int64
    /// The SHA-256 of the rows' encoding in a ``RowBuffer``.
    public let digest: [UInt8]

    /// Makes a batch.
    public init(id: Int64, relation: Int64, columns: [Int64], rowCount: Int64, digest: [UInt8]) {
        self.id = id
        self.relation = relation
        self.columns = columns
        self.rowCount = rowCount
        self.digest = digest
    }
}

/// What the remote's ledger knows of a batch.
public struct LedgerEntry: Hashable, Sendable {
    /// The batch as it was committed.
    public let batch: NewBatch
    /// Where in the timeline it was committed.
    public let position: TimelinePosition

    /// Makes an entry.
    public init(batch: NewBatch, position: TimelinePosition) {
        self.batch = batch
        self.position = position
    }
}

/// What the remote uses for a relation.
public struct RemoteUsage: Hashable, Sendable {
    /// The bytes that rows and indexes take, or an estimate of them.
    public let byteCount: Int64
    /// The rows, of all batches and branches.
    public let rowCount: Int64

    /// Makes a usage.
    public init(byteCount: Int64, rowCount: Int64) {
        self.byteCount = byteCount
        self.rowCount = rowCount
    }
}

/// What a remote lacks of a relation.
public struct RelationGap: Hashable, Sendable {
    /// Whether it has nothing of the relation.
    public var isMissing = false
    /// The ids of the columns that it lacks.
    public var columns: [Int64] = []
    /// Whether it lacks the key's index.
    public var lacksKeyIndex = false
    /// The number of other indexes that it lacks.
    public var indexCount = 0
    /// Whether this session's login may add what is missing.
    public var isFillable = true

    /// Makes a gap of nothing.
    public init() {}

    /// Whether rows cannot move before something was added.
    public var isBlocking: Bool { isMissing || !columns.isEmpty || lacksKeyIndex }
}

/// A remote: where cold rows live.
///
/// One object is one session, used from one thread at a time.
///
/// Every endpoint passes the same conformance suite. Calls are idempotent where their comment says
/// so: after a throw the caller repeats them. A session that was cut off connects again by itself
/// at the next call.
///
/// No call has a default, so that a remote says itself who may do what. What only some remotes can
/// do is in protocols of their own: ``BranchingEndpoint``, ``CollectingEndpoint``,
/// ``LoginEndpoint``, ``PipelinedEndpoint``.
public protocol Endpoint: AnyObject {
    /// The number of times that the remote was asked something since the session began.
    var roundTripCount: Int { get }

    /// Records a local database and its first branch at epoch 0. Idempotent.
    ///
    /// - Parameters:
    ///   - database: The database's id: a random, positive number.
    ///   - position: The branch, epoch 0, and its token.
    ///
    /// This session's owner becomes that of the branch.
    ///
    /// - Throws: `remoteUnavailable`; `notPermitted`; `wrongState` when the remote is not a Stretch
    ///   remote and not empty, or is of a newer format; `remoteMismatch` when the branch is known
    ///   with another database or token.
    func register(database: Int64, position: TimelinePosition) throws(StretchError)

    /// Makes a relation, or adds the columns that it lacks. Idempotent.
    ///
    /// Its key's index is made, and after ``buildIndexes(_:)`` the other indexes that it lacks.
    ///
    /// - Throws: `remoteUnavailable`; `unsupported` for what this remote cannot hold, such as too
    ///   many columns; `schemaMismatch` when a known column has another affinity or default;
    ///   `notPermitted` when something is lacking and the login may not add it.
    func provision(_ relation: Relation) throws(StretchError)

    /// Builds the indexes of a relation other than its key's. Idempotent.
    ///
    /// They make each later commit slower, and are therefore built when the first rows have moved.
    /// It can take long, and other writers may wait.
    ///
    /// - Throws: `remoteMismatch` when the remote has no such relation; `remoteUnavailable`;
    ///   `notPermitted` as in ``provision(_:)``.
    func buildIndexes(_ relation: Relation) throws(StretchError)

    /// What ``provision(_:)`` and ``buildIndexes(_:)`` would add; a reader may ask it.
    func lacks(_ relation: Relation) throws(StretchError) -> RelationGap

    /// Where the branch stands; a reader may ask it, and no commit in doubt is waited for.
    ///
    /// - Returns: `nil` when the remote does not know the branch.
    func position(branch: Int64) throws(StretchError) -> TimelinePosition?

    /// Makes the call that runs now stop with code `cancelled`; nothing happens when none runs.
    ///
    /// The one call that other threads may make. A remote that never waits does nothing.
    func interrupt()

    /// Throws `notPermitted` unless this session's login administers the remote.
    func authorize() throws(StretchError)

    /// The remote's own id, which a copy of it shares and another remote does not.
    ///
    /// - Throws: `remoteMismatch` or `remoteUnavailable` when there is no remote.
    func identity() throws(StretchError) -> String

    /// Waits until no commit on the branch is in doubt, and returns where the branch stands.
    ///
    /// - Returns: `nil` when the remote does not know the branch.
    /// - Throws: `remoteMismatch` when the branch belongs to another owner; `remoteUnavailable`.
    func fence(branch: Int64) throws(StretchError) -> TimelinePosition?

    /// What the ledger knows of a batch, or `nil`. Ask ``fence(branch:)`` first.
    func ledgerEntry(batch: Int64) throws(StretchError) -> LedgerEntry?

    /// Whether the remote's history holds exactly this position.
    ///
    /// The ledger and the history move in one transaction: what a position named when the remote
    /// wrote it down, is there as long as the position is, or was condemned.
    func holds(_ position: TimelinePosition) throws(StretchError) -> Bool

    /// The digests of the batches that a position sees, by their ids; condemned ones are left out.
    func batches(seenAt position: TimelinePosition) throws(StretchError) -> [Int64: [UInt8]]

    /// Commits a batch durably and moves the branch from one position to the next, both or neither.
    ///
    /// Idempotent: a batch that the ledger has with the same digest and position is a success.
    ///
    /// - Parameters:
    ///   - batch: What is committed.
    ///   - rows: The rows of the batch; the place of a row is its ordinal.
    ///   - base: The position that the file names.
    ///   - position: The next position of the same branch.
    /// - Throws: `remoteMismatch` when the branch is not at `base`, or the batch's id is known with
    ///   another digest or position; `schemaMismatch` when the relation lacks a column;
    ///   `remoteUnavailable`, after which only ``fence(branch:)`` and ``ledgerEntry(batch:)`` tell
    ///   what happened.
    func commit(
        _ batch: NewBatch, rows: RowBuffer, from base: TimelinePosition,
        to position: TimelinePosition
    ) throws(StretchError)

    /// Replaces the buffer's rows by rows of one batch, in the order of their ordinals.
    ///
    /// - Parameters:
    ///   - batch: The batch's id.
    ///   - columns: The ids of the columns that are wanted.
    ///   - ordinal: The first row wanted.
    ///   - maximumRowCount: The most rows wanted; fewer come only at the batch's end.
    ///   - buffer: Gets the rows; identifiers are ordinals.
    /// - Throws: `remoteMismatch` when the remote has no such batch; `damaged` when the batch has
    ///   lost rows; `remoteUnavailable`.
    func read(
        batch: Int64, columns: [Int64], from ordinal: Int64, maximumRowCount: Int,
        into buffer: RowBuffer
    ) throws(StretchError)

    /// The number of rows that a relation has beside those of the ledger's batches: a scan that
    /// meets one is `damaged`.
    ///
    /// - Throws: `damaged` when two batches have a row in common; `remoteUnavailable`.
    func strayRowCount(relation: Int64) throws(StretchError) -> Int64

    /// Starts a scan. The fence is checked in the snapshot that the rows come from.
    ///
    /// - Throws: `remoteMismatch` when the remote does not hold the request's position;
    ///   `remoteUnavailable`.
    func scan(_ request: ColdScanRequest) throws(StretchError) -> any ColdScan

    /// Records that a batch is no longer visible from `position` on, and moves the branch there.
    ///
    /// The rows stay. The retirement is unconfirmed until ``confirm(_:)``. Idempotent: the same
    /// retirement at the same position is a success.
    ///
    /// - Throws: `remoteMismatch` when the branch is not at `base`, or the remote has no such
    ///   batch; `remoteUnavailable`.
    func retire(
        batch: Int64, from base: TimelinePosition, to position: TimelinePosition
    ) throws(StretchError)

    /// Confirms the branch's retirements up to a position that the file has reached. Idempotent.
    ///
    /// - Throws: `remoteMismatch` when the remote does not hold the position; `remoteUnavailable`.
    func confirm(_ position: TimelinePosition) throws(StretchError)

    /// What a relation uses.
    func usage(relation: Int64) throws(StretchError) -> RemoteUsage
}

extension Endpoint {
    /// All rows of a batch, by the columns that it was sent with; fewer when the remote lost some.
    ///
    /// - Throws: `remoteMismatch`; `damaged`; `remoteUnavailable`.
    package func rows(of batch: NewBatch) throws(StretchError) -> RowBuffer {
        let rows = RowBuffer(columnCount: batch.columns.count)
        let page = RowBuffer(columnCount: batch.columns.count)
        while rows.rowCount < batch.rowCount {
            try read(
                batch: batch.id, columns: batch.columns, from: Int64(rows.rowCount),
                maximumRowCount: 4_096, into: page)
            guard page.rowCount > 0 else { break }
            for row in 0..<page.rowCount { rows.appendRow(row, of: page) }
        }
        return rows
    }
}
