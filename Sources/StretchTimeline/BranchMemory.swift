package import StretchCore

/// What the keystore remembers of one branch: who extends it, and how far this user saw it.
///
/// The owner's nonce lies beside it in the keystore; only the remote's answer, whether it knows
/// that nonce's hash, takes part in decisions.
package struct BranchMemory: Hashable, Sendable {
    /// How far the connection of a file to the branch has come.
    package enum State: String, Codable, Sendable {
        /// A nonce was drawn, and the file has not yet switched, or nobody noted that it did.
        case unfinished
        /// A file of this user extends the branch.
        case linked
        /// The user ended the connection.
        case deauthorized
        /// The user put a backup in the file's place.
        case restored
    }

    /// The branch's id.
    package let branch: Int64
    /// The address that the nonce was made for.
    package let endpoint: String
    package var state: State
    /// Where the file was when it was last opened; a hint, and no proof.
    package var path: String?
    /// The newest position that a file of this user was seen at.
    ///
    /// It is noted after the local switch, without a sync: after a power cut it may be older than
    /// the file, which makes detection weaker and nothing else.
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

    /// Notes a position that a connected file has reached; an older one changes nothing.
    package mutating func see(_ position: TimelinePosition) {
        precondition(position.branch == branch, "a memory is of one branch")
        guard seen.map({ $0.epoch < position.epoch }) ?? true else { return }
        seen = position
    }

    /// Notes that a file was reauthorized: the one way by which ``seen`` goes back.
    package mutating func link(at position: TimelinePosition, path: String) {
        precondition(position.branch == branch, "a memory is of one branch")
        state = .linked
        seen = position
        self.path = path
    }
}
