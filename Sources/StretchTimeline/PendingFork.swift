internal import Crypto
package import StretchCore

/// A fork in flight, recorded in the file before the remote creates the child.
package struct PendingFork: Hashable, Sendable {
    /// The child's id: a random, positive number, whose nonce the keystore already has.
    package let child: Int64
    /// The token of the child's first position.
    package let token: Int64
    /// The parent's position at which the child is forked.
    package let base: TimelinePosition
    /// The position of the file when the fork was recorded.
    package let origin: TimelinePosition

    package init(
        child: Int64, token: Int64, base: TimelinePosition, origin: TimelinePosition
    ) {
        self.child = child
        self.token = token
        self.base = base
        self.origin = origin
    }

    /// The child's first position: the parent's epoch on the child branch.
    package var first: TimelinePosition {
        TimelinePosition(branch: child, epoch: base.epoch, token: token)
    }

    /// Returns the id under which a batch of the manifest is sent to the child again.
    ///
    /// It is derived from the child's random id, so that a repeated run finds the batches that an
    /// earlier one sent.
    package func resentID(of batch: Int64) -> Int64 {
        let hash = SHA256.hash(data: Array("stretch resent 1 \(child) \(batch)".utf8))
        let number = hash.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return max(Int64(number >> 1), 1)
    }
}

/// The position at which a child branch is forked from the timeline of a file.
package enum ForkPoint: Hashable, Sendable {
    /// The child of an earlier run exists on the remote, at position `head`.
    case resumed(PendingFork, head: TimelinePosition)
    /// The child of an earlier run does not exist on the remote, and can still be created.
    case repeated(PendingFork)
    /// A child with a new id is forked here.
    case new(TimelinePosition)

    /// The remote's record of the child of an earlier run.
    package struct Child: Hashable, Sendable {
        /// The position of the child.
        package var head: TimelinePosition
        /// Whether the remote has the hash of the keystore's nonce for it.
        package var isOwn: Bool
        /// The number of batches of the file's manifest that were sent to it again.
        package var resentCount: Int

        package init(head: TimelinePosition, isOwn: Bool, resentCount: Int) {
            self.head = head
            self.isOwn = isOwn
            self.resentCount = resentCount
        }
    }

    /// Determines the fork point.
    ///
    /// An earlier run's child is used as long as no file was linked to it: a backup made during a
    /// reauthorization must not use the branch that the original completed.
    ///
    /// - Parameters:
    ///   - position: The position that the file names.
    ///   - fork: The file's fork in flight.
    ///   - memory: The keystore's record of that fork's child.
    ///   - child: The remote's record of that child.
    ///   - common: The newest position that file and remote share.
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

    /// The position whose batches the child has at the start.
    package var attachment: TimelinePosition {
        switch self {
        case .resumed(_, let head): head
        case .repeated(let fork): fork.base
        case .new(let base): base
        }
    }
}
