/// A batch in a file's manifest.
package struct NamedBatch: Hashable, Sendable {
    package let id: Int64
    package let rowCount: Int64
    /// The number of rows hidden by tombstones.
    package let hiddenRowCount: Int64
    package let digest: [UInt8]

    package init(id: Int64, rowCount: Int64, hiddenRowCount: Int64, digest: [UInt8]) {
        self.id = id
        self.rowCount = rowCount
        self.hiddenRowCount = hiddenRowCount
        self.digest = digest
    }

    /// The number of visible rows.
    package var visibleRowCount: Int64 { rowCount - hiddenRowCount }

    /// Whether no row of the batch is visible.
    package var isHidden: Bool { hiddenRowCount == rowCount }
}

/// A comparison of a file's manifest with the remote at the position where the file attaches.
///
/// If the remote's history holds the file's own position, only collected batches can be missing,
/// and an empty comparison is correct if there are none.
package struct ManifestComparison: Hashable, Sendable {
    /// The source of a batch's rows that are not visible where the file attaches.
    package enum Source: Hashable, Sendable {
        case staging
        /// A batch of another branch with the same rows.
        case remote(Int64)
    }

    /// A batch that is sent to the child again under a new id.
    package struct Resending: Hashable, Sendable {
        package let batch: Int64
        package let source: Source
    }

    /// The known facts about one batch of the manifest.
    package struct Facts: Hashable, Sendable {
        /// The digest in the ledger, or `nil` if the ledger does not have the batch.
        package var digest: [UInt8]?
        /// Whether the batch is visible where the file attaches.
        package var isVisible: Bool
        /// Whether garbage collection has condemned the batch.
        package var isCondemned: Bool
        /// Whether an earlier run has sent it to the child.
        package var isResent: Bool
        /// A readable batch with the same digest, if the remote has one.
        package var copy: Int64?
        /// Whether staging has its rows.
        package var isStaged: Bool

        package init(
            digest: [UInt8]?, isVisible: Bool, isCondemned: Bool, isResent: Bool, copy: Int64?,
            isStaged: Bool
        ) {
            self.digest = digest
            self.isVisible = isVisible
            self.isCondemned = isCondemned
            self.isResent = isResent
            self.copy = copy
            self.isStaged = isStaged
        }
    }

    /// Batches that an earlier run sent to the child.
    package private(set) var resent: [Int64] = []
    /// Batches to be sent to the child.
    package private(set) var resending: [Resending] = []
    /// Batches with visible rows that are not available anywhere.
    package private(set) var lost: [NamedBatch] = []
    /// Batches without visible rows that are not available anywhere.
    package private(set) var forgotten: [Int64] = []
    /// Batches that are visible where the file attaches, but not in the manifest.
    ///
    /// The child retires them, so that they can be collected.
    package private(set) var unnamed: [Int64] = []

    /// Creates a comparison without missing batches.
    package init() {}

    /// Compares the manifest with the facts.
    ///
    /// - Parameters:
    ///   - manifest: The file's batches.
    ///   - facts: The known facts about each of them, in the same order.
    ///   - unnamed: Batches that are visible where the file attaches, but not in the manifest.
    package init(manifest: [NamedBatch], facts: [Facts], unnamed: [Int64]) {
        precondition(manifest.count == facts.count, "each batch has its facts")
        self.unnamed = unnamed
        for (batch, facts) in zip(manifest, facts) {
            if facts.digest == batch.digest, facts.isVisible, !facts.isCondemned { continue }
            if facts.isResent {
                resent.append(batch.id)
            } else if batch.isHidden {
                forgotten.append(batch.id)
            } else if facts.isStaged {
                resending.append(Resending(batch: batch.id, source: .staging))
            } else if let copy = facts.copy {
                resending.append(Resending(batch: batch.id, source: .remote(copy)))
            } else {
                lost.append(batch)
            }
        }
    }

    /// Whether the remote has every batch of the manifest where the file attaches.
    package var isComplete: Bool {
        resent.isEmpty && resending.isEmpty && lost.isEmpty && forgotten.isEmpty
    }
}
