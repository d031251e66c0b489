internal import StretchCore
internal import StretchTimeline

/// What reauthorize asks the remote and the keystore before it plans.
extension World {
    // MARK: The branch and the child

    func branchFacts(
        _ head: TimelinePosition, _ place: Int
    ) -> ReauthorizePlan.Branch? {
        guard let owner = remote.owner(head.branch),
            let branch = remote.timeline.branch(head.branch)
        else { return nil }
        let entry = machines[places[place].machine].keystore.entry(head.branch)
        let known: ReauthorizePlan.Owner
        if let entry, entry.nonce == owner.nonce {
            known = .here
        } else if let entry, entry.formerNonce == owner.nonce {
            known = .formerlyHere
        } else {
            known = .other(owner.name)
        }
        return ReauthorizePlan.Branch(
            head: head, owner: known, isDropped: branch.droppedAt != nil)
    }

    func forkPoint(_ file: ModelFile, _ place: Int) -> ForkPoint? {
        let entry = file.fork.flatMap { fork in
            machines[places[place].machine].keystore.entry(fork.child)
        }
        let child = file.fork.flatMap { fork in
            remote.head(fork.child).map { head in
                ForkPoint.Child(
                    head: head, isOwn: remote.owner(fork.child)?.nonce == entry?.nonce,
                    resentCount: file.manifest.count { isResent($0, fork.child, at: head) })
            }
        }
        let common = file.history.newestCommon { branch, epoch in
            if variant == .forkByEpoch { return anyToken(file, branch, epoch) }
            return remote.token(branch, epoch)
        }
        return ForkPoint(
            position: file.position, fork: file.fork, memory: entry?.memory.state, child: child,
            common: common)
    }

    /// The file's own token wherever the remote has the epoch: a known-bad variant's answer.
    private func anyToken(_ file: ModelFile, _ branch: Int64, _ epoch: Int64) -> Int64? {
        guard remote.token(branch, epoch) != nil else { return nil }
        return file.history.positions.first { $0.branch == branch && $0.epoch == epoch }?.token
    }

    // MARK: The manifest and the ledger

    func resentID(_ batch: Int64, _ child: Int64) -> Int64? {
        resentIDs.first { $0.child == child && $0.batch == batch }?.id
    }

    private func isResent(
        _ batch: ModelFile.Batch, _ child: Int64, at head: TimelinePosition
    ) -> Bool {
        resentID(batch.id, child).map { remote.sees($0, at: head) } ?? false
    }

    func compare(
        _ file: ModelFile, _ place: Int, at attachment: TimelinePosition, _ point: ForkPoint?
    ) -> ManifestComparison {
        // A known-bad fork takes the file's own epoch for a proof of the ledger.
        guard variant != .forkByEpoch || attachment != file.position else {
            return ManifestComparison()
        }
        // At the file's own position nothing is compared, but for what was collected.
        if attachment == file.position, remote.holds(attachment),
            !remote.visible(at: attachment).contains(where: remote.isCondemned)
        {
            return ManifestComparison()
        }
        let facts = file.manifest.map { batch in
            let stored = remote.stored(batch.id)
            var isResent = false
            if case .resumed(let fork, _) = point {
                isResent = self.isResent(batch, fork.child, at: attachment)
            }
            return ManifestComparison.Facts(
                digest: stored?.digest, isVisible: remote.sees(batch.id, at: attachment),
                isCondemned: remote.isCondemned(batch.id), isResent: isResent,
                copy: remote.copy(batch.digest),
                isStaged: places[place].staged.contains(batch.rows))
        }
        let resent = Set(resentIDs.map(\.id))
        let unnamed = remote.visible(at: attachment).filter { id in
            !resent.contains(id) && !file.manifest.contains { $0.id == id }
        }
        return ManifestComparison(
            manifest: file.manifest.map(\.named), facts: facts, unnamed: unnamed)
    }
}
