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

    /// Creates a batch.
    public init(id: Int64, relation: Int64, columns: [Int64], rowCount: Int64, digest: [UInt8]) {
        self.id = id
        self.relation = relation
        self.columns = columns
        self.rowCount = rowCount
        self.digest = digest
    }
}

/// A ledger entry of the remote about a batch.
public struct LedgerEntry: Hashable, Sendable {
    /// The batch as it was committed.
    public let batch: NewBatch
    /// The position at which it was committed.
    public let position: TimelinePosition

    /// Creates an entry.
    public init(batch: NewBatch, position: TimelinePosition) {
        self.batch = batch
        self.position = position
    }
}

/// The space that a relation uses in the remote.
public struct RemoteUsage: Hashable, Sendable {
    /// The size of the rows and indexes in bytes, or an estimate.
    public let byteCount: Int64
    /// The number of rows in all batches and branches.
    public let rowCount: Int64

    /// Creates a usage.
    public init(byteCount: Int64, rowCount: Int64) {
        self.byteCount = byteCount
        self.rowCount = rowCount
    }
}

/// The parts of a relation that a remote lacks.
public struct RelationGap: Hashable, Sendable {
    /// Whether the relation does not exist.
    public var isMissing = false
    /// The ids of the missing columns.
    public var columns: [Int64] = []
    /// Whether the key's index is missing.
    public var lacksKeyIndex = false
    /// The number of other missing indexes.
    public var indexCount = 0
    /// The number of indexes that ``Endpoint/buildIndexes(_:)`` would drop, because the relation no
    /// longer has them.
    public var surplusIndexCount = 0
    /// Whether this session's login may add the missing parts.
    public var isFillable = true

    /// Creates an empty gap.
    public init() {}

    /// Whether rows cannot be migrated until missing parts are added.
    public var isBlocking: Bool { isMissing || !columns.isEmpty || lacksKeyIndex }

    /// Whether ``Endpoint/buildIndexes(_:)`` would build or drop an index.
    package var hasIndexWork: Bool { lacksKeyIndex || indexCount > 0 || surplusIndexCount > 0 }
}

/// A session with a remote, which stores cold rows.
///
/// An object is one session and is used from one thread at a time.
///
/// Every endpoint passes the same conformance suite. Calls are idempotent where documented: after
/// an error, the caller repeats them. A session that lost its connection reconnects at the next
/// call.
///
/// No call has a default implementation, so each remote states its permissions explicitly. Optional
/// capabilities are separate protocols: ``BranchingEndpoint``, ``CollectingEndpoint``,
/// ``LoginEndpoint``, ``PipelinedEndpoint``, ``WaitingEndpoint``.
public protocol Endpoint: AnyObject {
    /// The number of round trips since the session began.
    var roundTripCount: Int { get }

    /// Records a local database and its first branch at epoch 0. Idempotent.
    ///
    /// - Parameters:
    ///   - database: The database's id: a random, positive number.
    ///   - position: The branch, epoch 0, and its token.
    ///
    /// This session's owner becomes the owner of the branch.
    ///
    /// - Throws: `remoteUnavailable`; `notPermitted`; `wrongState` if the remote is neither a
    ///   Stretch remote nor empty, or has a newer format; `remoteMismatch` if the branch is known
    ///   with another database or token.
    func register(database: Int64, position: TimelinePosition) throws(StretchError)

    /// Creates a relation, or adds its missing columns. Idempotent.
    ///
    /// The call also creates the key's index and, after ``buildIndexes(_:)``, the other missing
    /// indexes.
    ///
    /// - Throws: `remoteUnavailable`; `unsupported` for a relation that this remote cannot hold,
    ///   for example one with too many columns; `schemaMismatch` if a known column has another
    ///   affinity or default; `notPermitted` if a part is missing and the login may not add it.
    func provision(_ relation: Relation) throws(StretchError)

    /// Builds the indexes of a relation, except its key's index, and drops those that it no longer
    /// has. Idempotent.
    ///
    /// None is dropped while the relation's database has several branches that are not dropped:
    /// the file of another branch may still have the index. Indexes that other programs made stay.
    ///
    /// Indexes slow each later commit, so they are built after the first rows have been migrated.
    /// The call can take a long time, and other writers may wait.
    ///
    /// - Throws: `remoteMismatch` if the remote has no such relation; `remoteUnavailable`;
    ///   `notPermitted` as in ``provision(_:)``.
    func buildIndexes(_ relation: Relation) throws(StretchError)

