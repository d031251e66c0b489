/// Branches, batches and retirements of a database, as a remote records them.
///
/// The rule of what a branch sees, and of what may be collected, as a pure function; `GarbageQuery`
/// asks the same in SQL. Times are the remote's clock, from a moment that does not matter.
package struct RemoteTimeline: Sendable {
    /// One branch.
    package struct Branch: Hashable, Sendable {
        package let id: Int64
        /// The branch that it left, or `nil` for a database's first one.
        package let parent: Int64?
        /// The parent's epoch up to which it sees what its parent sees, and its own first epoch.
        package let forkEpoch: Int64
        package var headEpoch: Int64
        package var droppedAt: Duration?

        package init(id: Int64, parent: Int64?, forkEpoch: Int64) {
            self.id = id
            self.parent = parent
            self.forkEpoch = forkEpoch
            headEpoch = forkEpoch
        }
    }

    /// One entry of the ledger.
    package struct Batch: Hashable, Sendable {
        package let id: Int64
        package let branch: Int64
        package let epoch: Int64
        package var isCondemned = false

        package init(id: Int64, branch: Int64, epoch: Int64) {
            self.id = id
            self.branch = branch
            self.epoch = epoch
        }
    }

    /// The end of one batch in one branch.
    package struct Retirement: Hashable, Sendable {
        package let batch: Int64
        package let branch: Int64
        package let epoch: Int64
        /// When a later visit of the same file found that the file had switched.
        package var confirmedAt: Duration?

        package init(batch: Int64, branch: Int64, epoch: Int64, confirmedAt: Duration? = nil) {
            self.batch = batch
            self.branch = branch
            self.epoch = epoch
            self.confirmedAt = confirmedAt
        }
    }

    package var branches: [Branch] = []
    package var batches: [Batch] = []
    package var retirements: [Retirement] = []

    package init() {}

    package func branch(_ id: Int64) -> Branch? { branches.first { $0.id == id } }

    private func retirement(of batch: Int64, in branch: Int64) -> Retirement? {
        retirements.first { $0.batch == batch && $0.branch == branch }
    }

    // MARK: Visibility

    /// Whether a branch sees a batch at an epoch.
    ///
    /// It sees its own batches up to the epoch, and what its parent saw at the fork, without those
    /// that it, or an ancestor before the fork on the way, has retired.
    package func sees(_ batch: Batch, branch: Int64, epoch: Int64) -> Bool {
        var (id, epoch) = (branch, epoch)
        // A branch is younger than its parent: the way up ends.
        while let branch = self.branch(id) {
            if let retirement = retirement(of: batch.id, in: id), retirement.epoch <= epoch {
                return false
            }
            if batch.branch == id { return batch.epoch <= epoch }
            guard let parent = branch.parent else { return false }
            (id, epoch) = (parent, min(epoch, branch.forkEpoch))
        }
        return false
    }

    // MARK: Garbage

    /// The batches that may be condemned, in the order of ``batches``.
    ///
    /// A batch may go when each branch that ever could see it has ended that: by a retirement that
    /// was confirmed, or because the branch was dropped, both at least the retention ago. A
    /// retirement that is not confirmed keeps its batch for ever: the file may still be asleep.
    ///
    /// - Parameters:
    ///   - now: The remote's clock.
    ///   - retention: How long a backup stays usable, or `nil` for ever.
    package func garbage(now: Duration, retention: Duration?) -> [Int64] {
        guard let retention else { return [] }
        return batches.filter { batch in
            guard !batch.isCondemned else { return false }
            return branches.allSatisfy { branch in
                guard couldSee(batch, branch) else { return true }
                guard let end = end(of: batch, in: branch) else { return false }
                return end <= now - retention
            }
        }.map(\.id)
    }

    /// Whether a branch began with the batch, or made it.
    private func couldSee(_ batch: Batch, _ branch: Branch) -> Bool {
        if batch.branch == branch.id { return true }
        guard let parent = branch.parent else { return false }
        return sees(batch, branch: parent, epoch: branch.forkEpoch)
    }

    private func end(of batch: Batch, in branch: Branch) -> Duration? {
        let confirmed = retirement(of: batch.id, in: branch.id)?.confirmedAt
        guard let confirmed, let dropped = branch.droppedAt else {
            return confirmed ?? branch.droppedAt
        }
        return min(confirmed, dropped)
    }

    /// Whether a dropped branch can be used again: it sees no batch that was condemned.
    package func canUndrop(_ branch: Branch) -> Bool {
        !batches.contains {
            $0.isCondemned && sees($0, branch: branch.id, epoch: branch.headEpoch)
        }
    }
}
