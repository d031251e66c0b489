internal import StretchCore
internal import StretchEndpoint

/// A branch of the database's timeline, as the remote records it.
public struct BranchReport: Equatable, Sendable {
    /// The branch's id.
    public let id: Int64
    /// The branch that it was forked from, or `nil` for the first one.
    public let parent: Int64?
    /// The epoch of the fork.
    public let forkEpoch: Int64?
    /// The current epoch of the branch.
    public let epoch: Int64
    /// The name that the owner registered, or `nil` without an owner.
    public let owner: String?
    /// The time of the owner's last session, in UTC by the remote's clock.
    public let lastSeen: String
    /// The time of the drop, or `nil`.
    public let droppedAt: String?
    /// Whether this file is on the branch.
    public let isCurrent: Bool
    /// The file on the branch according to this user's keystore, if the file still exists.
    public let file: String?
}

extension BranchReport {
    init(_ branch: RemoteBranch, isCurrent: Bool, file: String?) {
        id = branch.id
        parent = branch.parent
        forkEpoch = branch.forkEpoch
        epoch = branch.head.epoch
        owner = branch.ownerName
        lastSeen = branch.lastSeen
        droppedAt = branch.droppedAt
        self.isCurrent = isCurrent
        self.file = file
    }
}
