public import StretchCore
public import StretchSQLite

/// A remote to which restored and copied files can be attached: each goes on a branch of its own.
public protocol BranchingEndpoint: Endpoint {
    /// The branches of a database, dropped ones too.
    func branches(database: Int64) throws(StretchError) -> [RemoteBranch]

    /// Whether a position sees a batch that garbage collection has condemned.
    ///
    /// The time that it takes does not grow with the batches that are kept.
    func hasCollectedBatch(seenAt position: TimelinePosition) throws(StretchError) -> Bool

    /// The batches of a relation, of whatever branch, that hold the rows of a digest.
    ///
    /// Condemned ones are left out. What the ledger says is not proved: read the rows.
    func copies(of relation: Int64, digest: [UInt8]) throws(StretchError) -> [Int64]

    /// Opens a branch for this session's owner where another one is or was. Idempotent.
    ///
    /// The child sees what its parent saw there, and no row is copied.
    ///
    /// - Parameters:
    ///   - child: The new branch, at the parent's epoch, with a token of its own.
    ///   - parent: A position in the parent's history.
    ///   - database: The database's id.
    ///   - lost: Batches that the child does not see, because they are lost.
    /// - Throws: `remoteMismatch` when the history does not hold the parent's position, or garbage
    ///   collection has condemned another batch that it sees; `remoteUnavailable`.
    func fork(
        _ child: TimelinePosition, of parent: TimelinePosition, database: Int64,
        without lost: [Int64]
    ) throws(StretchError)

    /// Makes this session's owner that of a branch. Idempotent.
    ///
    /// - Parameters:
    ///   - position: Where the branch must stand.
    ///   - hash: The present owner's hash, or `nil` when nobody owns it.
    /// - Throws: `remoteMismatch` when the branch has moved on or has another owner by now;
    ///   `remoteUnavailable`.
    func takeOver(_ position: TimelinePosition, from hash: [UInt8]?) throws(StretchError)

    /// Drops a branch, so that garbage collection may take what it alone sees, or takes that back.
    ///
    /// - Throws: `remoteMismatch` for an unknown branch, or one of which a batch is condemned;
    ///   `remoteUnavailable`.
    func setDropped(_ isDropped: Bool, branch: Int64) throws(StretchError)
}

/// A remote that deletes rows which no file sees any more.
public protocol CollectingEndpoint: Endpoint {
    /// How long the remote keeps the rows of a batch after its end; `nil` for ever, the default.
    ///
    /// - Throws: `remoteUnavailable`.
    func retention() throws(StretchError) -> Duration?

    /// Sets ``retention()`` for all databases of the remote, in whole seconds. Idempotent.
    ///
    /// A collection that runs at the same time goes by the former or by the new one.
    ///
    /// - Parameter retention: Zero or more, rounded up to seconds; `nil` for ever.
    /// - Throws: `unsupported` for a remote that keeps everything; `notPermitted` or
    ///   `remoteUnavailable` for a login that may not; `remoteUnavailable`.
    func setRetention(_ retention: Duration?) throws(StretchError)

    /// Deletes the rows of batches that no branch of a database sees any more.
    ///
    /// A batch is garbage when each branch that could see it has ended that, by a retirement that
    /// was confirmed or by being dropped, at least the remote's ``retention()`` ago by the remote's
    /// clock. No scan, read or fork finds a batch from the moment at which this call decides, also
    /// when the call fails afterwards; scans that run go on. The next call deletes what one that
    /// failed has left.
    ///
    /// - Throws: `remoteMismatch` when a batch that the caller's manifest names would go;
    ///   `invalidArgument` for an age that is shorter than the retention; `unsupported` for a
    ///   remote that keeps everything; `wrongState` when the remote's clock went back;
    ///   `remoteUnavailable`. Nothing was changed then.
    func collectGarbage(_ request: GarbageRequest) throws(StretchError) -> GarbageReport
}

/// A remote that lets only its logins in.
public protocol LoginEndpoint: Endpoint {
    /// Makes two logins, for a writer and a reader of this remote alone.
    ///
    /// Their random passwords are in the result and nowhere else. Logins that are there already
    /// stay as they are: other files may use them.
    func makeLogins() throws(StretchError) -> RemoteLogins

    /// Makes a login of this remote alone for one more user, as ``makeLogins()`` does.
    ///
    /// - Parameters:
    ///   - role: A writer or a reader.
    ///   - user: Whom the login is named after.
    /// - Throws: `notPermitted` when this session's login may make none; `remoteUnavailable`.
    func makeLogin(
        _ role: RemoteRole, for user: String
    ) throws(StretchError) -> RemoteCredential
}

/// A remote that takes rows of the next batch while the last one is finished.
public protocol PipelinedEndpoint: Endpoint {
    /// Begins to send the rows of a batch while other calls are made; nothing is committed.
    ///
    /// A later ``Endpoint/commit(_:rows:from:to:)`` of the same batch then has little left to do;
    /// any other one, or `nil` here, takes back what was sent. It never fails: what goes wrong,
    /// `commit` does again and reports.
    ///
    /// - Parameters:
    ///   - batch: The batch that will be committed next, or `nil` when there is none.
    ///   - rows: The rows of the batch; they must not change before the commit.
    func sendAhead(_ batch: NewBatch?, rows: RowBuffer?)
}

extension Endpoint {
    /// This session, where the remote has branches.
    ///
    /// - Throws: `unsupported`.
    package func branching() throws(StretchError) -> any BranchingEndpoint {
        guard let branching = self as? any BranchingEndpoint else {
            throw StretchError(
                .unsupported, "this remote has no branches",
                hint: "A restored file cannot be attached to it.")
        }
        return branching
    }

    /// This session, where the remote deletes rows.
    ///
    /// - Throws: `unsupported`.
    package func collecting() throws(StretchError) -> any CollectingEndpoint {
        guard let collecting = self as? any CollectingEndpoint else {
            throw StretchError(
                .unsupported, "this remote deletes nothing",
                hint: "Rows that no file sees any more stay in it.")
        }
        return collecting
    }
}
