public import StretchBackup
public import StretchCore

/// The options of a restore.
public struct RestoreOptions: Sendable {
    /// The time of the wanted state, or `nil` for the newest state.
    public var time: Timestamp?
    /// Whether to replace the file even if it holds another database or is newer than the backup.
    public var replaces = false
    /// Whether to accept the newest state not after ``time`` from a replica even if nothing proves
    /// that the replica was complete at that time.
    public var acceptsNearest = false
    /// The file that was replicated, if it still exists, or `nil` for the file to be restored.
    ///
    /// If its rows equal the replica's newest state, the replica is complete.
    public var original: String?
    /// Called repeatedly; `true` stops the restore, and nothing is changed.
    public var shouldStop: @Sendable () -> Bool = { false }
    /// Called with the progress of the copy.
    public var progress: @Sendable (BackupProgress) -> Void = { _ in }

    /// Creates the default options: the newest state, without replacing a newer file.
    public init() {}
}

/// The result of a restore.
public struct RestoreReport: Equatable, Sendable {
    /// The path of the file.
    public let file: String
    /// The backup or replica that was restored.
    public let source: String
    /// The time of the restored state.
    public let time: Timestamp
    /// The difference from the wanted time; `nil` if none was requested.
    public let gap: Duration?
    /// Whether a file was replaced.
    public let isReplacing: Bool
    /// The link state, as far as known without contacting the remote.
    ///
    /// It is `connected` or `disconnected`, or `nil` for a plain file.
    public let linkState: DatabaseStatus.LinkState?
    /// The next steps: ``Advice/reauthorize`` for a disconnected file.
    public let advice: [Advice]
    /// The description of the restored file.
    public let content: BackupDescription
}
