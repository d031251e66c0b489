import StretchCore
import StretchEndpoint
import StretchSQLite
import StretchTimeline

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
final class RecordingEndpoint: ForwardingEndpoint {
    private let recorder: TimelineRecorder

    init(_ base: any Endpoint, _ recorder: TimelineRecorder) {
        self.recorder = recorder
        super.init(base)
    }

    override func register(database: Int64, position: TimelinePosition) throws(StretchError) {
        try super.register(database: database, position: position)
        recorder.register(position)
    }

    override func commit(
        _ batch: NewBatch, rows: RowBuffer, from start: TimelinePosition,
        to position: TimelinePosition
    ) throws(StretchError) {
        try super.commit(batch, rows: rows, from: start, to: position)
        recorder.commit(batch.id, at: position)
    }

    override func retire(
        batch: Int64, from start: TimelinePosition, to position: TimelinePosition
    ) throws(StretchError) {
        try super.retire(batch: batch, from: start, to: position)
        recorder.retire(batch, at: position)
    }

    override func confirm(_ position: TimelinePosition) throws(StretchError) {
        try super.confirm(position)
        recorder.confirm(position)
    }

    override func fork(
        _ child: TimelinePosition, of parent: TimelinePosition, database: Int64,
        without lost: [Int64]
    ) throws(StretchError) {
        try super.fork(child, of: parent, database: database, without: lost)
        recorder.fork(child, of: parent, without: lost)
    }

    override func setDropped(_ isDropped: Bool, branch: Int64) throws(StretchError) {
        try super.setDropped(isDropped, branch: branch)
        recorder.setDropped(isDropped, branch: branch)
    }
}
