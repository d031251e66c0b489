package import StretchCore

/// The keystore's record of one branch: its state, and the newest position that this user saw.
///
/// The owner's nonce is stored beside it in the keystore. Decisions depend only on whether the
/// remote has that nonce's hash.
package struct BranchMemory: Hashable, Sendable {
    /// The state of a file's connection to the branch.
    package enum State: String, Codable, Sendable {
        /// A nonce was created, but the file has not yet switched, or the switch was not recorded.
        case unfinished
        /// A file of this user extends the branch.
        case linked
        /// The user deauthorized the file.
        case deauthorized
        /// The user restored the file from a backup.
        case restored
    }

    /// The branch's id.
    package let branch: Int64
    /// The address for which the nonce was created.
    package let endpoint: String
    package var state: State
    /// The path of the file when it was last opened; only a hint.
    package var path: String?
    /// The newest position at which a file of this user was seen.
    ///
    /// It is recorded after the local switch, without a sync. After a power failure it may be older
    /// than the file, which only weakens detection.
    package private(set) var seen: TimelinePosition?

    package init(
        branch: Int64, endpoint: String, state: State, path: String? = nil,
        seen: TimelinePosition? = nil
    ) {
        precondition(seen.map { $0.branch == branch } ?? true, "a memory is of one branch")
        self.branch = branch
        self.endpoint = endpoint
        self.state = state
        self.path = path
        self.seen = seen
    }

    /// Records a position that a connected file has reached; an older position has no effect.
    package mutating func see(_ position: TimelinePosition) {
        precondition(position.branch == branch, "a memory is of one branch")
        guard seen.map({ $0.epoch < position.epoch }) ?? true else { return }
        seen = position
    }

    /// Records that a file was reauthorized, the only case in which ``seen`` goes back.
    package mutating func link(at position: TimelinePosition, path: String) {
        precondition(position.branch == branch, "a memory is of one branch")
        state = .linked
        seen = position
        self.path = path
    }
}
