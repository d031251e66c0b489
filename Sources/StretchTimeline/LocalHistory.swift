package import StretchCore

/// The positions that a file went through, oldest first: `stretch_history` of the local file.
///
/// One for each change of the manifest, and one for each fork, which repeats the epoch under the
/// child. A fork forgets what came after it, so that the history is one line down to the present.
package struct LocalHistory: Hashable, Sendable {
    package private(set) var positions: [TimelinePosition]

    /// The history of a file that begins here.
    package init(_ position: TimelinePosition) { positions = [position] }

    /// The history as it was stored.
    package init(positions: [TimelinePosition]) { self.positions = positions }

    /// Adds the position that a change of the manifest led to.
    package mutating func append(_ position: TimelinePosition) {
        precondition(
            positions.last.map { $0.branch == position.branch && $0.epoch < position.epoch }
                ?? true, "a change of the manifest stays on its branch")
        positions.append(position)
    }

    /// Goes back to `base`, and on with the positions of a child that was forked there.
    package mutating func fork(at base: TimelinePosition, child: [TimelinePosition]) {
        guard let index = positions.lastIndex(of: base) else {
            preconditionFailure("a file is forked at a position that it went through")
        }
        positions.removeSubrange((index + 1)...)
        positions.append(contentsOf: child)
    }

    /// The newest position that the remote holds too, or `nil` when they have nothing in common.
    ///
    /// An equal epoch alone proves nothing: a remote that was rolled back gives the number again.
    ///
    /// - Parameter token: The token that the remote's history has for a branch and an epoch.
    package func newestCommon(
        _ token: (_ branch: Int64, _ epoch: Int64) -> Int64?
    ) -> TimelinePosition? {
        positions.last { token($0.branch, $0.epoch) == $0.token }
    }
}
