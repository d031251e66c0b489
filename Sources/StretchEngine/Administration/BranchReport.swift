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
    /// The epoch at which the branch stands.
    public let epoch: Int64
    /// Who owns it, as they named themselves, or `nil` for nobody.
    public let owner: String?
    /// When the owner was here last, by the remote's clock in UTC.
    public let lastSeen: String
    /// When it was dropped, or `nil`.
    public let droppedAt: String?
    /// Whether this file is on it.
    public let isCurrent: Bool
    /// The file that this user's keystore remembers on it, where it is still there.
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
