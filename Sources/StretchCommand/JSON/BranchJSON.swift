internal import Stretch

/// What `stretch branch drop --json` and `stretch branch undrop --json` print; a contract, see
/// `Documentation/JSON.md`.
struct BranchJSON: Encodable {
    let id: String
    let parent: String?
    let forkEpoch: Int64?
    let epoch: Int64
    let owner: String?
    let lastSeen: String
    let droppedAt: String?
    let isCurrent: Bool
    let file: String?

    init(_ branch: BranchReport) {
        id = String(branch.id)
        parent = branch.parent.map { String($0) }
        forkEpoch = branch.forkEpoch
        epoch = branch.epoch
        owner = branch.owner
        lastSeen = branch.lastSeen
        droppedAt = branch.droppedAt
        isCurrent = branch.isCurrent
        file = branch.file
    }
}

/// What `stretch branch list --json` prints.
struct BranchListJSON: Encodable {
    let branches: [BranchJSON]

    init(_ branches: [BranchReport]) { self.branches = branches.map(BranchJSON.init) }
}
