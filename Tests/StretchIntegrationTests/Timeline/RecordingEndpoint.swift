import Stretch
import StretchSQLite

/// What a remote should hold after the calls that it answered, by the pure model.
// A life and its sessions work on one thread.
final class TimelineRecorder: @unchecked Sendable {
    private(set) var timeline = RemoteTimeline()
    /// The test's clock, in days; the remote's times are moved with it.
    var day = 0

    private var now: Duration { .seconds(day * 86_400) }

    /// The batches that are garbage today.
    func garbage(retentionDays: Int?) -> Set<Int64> {
        Set(timeline.garbage(now: now, retention: retentionDays.map { .seconds($0 * 86_400) }))
    }

    /// The batches that a branch sees at its head, and that were not condemned.
    func visible(in branch: RemoteTimeline.Branch) -> Set<Int64> {
        Set(
            timeline.batches.filter {
                !$0.isCondemned
                    && timeline.sees($0, branch: branch.id, epoch: branch.headEpoch)
            }.map(\.id))
    }

    func isCondemned(_ batch: Int64) -> Bool {
        timeline.batches.contains { $0.id == batch && $0.isCondemned }
    }

    func register(_ position: TimelinePosition) {
        guard timeline.branch(position.branch) == nil else { return }
        timeline.branches.append(
            RemoteTimeline.Branch(
                id: position.branch, parent: nil, forkEpoch: position.epoch))
    }

    func commit(_ batch: Int64, at position: TimelinePosition) {
        guard !timeline.batches.contains(where: { $0.id == batch }) else { return }
        timeline.batches.append(
            RemoteTimeline.Batch(id: batch, branch: position.branch, epoch: position.epoch))
        advance(to: position)
    }

    func retire(_ batch: Int64, at position: TimelinePosition) {
        let isKnown = timeline.retirements.contains {
            $0.batch == batch && $0.branch == position.branch
        }
        guard !isKnown else { return }
        timeline.retirements.append(
            RemoteTimeline.Retirement(
                batch: batch, branch: position.branch, epoch: position.epoch))
        advance(to: position)
    }

    func confirm(_ position: TimelinePosition) {
        for index in timeline.retirements.indices {
            let retirement = timeline.retirements[index]
            guard retirement.branch == position.branch, retirement.epoch <= position.epoch,
                retirement.confirmedAt == nil
            else { continue }
            timeline.retirements[index].confirmedAt = now
        }
    }

    func fork(_ child: TimelinePosition, of parent: TimelinePosition, without lost: [Int64]) {
        guard timeline.branch(child.branch) == nil else { return }
        timeline.branches.append(
            RemoteTimeline.Branch(
                id: child.branch, parent: parent.branch, forkEpoch: parent.epoch))
        for batch in lost {
            timeline.retirements.append(
                RemoteTimeline.Retirement(
                    batch: batch, branch: child.branch, epoch: child.epoch, confirmedAt: now))
        }
    }

    func setDropped(_ isDropped: Bool, branch: Int64) {
        guard let index = timeline.branches.firstIndex(where: { $0.id == branch }) else { return }
        let former = timeline.branches[index].droppedAt
        timeline.branches[index].droppedAt = isDropped ? former ?? now : nil
    }

    func condemn(_ batches: Set<Int64>) {
        for index in timeline.batches.indices where batches.contains(timeline.batches[index].id) {
            timeline.batches[index].isCondemned = true
        }
    }

    private func advance(to position: TimelinePosition) {
        guard let index = timeline.branches.firstIndex(where: { $0.id == position.branch })
        else { return }
        timeline.branches[index].headEpoch = position.epoch
    }
}

/// A session that tells a recorder what its remote has done.
final class RecordingEndpoint: Endpoint {
    private let base: any Endpoint
    private let recorder: TimelineRecorder

    init(_ base: any Endpoint, _ recorder: TimelineRecorder) {
        self.base = base
        self.recorder = recorder
    }

