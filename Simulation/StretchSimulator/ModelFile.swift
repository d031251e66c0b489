internal import StretchCore
internal import StretchTimeline

/// What a local file holds, as a value: a copy of it is a backup.
struct ModelFile {
    /// A batch of the manifest, with its tombstones.
    struct Batch {
        var id: Int64
        let rows: RowSet
        var hidden: RowSet
        let digest: [UInt8]

        var visible: RowSet { rows.subtracting(hidden) }

        var named: NamedBatch {
            NamedBatch(
                id: id, rowCount: Int64(rows.count), hiddenRowCount: Int64(hidden.count),
                digest: digest)
        }
    }

    var history: LocalHistory
    var position: TimelinePosition
    var hot: RowSet = []
    var manifest: [Batch] = []
    var pending: PendingStep?
    var fork: PendingFork?
    /// What the history of operations says: no part of the file, and what it is judged by.
    var oracle: RowSet = []
    /// The last day on which this was a present state of its branch.
    var moment: Int
    /// Changes with every change.
    var version = 0

    init(position: TimelinePosition, now: Int) {
        self.position = position
        history = LocalHistory(position)
        moment = now
    }

    /// The batches that a reader asks the remote for.
    var readBatches: [Batch] {
        manifest.filter { batch in !(pending?.takesOut(batch.id) ?? false) }
    }

    /// The rows that can be seen, by what the file names.
    var visible: RowSet {
        manifest.reduce(hot) { $0.union($1.visible) }
    }

    /// Whether a row is both hot and visible in a batch, or visible in two.
    var isDoubled: Bool {
        manifest.reduce(hot.count) { $0 + $1.visible.count } != visible.count
    }

    /// Goes to the next position of the branch.
    mutating func advance(to next: TimelinePosition) {
        position = next
        history.append(next)
        pending = nil
    }
}

/// The keystore of one user on one machine.
struct ModelKeystore {
    struct Entry {
        var memory: BranchMemory
        var nonce: Int64
        /// The nonce that an unfinished reauthorization replaces.
        var formerNonce: Int64?
        /// What `seen` was when the file was last synced.
        var synced: BranchMemory

        mutating func sync() { synced = memory }
    }

    private(set) var entries: [Entry] = []

    func entry(_ branch: Int64) -> Entry? { entries.first { $0.memory.branch == branch } }

    /// Writes an entry durably.
    mutating func write(_ entry: Entry) {
        var entry = entry
        entry.sync()
        if let index = entries.firstIndex(where: { $0.memory.branch == entry.memory.branch }) {
            entries[index] = entry
        } else {
            entries.append(entry)
        }
    }

    /// Changes a memory without a sync.
    mutating func note(_ branch: Int64, _ change: (inout BranchMemory) -> Void) {
        guard let index = entries.firstIndex(where: { $0.memory.branch == branch }) else {
            return
        }
        change(&entries[index].memory)
    }

    /// Loses what was not synced.
    mutating func loseNotes() {
        for index in entries.indices { entries[index].memory = entries[index].synced }
    }
}
