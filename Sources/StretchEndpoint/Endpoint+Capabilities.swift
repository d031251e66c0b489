public import StretchCore
public import StretchSQLite

/// A remote to which restored and copied files can be attached, each on its own branch.
public protocol BranchingEndpoint: Endpoint {
    /// Returns the branches of a database, including dropped branches.
    func branches(database: Int64) throws(StretchError) -> [RemoteBranch]

    /// Returns whether a position sees a batch that garbage collection has condemned.
    ///
    /// The time taken does not grow with the number of batches kept.
    func hasCollectedBatch(seenAt position: TimelinePosition) throws(StretchError) -> Bool

    /// Returns the batches of a relation, on any branch, that have a digest.
    ///
    /// Condemned batches are omitted. The digests are those of the ledger; read the rows to verify
    /// them.
    func copies(of relation: Int64, digest: [UInt8]) throws(StretchError) -> [Int64]

    /// Forks a branch for this session's owner at a position of another branch. Idempotent.
    ///
    /// The child sees the batches that its parent saw there. No row is copied.
    ///
    /// - Parameters:
    ///   - child: The new branch, at the parent's epoch, with its own token.
    ///   - parent: The position in the parent's history.
    ///   - database: The database's id.
    ///   - lost: Lost batches, which the child does not see.
    /// - Throws: `remoteMismatch` if the history does not hold the parent's position, or if garbage
    ///   collection has condemned another batch that it sees; `remoteUnavailable`.
    func fork(
        _ child: TimelinePosition, of parent: TimelinePosition, database: Int64,
        without lost: [Int64]
    ) throws(StretchError)

    /// Makes this session's owner the owner of a branch. Idempotent.
    ///
    /// - Parameters:
    ///   - position: The required position of the branch.
    ///   - hash: The current owner's hash, or `nil` if the branch has no owner.
    /// - Throws: `remoteMismatch` if the branch has advanced or its owner has changed;
    ///   `remoteUnavailable`.
    func takeOver(_ position: TimelinePosition, from hash: [UInt8]?) throws(StretchError)

    /// Drops a branch, or undoes the drop.
    ///
    /// Garbage collection may delete batches that only dropped branches see.
    ///
    /// - Throws: `remoteMismatch` for an unknown branch, or a branch with a condemned batch;
    ///   `remoteUnavailable`.
    func setDropped(_ isDropped: Bool, branch: Int64) throws(StretchError)
}

/// A remote that deletes rows that no file sees any longer.
public protocol CollectingEndpoint: Endpoint {
    /// Returns how long the remote keeps the rows of a batch after its end; `nil` means forever,
    /// the default.
    ///
    /// - Throws: `remoteUnavailable`.
    func retention() throws(StretchError) -> Duration?

    /// Sets ``retention()`` for all databases of the remote, in whole seconds. Idempotent.
    ///
    /// A concurrent collection uses either the former or the new retention.
    ///
    /// - Parameter retention: Zero or more, rounded up to seconds; `nil` means forever.
    /// - Throws: `unsupported` for a remote that keeps everything; `notPermitted` or
    ///   `remoteUnavailable` for a login without the permission; `remoteUnavailable`.
    func setRetention(_ retention: Duration?) throws(StretchError)

    /// Deletes the rows of batches that no branch of a database sees any longer.
    ///
    /// A batch is garbage if every branch that could see it has confirmed its retirement or was
    /// dropped, at least the remote's ``retention()`` ago by the remote's clock. Once a batch is
    /// condemned, no new scan, read or fork finds it, even if the call fails afterwards; running
    /// scans continue. The next call deletes the rows that a failed call left.
    ///
    /// - Throws: `remoteMismatch` if a batch that the caller's manifest names would be deleted;
    ///   `invalidArgument` for an age shorter than the retention; `unsupported` for a remote that
    ///   keeps everything; `wrongState` if the remote's clock is behind times of its ledger;
    ///   `remoteUnavailable`. Nothing is then changed.
    func collectGarbage(_ request: GarbageRequest) throws(StretchError) -> GarbageReport

    /// Sets times of the ledger that are ahead of the remote's clock back to now. Idempotent.
    ///
    /// A clock that was ahead for a while wrote them, and nothing could be collected until then.
    /// With a clock that is behind, the call makes ages appear longer than they are.
    ///
    /// - Throws: `notPermitted` or `remoteUnavailable` for a login that does not administer the
    ///   remote; `remoteUnavailable`.
    func acceptClock() throws(StretchError)
}

/// A remote that requires a login.
public protocol LoginEndpoint: Endpoint {
    /// Creates two logins, a writer and a reader of this remote only.
    ///
    /// Their random passwords are in the result and nowhere else. Existing logins are not changed,
    /// because other files may use them.
    func makeLogins() throws(StretchError) -> RemoteLogins

    /// Creates a login of this remote only for one more user, as ``makeLogins()`` does.
    ///
    /// - Parameters:
    ///   - role: A writer or a reader.
    ///   - user: The user after whom the login is named.
    /// - Throws: `notPermitted` if this session's login may not create logins; `remoteUnavailable`.
    func makeLogin(
        _ role: RemoteRole, for user: String
    ) throws(StretchError) -> RemoteCredential
}

/// A remote that may not answer, and for which a call waits a limited time.
public protocol WaitingEndpoint: Endpoint {
    /// How long a call waits for a remote that sends nothing before it throws `remoteUnavailable`.
    ///
    /// It applies to later calls, including those of scans that are open.
    var patience: Duration { get set }
}

/// A remote that accepts the rows of the next batch while the previous batch is completed.
public protocol PipelinedEndpoint: Endpoint {
    /// Starts to send the rows of a batch while other calls are made. Nothing is committed.
    ///
    /// A later ``Endpoint/commit(_:rows:from:to:)`` of the same batch then has little left to do. A
    /// commit of another batch, or `nil` here, discards the sent rows. The call never fails: after
    /// an error, `commit` sends the rows again and reports any failure.
    ///
    /// - Parameters:
    ///   - batch: The batch that will be committed next, or `nil` if there is none.
    ///   - rows: The rows of the batch; they must not change before the commit.
    func sendAhead(_ batch: NewBatch?, rows: RowBuffer?)
}

extension Endpoint {
    /// Returns this session as one with branches.
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

    /// Returns this session as one that deletes rows.
    ///
    /// - Throws: `unsupported`.
    package func collecting() throws(StretchError) -> any CollectingEndpoint {
        guard let collecting = self as? any CollectingEndpoint else {
            throw StretchError(
                .unsupported, "this remote deletes nothing",
                hint: "Rows that no file sees any longer stay in it.")
        }
        return collecting
    }
}

/// A remote that can have been created without a login.
package protocol LoginlessEndpoint: Endpoint {
    /// Returns whether the remote has no login, so that whatever is given is not checked.
    ///
    /// - Throws: `remoteUnavailable`.
    func ignoresLogins() throws(StretchError) -> Bool
}

extension Endpoint {
    /// Returns a warning, as a full sentence, if a login was given to a remote that checks none.
    package func ignoredLoginWarning(_ login: String?) -> String? {
        guard let login, let remote = self as? any LoginlessEndpoint,
            (try? remote.ignoresLogins()) == true
        else { return nil }
        return "The remote was created without a login: neither \"\(login)\" nor its password was "
            + "checked, and whoever may write the remote's file administers it."
    }
}
