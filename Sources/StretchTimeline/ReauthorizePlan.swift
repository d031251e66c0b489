package import StretchCore
internal import StretchText

/// What reauthorizing a file would do: decided from values, before anything is changed.
package enum ReauthorizePlan: Hashable, Sendable {
    /// The file is connected, and the remote is where the file is.
    case nothing
    /// All was done but the keystore's note.
    case link
    /// The file goes on in its own branch, under a new nonce: the recorded owner must not change
    /// meanwhile.
    case proceed(from: Owner)
    /// A child branch begins. Batches of the comparison that are lost or forgotten leave the
    /// manifest with the local switch.
    case fork(ForkPoint, ManifestComparison)
    case refused(Refusal)

    /// Who extends a branch, by the remote's record.
    package enum Owner: Hashable, Sendable {
        /// The keystore's present nonce.
        case here
        /// The nonce that the keystore had before an unfinished reauthorization.
        case formerlyHere
        /// Another file or user, by the name it gave.
        case other(String)
    }

    /// Why a file cannot be reauthorized as asked.
    package enum Refusal: Hashable, Sendable {
        /// File and remote have no position in common.
        case unrelated
        /// The branch has moved on from the file's position.
        case movedOn(to: TimelinePosition)
        /// The remote was rolled back to before the file's position.
        case rolledBack
        /// The branch was dropped.
        case dropped
        /// Another owner is recorded, and was not named.
        case owned(by: String)
        /// Batches are not where the file attaches; only a child can have them again.
        case incomplete(ManifestComparison)
        /// Rows are lost, and the loss of these batches was not accepted by name.
        case lost([NamedBatch])
    }

    /// What was asked for.
    package struct Options: Hashable, Sendable {
        /// Whether a child branch begins; otherwise the file's own branch goes on.
        package var withCopy = true
        /// The owner whose branch is taken over.
        package var takesOver: String?
        /// The batches whose loss is accepted.
        package var acceptedLosses: Set<Int64> = []

        package init() {}
    }

    /// What the remote records of the file's branch.
    package struct Branch: Hashable, Sendable {
        package var head: TimelinePosition
        package var owner: Owner
        package var isDropped: Bool

        package init(head: TimelinePosition, owner: Owner, isDropped: Bool) {
            self.head = head
            self.owner = owner
            self.isDropped = isDropped
        }
    }

    /// What a file says of itself, and the keystore of it.
    package struct File: Hashable, Sendable {
        package var position: TimelinePosition
        package var pending: PendingStep?
        package var link: LinkState

        package init(position: TimelinePosition, pending: PendingStep?, link: LinkState) {
            self.position = position
            self.pending = pending
            self.link = link
        }

        /// Whether a branch stands where the file is, or where its own step in flight leads.
        fileprivate func isAt(_ head: TimelinePosition) -> Bool {
            if head == position { return true }
            return pending.map { $0.base == position && $0.next == head } ?? false
        }
    }

    /// Decides.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - branch: The file's branch on the remote, or `nil` when it is unknown there.
    ///   - isHeld: Whether the remote's history holds the file's position.
    ///   - point: Where a child would leave, or `nil` when nothing is in common.
    ///   - comparison: What the remote has where the file attaches: at its own position when that
    ///     is held and no child is asked for, else at the point.
    ///   - options: What was asked for.
    package init(
        file: File, branch: Branch?, isHeld: Bool, point: ForkPoint?,
        comparison: ManifestComparison, options: Options
    ) {
        guard options.withCopy else {
            self = .withoutCopy(
                file: file, branch: branch, isHeld: isHeld, comparison: comparison,
                options: options)
            return
        }
        if let branch, file.isAt(branch.head), branch.owner == .here, !branch.isDropped,
            comparison.isComplete
        {
            switch file.link {
            case .connected:
                self = .nothing
                return
            case .disconnected(.unfinished):
                self = .link
                return
            case .disconnected: break
            }
        }
        guard let point else {
            self = .refused(.unrelated)
            return
        }
        guard comparison.lost.allSatisfy({ options.acceptedLosses.contains($0.id) }) else {
            self = .refused(.lost(comparison.lost))
            return
        }
        self = .fork(point, comparison)
    }

    private static func withoutCopy(
        file: File, branch: Branch?, isHeld: Bool, comparison: ManifestComparison, options: Options
    ) -> ReauthorizePlan {
        guard let branch, isHeld else { return .refused(.rolledBack) }
        guard !branch.isDropped else { return .refused(.dropped) }
        guard file.isAt(branch.head) else { return .refused(.movedOn(to: branch.head)) }
        guard comparison.isComplete else { return .refused(.incomplete(comparison)) }
        if case .other(let name) = branch.owner,
            !(options.takesOver?.isSameText(as: name) ?? false)
        {
            return .refused(.owned(by: name))
        }
        if file.link == .connected, branch.owner == .here { return .nothing }
        return .proceed(from: branch.owner)
    }
}
