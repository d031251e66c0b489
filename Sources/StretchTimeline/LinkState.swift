package import StretchCore
internal import StretchText

/// Whether a file may use its remote, determined without contacting it.
///
/// A file that was restored, copied or moved to another machine, by any tool, is disconnected until
/// it is reauthorized; hot rows stay readable. Inode numbers are not used, because a restored file
/// often gets the old file's number.
package enum LinkState: Hashable, Sendable {
    case connected
    case disconnected(Reason)

    /// The reason why a file is disconnected.
    package enum Reason: String, Sendable {
        /// The keystore of this user has no record of the file's branch.
        case unknownHere
        /// The file names an endpoint other than the one for which the nonce was created.
        case repointed
        /// A reauthorization was interrupted.
        case unfinished
        /// The user deauthorized the file.
        case deauthorized
        /// Another file of the branch exists at the path where the file was last opened.
        case copied
        /// The keystore has recorded a newer state of the file, or a different state of the same
        /// epoch.
        case restored
    }

    /// Determines the state.
    ///
    /// - Parameters:
    ///   - position: The position that the file names.
    ///   - pending: The file's step in flight.
    ///   - endpoint: The address that the file names.
    ///   - memory: The keystore's record of the file's branch.
    ///   - hasOriginal: Whether a file of the same branch exists at the memory's path, which is not
    ///     this file's path. If there is none, the file was moved.
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
        // The file's own step in flight leads to the seen position, so completing it loses nothing.
        return pending.map { $0.base == position && $0.next == seen } ?? false
    }
}