    /// Returns the parts that ``provision(_:)`` and ``buildIndexes(_:)`` would add. Readers may
    /// call it.
    func lacks(_ relation: Relation) throws(StretchError) -> RelationGap

    /// Returns the branch's position without waiting for commits in doubt. Readers may call it.
    ///
    /// - Returns: `nil` when the remote does not know the branch.
    func position(branch: Int64) throws(StretchError) -> TimelinePosition?

    /// Stops the running call, if any, with code `cancelled`.
    ///
    /// This is the only call that other threads may make. A remote that never waits does nothing.
    func interrupt()

    /// Throws `notPermitted` unless this session's login administers the remote.
    func authorize() throws(StretchError)

    /// Returns the remote's id, which its copies share and other remotes do not.
    ///
    /// - Throws: `remoteMismatch` or `remoteUnavailable` if the remote does not exist.
    func identity() throws(StretchError) -> String

    /// Waits until no commit on the branch is in doubt, and returns the branch's position.
    ///
    /// - Returns: `nil` when the remote does not know the branch.
    /// - Throws: `remoteMismatch` when the branch belongs to another owner; `remoteUnavailable`.
    func fence(branch: Int64) throws(StretchError) -> TimelinePosition?

    /// Returns the ledger entry of a batch, or `nil`. Call ``fence(branch:)`` first.
    func ledgerEntry(batch: Int64) throws(StretchError) -> LedgerEntry?

    /// Returns whether the remote's history holds exactly this position.
    ///
    /// The ledger and the history change in one transaction. Each batch that a position named when
    /// it was recorded therefore exists as long as the position does, unless it was condemned.
    func holds(_ position: TimelinePosition) throws(StretchError) -> Bool

    /// Returns the digests of the batches that a position sees, by id; condemned batches are
    /// omitted.
    func batches(seenAt position: TimelinePosition) throws(StretchError) -> [Int64: [UInt8]]

    /// Commits a batch durably and moves the branch from one position to the next, both or neither.
    ///
    /// Idempotent: the call succeeds if the ledger has the batch with the same digest and position.
    ///
    /// - Parameters:
    ///   - batch: The batch to commit.
    ///   - rows: The rows of the batch; a row's index is its ordinal.
    ///   - base: The position that the file names.
    ///   - position: The next position of the same branch.
    /// - Throws: `remoteMismatch` when the branch is not at `base`, or the batch's id is known with
    ///   another digest or position; `schemaMismatch` when the relation lacks a column;
    ///   `remoteUnavailable`, after which ``fence(branch:)`` and ``ledgerEntry(batch:)`` determine
    ///   the outcome.
    func commit(
        _ batch: NewBatch, rows: RowBuffer, from base: TimelinePosition,
        to position: TimelinePosition
    ) throws(StretchError)

    /// Replaces the buffer's rows with rows of one batch, ordered by ordinal.
    ///
    /// - Parameters:
    ///   - batch: The batch's id.
    ///   - columns: The ids of the wanted columns.
    ///   - ordinal: The first row wanted.
    ///   - maximumRowCount: The maximum number of rows; fewer are returned only at the batch's end.
    ///   - buffer: Receives the rows; identifiers are ordinals.
    /// - Throws: `remoteMismatch` when the remote has no such batch; `damaged` when the batch has
    ///   lost rows; `remoteUnavailable`.
    func read(
        batch: Int64, columns: [Int64], from ordinal: Int64, maximumRowCount: Int,
        into buffer: RowBuffer
    ) throws(StretchError)

    /// Returns the number of rows of a relation that belong to no batch in the ledger.
    ///
    /// A scan that reads such a row throws `damaged`.
    ///
    /// - Throws: `damaged` if two batches share a row; `remoteUnavailable`.
    func strayRowCount(relation: Int64) throws(StretchError) -> Int64

    /// Starts a scan. The fence is checked in the same snapshot that the rows are read from.
    ///
    /// - Throws: `remoteMismatch` when the remote does not hold the request's position;
    ///   `remoteUnavailable`.
    func scan(_ request: ColdScanRequest) throws(StretchError) -> any ColdScan

    /// Retires a batch, which is invisible from `position` on, and moves the branch to `position`.
    ///
    /// The rows remain. The retirement is unconfirmed until ``confirm(_:)``. Idempotent: the call
    /// succeeds if the batch was retired at the same position.
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

    /// Returns the space that a relation uses.
    func usage(relation: Int64) throws(StretchError) -> RemoteUsage
}

extension Endpoint {
    /// Returns all rows of a batch with its original columns; fewer if the remote lost some.
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
