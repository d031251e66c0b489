internal import StretchCore
internal import StretchTimeline

/// A remote as a value: a copy of it is a backup of the server.
struct ModelRemote {
    /// What the ledger and the relation hold of a batch.
    struct Stored {
        let rows: RowSet
        let digest: [UInt8]
        let position: TimelinePosition
        /// Whether the rows were deleted.
        var isCollected = false
    }

    struct Owner {
        let branch: Int64
        /// Stands for the hash of the owner's nonce.
        var nonce: Int64
        var name: String
    }

    /// Why the remote refused.
    enum Refusal: Error {
        case notHeld, notOwner, condemned, dropped, other
    }

    private(set) var timeline = RemoteTimeline()
    /// By batch id; ids of a walk are small.
    private(set) var stored: [Stored?] = []
    /// The tokens of each branch from its fork on, in the order of the branches.
    private(set) var tokens: [[Int64]] = []
    private(set) var owners: [Owner] = []
    /// Retention of backups in days; `nil` keeps everything.
    var retention: Int?
    /// The latest time in the ledger, in days.
    private(set) var ledgerTime = 0
    /// Changes with everything that a reader could notice.
    var version = 0
    /// The day of the server's backup that this is.
    var savedAt = 0
    /// What known-bad variants do: a retention from the retirement, a fork by number.
    var countsFromRetirement = false
    var forksByEpoch = false

    // MARK: Questions

    private func index(_ branch: Int64) -> Int? {
        timeline.branches.firstIndex { $0.id == branch }
    }

    func token(_ branch: Int64, _ epoch: Int64) -> Int64? {
        guard let index = index(branch) else { return nil }
        let place = Int(epoch - timeline.branches[index].forkEpoch)
        return tokens[index].indices.contains(place) ? tokens[index][place] : nil
    }

    func holds(_ position: TimelinePosition) -> Bool {
        token(position.branch, position.epoch) == position.token
    }

    func head(_ branch: Int64) -> TimelinePosition? {
        guard let index = index(branch), let token = tokens[index].last else { return nil }
        return TimelinePosition(
            branch: branch, epoch: timeline.branches[index].headEpoch, token: token)
    }

    func owner(_ branch: Int64) -> Owner? { owners.first { $0.branch == branch } }

    func stored(_ batch: Int64) -> Stored? {
        stored.indices.contains(Int(batch)) ? stored[Int(batch)] : nil
    }

    func entry(_ batch: Int64) -> RemoteTimeline.Batch? {
        timeline.batches.first { $0.id == batch }
    }

    func isCondemned(_ batch: Int64) -> Bool { entry(batch)?.isCondemned ?? false }

    /// The rows of a batch that can be read, or `nil`.
    func readableRows(_ batch: Int64) -> RowSet? {
        guard let stored = stored(batch), !stored.isCollected, !isCondemned(batch) else {
            return nil
        }
        return stored.rows
    }

    /// A batch that can be read and holds rows of this digest.
    func copy(_ digest: [UInt8]) -> Int64? {
        timeline.batches.first { batch in
            !batch.isCondemned && stored(batch.id)?.digest == digest
        }?.id
    }

    /// Every history token that the remote holds.
    func allTokens() -> [Int64] { tokens.flatMap { $0 } }

    func sees(_ batch: Int64, at position: TimelinePosition) -> Bool {
        guard let entry = entry(batch) else { return false }
        return timeline.sees(entry, branch: position.branch, epoch: position.epoch)
    }

    /// The ids of the batches that are visible at a position.
    func visible(at position: TimelinePosition) -> [Int64] {
        timeline.batches.filter {
            timeline.sees($0, branch: position.branch, epoch: position.epoch)
        }.map(\.id)
    }

    // MARK: Transactions of a file

    /// Records a database's first branch.
    mutating func register(_ position: TimelinePosition, nonce: Int64, name: String) {
        timeline.branches.append(
            RemoteTimeline.Branch(
                id: position.branch, parent: nil, forkEpoch: position.epoch))
        tokens.append([position.token])
        owners.append(Owner(branch: position.branch, nonce: nonce, name: name))
        version += 1
    }

    private func require(_ nonce: Int64, at base: TimelinePosition) throws(Refusal) -> Int {
        guard let index = index(base.branch), head(base.branch) == base else {
            throw .notHeld
        }
        guard owners[index].nonce == nonce else { throw .notOwner }
        guard timeline.branches[index].droppedAt == nil else { throw .dropped }
        return index
    }

    private mutating func advance(_ index: Int, to position: TimelinePosition, now: Int) {
        tokens[index].append(position.token)
        timeline.branches[index].headEpoch = position.epoch
        ledgerTime = max(ledgerTime, now)
        version += 1
    }

