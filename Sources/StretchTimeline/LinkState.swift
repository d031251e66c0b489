package import StretchCore
internal import StretchText

/// Whether a file may use its remote, found without asking it.
///
/// A file that was restored, copied or carried to another machine is disconnected until it is
/// reauthorized, whatever tool made the copy; hot rows stay readable. Inode numbers prove nothing:
/// a restored file often gets the old one's.
package enum LinkState: Hashable, Sendable {
    case connected
    case disconnected(Reason)

    /// Why a file is disconnected.
    package enum Reason: String, Sendable {
        /// The keystore of this user knows nothing of the file's branch.
        case unknownHere
        /// The file names another endpoint than the one that the nonce was made for.
        case repointed
        /// A reauthorization was cut off.
        case unfinished
        /// The user ended the connection.
        case deauthorized
        /// Another file of the branch is at the place where the file was last opened.
        case copied
        /// The keystore has seen a newer state of the file, or another one of the same epoch.
        case restored
    }

    /// Decides.
    ///
    /// - Parameters:
    ///   - position: The position that the file names.
    ///   - pending: The step that the file has in flight.
    ///   - endpoint: The address that the file names.
    ///   - memory: What the keystore has of the file's branch.
    ///   - hasOriginal: Whether a file of the same branch is at the memory's path, and that is not
    ///     this file's path. A place where no such file is means that the file was moved.
    package init(
        position: TimelinePosition, pending: PendingStep?, endpoint: String,
        memory: BranchMemory?, hasOriginal: Bool
    ) {
        guard let memory, memory.branch == position.branch else {
            self = .disconnected(.unknownHere)
            return
        }
        guard memory.endpoint.isSameText(as: endpoint) else {
            self = .disconnected(.repointed)
            return
        }
        switch memory.state {
        case .unfinished: self = .disconnected(.unfinished)
        case .deauthorized: self = .disconnected(.deauthorized)
        case .restored: self = .disconnected(.restored)
        case .linked where hasOriginal: self = .disconnected(.copied)
        case .linked:
            let isCurrent = LinkState.isCurrent(position, pending: pending, seen: memory.seen)
            self = isCurrent ? .connected : .disconnected(.restored)
        }
    }

    private static func isCurrent(
        _ position: TimelinePosition, pending: PendingStep?, seen: TimelinePosition?
    ) -> Bool {
        guard let seen else { return true }
        if position.epoch > seen.epoch || position == seen { return true }
        // The own step in flight leads to what was seen: finishing it loses nothing.
        return pending.map { $0.base == position && $0.next == seen } ?? false
    }
}
