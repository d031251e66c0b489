/// The branches, batches and retirements of a database on a remote.
///
/// It defines which batches a branch sees and which may be collected, as pure functions;
/// `GarbageQuery` expresses the same rules in SQL. Times are by the remote's clock, from an
/// arbitrary origin.
package struct RemoteTimeline: Sendable {
    /// One branch.
    package struct Branch: Hashable, Sendable {
        package let id: Int64
        /// The branch from which it was forked, or `nil` for a database's first branch.
        package let parent: Int64?
        /// The parent's epoch up to which it sees its parent's batches, and its own first epoch.
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
        /// The time at which a later session of the same file confirmed the switch, or `nil`.
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

    /// Returns whether a branch sees a batch at an epoch.
    ///
    /// It sees its own batches up to the epoch and those that its parent saw at the fork, except
    /// those that it, or an ancestor before the respective fork, has retired.
    package func sees(_ batch: Batch, branch: Int64, epoch: Int64) -> Bool {
        var (id, epoch) = (branch, epoch)
        // A branch is younger than its parent, so the loop ends.
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

    /// Returns the batches that may be condemned, in the order of ``batches``.
    ///
    /// A batch may be condemned if every branch that could ever see it has confirmed its retirement
    /// or was dropped, at least the retention ago. An unconfirmed retirement keeps its batch
    /// forever, because the file may be idle.
    ///
    /// - Parameters:
    ///   - now: The remote's clock.
    ///   - retention: How long a backup stays usable; `nil` means forever.
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

    /// Returns whether a branch inherited or created the batch.
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

    /// Returns whether a dropped branch can be restored: it sees no condemned batch.
    package func canUndrop(_ branch: Branch) -> Bool {
        !batches.contains {
            $0.isCondemned && sees($0, branch: branch.id, epoch: branch.headEpoch)
        }
    }
}