    mutating func commit(
        _ batch: Int64, rows: RowSet, digest: [UInt8], from base: TimelinePosition,
        to position: TimelinePosition, nonce: Int64, now: Int
    ) throws(Refusal) {
        if let known = stored(batch) {
            guard known.position == position, known.digest == digest else { throw .other }
            return
        }
        let index = try require(nonce, at: base)
        while stored.count <= Int(batch) { stored.append(nil) }
        stored[Int(batch)] = Stored(rows: rows, digest: digest, position: position)
        timeline.batches.append(
            RemoteTimeline.Batch(id: batch, branch: position.branch, epoch: position.epoch))
        advance(index, to: position, now: now)
    }

    mutating func retire(
        _ batch: Int64, from base: TimelinePosition, to position: TimelinePosition, nonce: Int64,
        now: Int
    ) throws(Refusal) {
        let known = timeline.retirements.first {
            $0.batch == batch && $0.branch == position.branch
        }
        if let known {
            guard known.epoch == position.epoch, holds(position) else { throw .other }
            return
        }
        let index = try require(nonce, at: base)
        guard let entry = entry(batch), !entry.isCondemned else { throw .condemned }
        timeline.retirements.append(
            RemoteTimeline.Retirement(
                batch: batch, branch: position.branch, epoch: position.epoch,
                confirmedAt: countsFromRetirement ? time(now) : nil))
        advance(index, to: position, now: now)
    }

    mutating func confirm(
        _ position: TimelinePosition, nonce: Int64, now: Int
    ) throws(Refusal) {
        guard holds(position) else { throw .notHeld }
        guard owner(position.branch)?.nonce == nonce else { throw .notOwner }
        ledgerTime = max(ledgerTime, now)
        for index in timeline.retirements.indices {
            let retirement = timeline.retirements[index]
            if retirement.branch == position.branch, retirement.epoch <= position.epoch,
                retirement.confirmedAt == nil
            {
                timeline.retirements[index].confirmedAt = time(ledgerTime)
            }
        }
        version += 1
    }

    // MARK: Transactions of reauthorize

    /// Makes a child; the same child again is a success.
    ///
    /// - Parameters:
    ///   - kept: The batches that the file will name: none may be condemned meanwhile.
    ///   - unnamed: Batches that the child ends at once.
    mutating func fork(
        _ fork: PendingFork, kept: [Int64], unnamed: [Int64], nonce: Int64, name: String, now: Int
    ) throws(Refusal) {
        if let owner = owner(fork.child) {
            guard owner.nonce == nonce, holds(fork.first) else { throw .notOwner }
            return
        }
        guard holds(fork.base) || forksByEpoch else { throw .notHeld }
        guard !kept.contains(where: isCondemned) else { throw .condemned }
        timeline.branches.append(
            RemoteTimeline.Branch(
                id: fork.child, parent: fork.base.branch, forkEpoch: fork.base.epoch))
        tokens.append([fork.token])
        owners.append(Owner(branch: fork.child, nonce: nonce, name: name))
        for batch in unnamed {
            timeline.retirements.append(
                RemoteTimeline.Retirement(
                    batch: batch, branch: fork.child, epoch: fork.base.epoch))
        }
        ledgerTime = max(ledgerTime, now)
        version += 1
    }

    /// Makes a nonce the owner's, when branch and owner are as they were seen.
    mutating func claim(
        _ head: TimelinePosition, from old: Int64, nonce: Int64, name: String
    ) throws(Refusal) {
        guard let index = index(head.branch), self.head(head.branch) == head else {
            throw .notHeld
        }
        guard timeline.branches[index].droppedAt == nil else { throw .dropped }
        guard owners[index].nonce == old else { throw .notOwner }
        owners[index] = Owner(branch: head.branch, nonce: nonce, name: name)
        version += 1
    }

    // MARK: Administration

    private func time(_ days: Int) -> Duration { .seconds(days * 86_400) }

    /// Condemns what may go, and returns it; a clock behind the ledger condemns nothing.
    mutating func condemn(now: Int) -> [Int64] {
        guard now >= ledgerTime else { return [] }
        let garbage = timeline.garbage(now: time(now), retention: retention.map(time))
        for index in timeline.batches.indices where garbage.contains(timeline.batches[index].id) {
            timeline.batches[index].isCondemned = true
        }
        if !garbage.isEmpty { version += 1 }
        return garbage
    }

    /// Deletes the rows of what was condemned.
    mutating func collect() -> Int {
        var count = 0
        for batch in timeline.batches where batch.isCondemned {
            guard let stored = stored(batch.id), !stored.isCollected else { continue }
            self.stored[Int(batch.id)]?.isCollected = true
            count += 1
        }
        if count > 0 { version += 1 }
        return count
    }

    /// Drops a branch, or takes that back; returns whether it was done.
    mutating func setDropped(_ isDropped: Bool, branch: Int64, now: Int) -> Bool {
        guard let index = index(branch),
            (timeline.branches[index].droppedAt != nil) != isDropped
        else { return false }
        if isDropped {
            ledgerTime = max(ledgerTime, now)
            timeline.branches[index].droppedAt = time(ledgerTime)
        } else {
            guard timeline.canUndrop(timeline.branches[index]) else { return false }
            timeline.branches[index].droppedAt = nil
        }
        version += 1
        return true
    }
}