    // MARK: What changes the timeline

    func register(database: Int64, position: TimelinePosition) throws(StretchError) {
        try base.register(database: database, position: position)
        recorder.register(position)
    }

    func commit(
        _ batch: NewBatch, rows: RowBuffer, from start: TimelinePosition,
        to position: TimelinePosition
    ) throws(StretchError) {
        try base.commit(batch, rows: rows, from: start, to: position)
        recorder.commit(batch.id, at: position)
    }

    func retire(
        batch: Int64, from start: TimelinePosition, to position: TimelinePosition
    ) throws(StretchError) {
        try base.retire(batch: batch, from: start, to: position)
        recorder.retire(batch, at: position)
    }

    func confirm(_ position: TimelinePosition) throws(StretchError) {
        try base.confirm(position)
        recorder.confirm(position)
    }

    func fork(
        _ child: TimelinePosition, of parent: TimelinePosition, database: Int64,
        without lost: [Int64]
    ) throws(StretchError) {
        try base.fork(child, of: parent, database: database, without: lost)
        recorder.fork(child, of: parent, without: lost)
    }

    func setDropped(_ isDropped: Bool, branch: Int64) throws(StretchError) {
        try base.setDropped(isDropped, branch: branch)
        recorder.setDropped(isDropped, branch: branch)
    }

    // MARK: What does not

    var roundTripCount: Int { base.roundTripCount }
    func provision(_ relation: Relation) throws(StretchError) { try base.provision(relation) }
    func buildIndexes(_ relation: Relation) throws(StretchError) {
        try base.buildIndexes(relation)
    }
    func lacks(_ relation: Relation) throws(StretchError) -> RelationGap {
        try base.lacks(relation)
    }
    func makeLogins() throws(StretchError) -> RemoteLogins { try base.makeLogins() }
    func interrupt() { base.interrupt() }
    func authorize() throws(StretchError) { try base.authorize() }
    func identity() throws(StretchError) -> String { try base.identity() }
    func branches(database: Int64) throws(StretchError) -> [RemoteBranch] {
        try base.branches(database: database)
    }
    func holds(_ position: TimelinePosition) throws(StretchError) -> Bool {
        try base.holds(position)
    }
    func batches(seenAt position: TimelinePosition) throws(StretchError) -> [Int64: [UInt8]] {
        try base.batches(seenAt: position)
    }
    func takeOver(_ position: TimelinePosition, from hash: [UInt8]?) throws(StretchError) {
        try base.takeOver(position, from: hash)
    }
    func fence(branch: Int64) throws(StretchError) -> TimelinePosition? {
        try base.fence(branch: branch)
    }
    func position(branch: Int64) throws(StretchError) -> TimelinePosition? {
        try base.position(branch: branch)
    }
    func ledgerEntry(batch: Int64) throws(StretchError) -> LedgerEntry? {
        try base.ledgerEntry(batch: batch)
    }
    func stage(_ batch: NewBatch?, rows: RowBuffer?) { base.stage(batch, rows: rows) }
    func read(
        batch: Int64, columns: [Int64], from ordinal: Int64, maximumRowCount: Int,
        into buffer: RowBuffer
    ) throws(StretchError) {
        try base.read(
            batch: batch, columns: columns, from: ordinal, maximumRowCount: maximumRowCount,
            into: buffer)
    }
    func scan(_ request: ColdScanRequest) throws(StretchError) -> any ColdScan {
        try base.scan(request)
    }
    func retention() throws(StretchError) -> Duration? { try base.retention() }
    func setRetention(_ retention: Duration?) throws(StretchError) {
        try base.setRetention(retention)
    }
    func collectGarbage(_ request: GarbageRequest) throws(StretchError) -> GarbageReport {
        try base.collectGarbage(request)
    }
    func usage(relation: Int64) throws(StretchError) -> RemoteUsage {
        try base.usage(relation: relation)
    }
}
