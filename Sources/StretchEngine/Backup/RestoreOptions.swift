public import StretchCore

/// What is restored, and over what.
public struct RestoreOptions: Sendable {
    /// The moment whose state is wanted, or `nil` for the newest one.
    public var time: Timestamp?
    /// Whether the file is replaced when it holds another database or is newer than the backup.
    public var replaces = false
    /// Whether the newest state not after ``time`` is taken from a replica even when nothing shows
    /// that the replica was complete at that moment.
    public var acceptsNearest = false
    /// The file that was replicated, if it is still there, or `nil` for the one to be restored.
    ///
    /// One that has the same rows as the replica's newest state shows that the replica is complete.
    public var original: String?
    /// Asked again and again; `true` stops, and nothing is changed.
    public var shouldStop: @Sendable () -> Bool = { false }
    /// Told how far the copy is.
    public var progress: @Sendable (BackupProgress) -> Void = { _ in }

    /// The newest state, over no newer file.
    public init() {}
}

/// What a restore came to.
public struct RestoreReport: Equatable, Sendable {
    /// The file.
    public let file: String
    /// The backup or the replica that it came from.
    public let source: String
    /// The moment whose state it is.
    public let time: Timestamp
    /// How much earlier than the wanted moment that is; `nil` when none was asked for.
    public let gap: Duration?
    /// Whether a file was replaced.
    public let isReplacing: Bool
    /// How the file and its remote stand to each other, as far as it is known without asking the
    /// remote: `connected` or `disconnected`; `nil` for a plain file.
    public let linkState: DatabaseStatus.LinkState?
    /// What to do next: ``Advice/reauthorize`` for a file that is disconnected.
    public let advice: [Advice]
    /// The restored file.
    public let content: BackupDescription
}
