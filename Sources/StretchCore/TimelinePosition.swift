/// A point in the history of one branch: the state of the manifest that a file names.
///
/// The token distinguishes two histories with the same epoch number, such as those of a remote that
/// was rolled back or of two copies of a file.
public struct TimelinePosition: Hashable, Sendable {
    /// The branch: a random, positive number.
    public let branch: Int64
    /// The number of changes of the manifest up to this position.
    public let epoch: Int64
    /// A random, positive number, drawn for this epoch.
    public let token: Int64

    /// Creates a position.
    public init(branch: Int64, epoch: Int64, token: Int64) {
        self.branch = branch
        self.epoch = epoch
        self.token = token
    }

    /// The position one epoch later, with the given token.
    public func next(token: Int64) -> TimelinePosition {
        TimelinePosition(branch: branch, epoch: epoch + 1, token: token)
    }
}
