/// A batch as a file's manifest names it.
package struct NamedBatch: Hashable, Sendable {
    package let id: Int64
    package let rowCount: Int64
    /// How many of the rows tombstones hide.
    package let hiddenRowCount: Int64
    package let digest: [UInt8]

    package init(id: Int64, rowCount: Int64, hiddenRowCount: Int64, digest: [UInt8]) {
        self.id = id
        self.rowCount = rowCount
        self.hiddenRowCount = hiddenRowCount
        self.digest = digest
    }

    /// How many of the rows can be seen.
    package var visibleRowCount: Int64 { rowCount - hiddenRowCount }

    /// Whether no row of the batch can be seen.
    package var isHidden: Bool { hiddenRowCount == rowCount }
}

/// What a remote has of a file's manifest at the position where the file attaches.
///
/// Where the remote's history holds the file's own position, only collected batches can be missing,
/// and an empty comparison is right when there are none.
package struct ManifestComparison: Hashable, Sendable {
    /// Where the rows of a batch are that the file cannot see where it attaches.
    package enum Source: Hashable, Sendable {
        case staging
        /// In a batch of another branch, which holds the same rows.
        case remote(Int64)
    }

    /// A batch that goes to the child again, under a new id.
    package struct Resending: Hashable, Sendable {
        package let batch: Int64
        package let source: Source
    }

    /// What is known of one batch of the manifest.
    package struct Facts: Hashable, Sendable {
        /// The digest in the ledger, or `nil` for a batch that it does not have.
        package var digest: [UInt8]?
        /// Whether the batch is visible where the file attaches.
        package var isVisible: Bool
        /// Whether garbage collection took the batch.
        package var isCondemned: Bool
        /// Whether an earlier run sent it to the child.
        package var isResent: Bool
        /// A batch of the same digest that can be read, if the remote has one.
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
    /// Batches that are to be sent to the child.
    package private(set) var resending: [Resending] = []
    /// Batches with visible rows that are nowhere.
    package private(set) var lost: [NamedBatch] = []
    /// Batches that are nowhere, and of which no row could be seen.
    package private(set) var forgotten: [Int64] = []
    /// Batches that are visible where the file attaches, and that the manifest does not name: the
    /// child retires them, so that they can be collected.
    package private(set) var unnamed: [Int64] = []

    /// Nothing is missing.
    package init() {}

    /// Compares.
    ///
    /// - Parameters:
    ///   - manifest: The file's batches.
    ///   - facts: What is known of each of them, in the same order.
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
