package import StretchCore

/// The past positions of a file, oldest first: `stretch_history` of the local file.
///
/// There is one position for each change of the manifest, and one for each fork, which repeats the
/// epoch under the child. A fork removes the positions after it, so the history is a single line up
/// to the current position.
package struct LocalHistory: Hashable, Sendable {
    package private(set) var positions: [TimelinePosition]

    /// Creates the history of a file that starts at a position.
    package init(_ position: TimelinePosition) { positions = [position] }

    /// Creates a history from stored positions.
    package init(positions: [TimelinePosition]) { self.positions = positions }

    /// Appends the position after a change of the manifest.
    package mutating func append(_ position: TimelinePosition) {
        precondition(
            positions.last.map { $0.branch == position.branch && $0.epoch < position.epoch }
                ?? true, "a change of the manifest stays on its branch")
        positions.append(position)
    }

    /// Removes the positions after `base`, and appends those of a child that was forked there.
    package mutating func fork(at base: TimelinePosition, child: [TimelinePosition]) {
        guard let index = positions.lastIndex(of: base) else {
            preconditionFailure("a file is forked at a position that it went through")
        }
        positions.removeSubrange((index + 1)...)
        positions.append(contentsOf: child)
    }

    /// Returns the newest position that the remote also holds, or `nil` if there is none.
    ///
    /// An equal epoch alone is not sufficient, because a remote that was rolled back assigns the
    /// number again.
    ///
    /// - Parameter token: Returns the token in the remote's history for a branch and an epoch.
    package func newestCommon(
        _ token: (_ branch: Int64, _ epoch: Int64) -> Int64?
    ) -> TimelinePosition? {
        positions.last { token($0.branch, $0.epoch) == $0.token }
    }
}
