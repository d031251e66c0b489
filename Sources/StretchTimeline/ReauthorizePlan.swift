package import StretchCore
internal import StretchText

/// The plan for reauthorizing a file, computed from values before anything is changed.
package enum ReauthorizePlan: Hashable, Sendable {
    /// The file is connected, and the remote is at the file's position.
    case nothing
    /// The file is connected, and its remote, at the file's position, has another address.
    case move
    /// Everything is complete except the keystore's record.
    case link
    /// The file continues its branch with a new nonce; the recorded owner must not change in the
    /// meantime.
    case proceed(from: Owner)
    /// A child branch is forked; lost and forgotten batches leave the manifest with the local
    /// switch.
    case fork(ForkPoint, ManifestComparison)
    case refused(Refusal)

    /// The recorded owner of a branch.
    package enum Owner: Hashable, Sendable {
        /// The keystore's current nonce.
        case here
        /// The nonce that the keystore had before an unfinished reauthorization.
        case formerlyHere
        /// Another file or user, by its registered name.
        case other(String)
    }

    /// The reason why a file cannot be reauthorized as requested.
    package enum Refusal: Hashable, Sendable {
        /// File and remote share no position.
        case unrelated
        /// The branch has advanced beyond the file's position.
        case movedOn(to: TimelinePosition)
        /// The remote was rolled back to before the file's position.
        case rolledBack
        /// The branch was dropped.
        case dropped
        /// The original, whose branch would be continued, is still there.
        case copied
        /// Another owner is recorded and was not specified.
        case owned(by: String)
        /// Another user, or another keystore, has the same file open under the same path, and would
        /// lose it.
        case inUse(by: String)
        /// Batches are missing where the file attaches; only a child can restore them.
        case incomplete(ManifestComparison)
        /// Rows are lost, and the loss of these batches was not accepted explicitly.
        case lost([NamedBatch])
    }

    /// The requested options.
    package struct Options: Hashable, Sendable {
        /// Whether to fork a child branch; otherwise the file's branch continues.
        package var withCopy = true
        /// The owner whose branch is adopted.
        package var takesOver: String?
        /// The batches whose loss is accepted.
        package var acceptedLosses: Set<Int64> = []

        package init() {}
    }

    /// The remote's record of the file's branch.
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

    /// The state of a file, and the keystore's record of it.
    package struct File: Hashable, Sendable {
        package var position: TimelinePosition
        package var pending: PendingStep?
        package var link: LinkState
        /// The end of the name under which every user of this machine owns the file's branch.
        package var place: String?
        /// Whether the remote is reached at another address than the file names.
        package var isMoving: Bool

        package init(
            position: TimelinePosition, pending: PendingStep?, link: LinkState,
            isMoving: Bool = false, place: String? = nil
        ) {
            self.position = position
            self.pending = pending
            self.link = link
            self.isMoving = isMoving
            self.place = place
        }

        /// Returns the owner of a branch whose present file this one is, in another keystore.
        fileprivate func otherUser(of branch: Branch) -> String? {
            guard link == .disconnected(.unknownHere), isAt(branch.head), !branch.isDropped,
                case .other(let name) = branch.owner, let place, name.endsWith(place)
            else { return nil }
            return name
        }

        /// The plan for a connected file at its branch's head.
        fileprivate var connectedPlan: ReauthorizePlan { isMoving ? .move : .nothing }

        /// Returns whether a branch is at the file's position, or after the file's own step in
        /// flight.
        fileprivate func isAt(_ head: TimelinePosition) -> Bool {
            if head == position { return true }
            return pending.map { $0.base == position && $0.next == head } ?? false
        }
    }

    /// Computes the plan.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - branch: The file's branch on the remote, or `nil` if it is unknown there.
    ///   - isHeld: Whether the remote's history holds the file's position.
    ///   - point: The fork point of a child, or `nil` if no position is shared.
    ///   - comparison: The comparison at the position where the file attaches: its own position if
    ///     that is held and no child is requested, otherwise the point.
    ///   - options: The requested options.
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
                self = file.connectedPlan
                return
            case .disconnected(.unfinished):
                self = .link
                return
            case .disconnected: break
            }
        }
        if let branch, let user = file.otherUser(of: branch) {
            self = .refused(.inUse(by: user))
            return
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
        guard file.link != .disconnected(.copied) else { return .refused(.copied) }
        guard let branch, isHeld else { return .refused(.rolledBack) }
        guard !branch.isDropped else { return .refused(.dropped) }
        guard file.isAt(branch.head) else { return .refused(.movedOn(to: branch.head)) }
        guard comparison.isComplete else { return .refused(.incomplete(comparison)) }
        if case .other(let name) = branch.owner,
            !(options.takesOver?.isSameText(as: name) ?? false)
        {
            return .refused(.owned(by: name))
        }
        if file.link == .connected, branch.owner == .here { return file.connectedPlan }
        return .proceed(from: branch.owner)
    }
}
