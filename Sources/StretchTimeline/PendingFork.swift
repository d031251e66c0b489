internal import Crypto
package import StretchCore

/// A fork in flight: written down in the file before the remote makes the child.
package struct PendingFork: Hashable, Sendable {
    /// The child's id: a random, positive number, whose nonce the keystore already has.
    package let child: Int64
    /// The token of the child's first position.
    package let token: Int64
    /// Where the child leaves its parent.
    package let base: TimelinePosition
    /// The position of the file when the fork was written down.
    package let origin: TimelinePosition

    package init(
        child: Int64, token: Int64, base: TimelinePosition, origin: TimelinePosition
    ) {
        self.child = child
        self.token = token
        self.base = base
        self.origin = origin
    }

    /// The child's first position: the parent's epoch under the child's name.
    package var first: TimelinePosition {
        TimelinePosition(branch: child, epoch: base.epoch, token: token)
    }

    /// The id under which a batch of the manifest goes to the child again.
    ///
    /// It follows from the child's random id, so that a run that is repeated finds what an earlier
    /// one sent.
    package func resentID(of batch: Int64) -> Int64 {
        let hash = SHA256.hash(data: Array("stretch resent 1 \(child) \(batch)".utf8))
        let number = hash.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return max(Int64(number >> 1), 1)
    }
}

/// Where a child branch leaves the timeline of a file.
package enum ForkPoint: Hashable, Sendable {
    /// The child of an earlier run is on the remote, and stands at `head`.
    case resumed(PendingFork, head: TimelinePosition)
    /// The child of an earlier run is not on the remote, and can still be made.
    case repeated(PendingFork)
    /// A child with a new id leaves here.
    case new(TimelinePosition)

    /// What the remote has of the child of an earlier run.
    package struct Child: Hashable, Sendable {
        /// Where the child stands.
        package var head: TimelinePosition
        /// Whether the remote has the hash of the keystore's nonce for it.
        package var isOwn: Bool
        /// How many batches of the file's manifest were sent to it again.
        package var resentCount: Int

        package init(head: TimelinePosition, isOwn: Bool, resentCount: Int) {
            self.head = head
            self.isOwn = isOwn
            self.resentCount = resentCount
        }
    }

    /// Decides.
    ///
    /// An earlier run's child serves as long as no file was linked to it: a backup that was made in
    /// the middle of a reauthorization must not take the branch that the original finished.
    ///
    /// - Parameters:
    ///   - position: The position that the file names.
    ///   - fork: The fork that the file has in flight.
    ///   - memory: What the keystore has of that fork's child.
    ///   - child: What the remote has of that child.
    ///   - common: The newest position that file and remote have in common.
    package init?(
        position: TimelinePosition, fork: PendingFork?, memory: BranchMemory.State?,
        child: Child?, common: TimelinePosition?
    ) {
        if let fork, fork.origin == position, memory == .unfinished {
            if let child, child.isOwn,
                child.head.epoch == fork.base.epoch + Int64(child.resentCount)
            {
                self = .resumed(fork, head: child.head)
                return
            }
            if child == nil, fork.base == common {
                self = .repeated(fork)
                return
            }
        }
        guard let common else { return nil }
        self = .new(common)
    }

    /// The position whose batches the child begins with.
    package var attachment: TimelinePosition {
        switch self {
        case .resumed(_, let head): head
        case .repeated(let fork): fork.base
        case .new(let base): base
        }
    }
}
