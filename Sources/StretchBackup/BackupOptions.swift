/// The progress of a copy.
public struct BackupProgress: Sendable {
    /// The number of copied pages.
    public let pages: Int64
    /// The number of pages of the database.
    public let totalPages: Int64
}

/// The options of a backup.
public struct BackupOptions: Sendable {
    /// Whether to replace an existing file.
    public var overwrites = false
    /// Whether to include cold rows, so that the backup needs no remote.
    public var isDeep = false
    /// Whether SQLite checks the whole backup before it gets its final name.
    ///
    /// The check takes several times as long as the copy. Without it, damage of the database is
    /// found when the backup is restored, because a restore always checks.
    public var isChecked = true
    /// The maximum number of bytes to copy per second, or `nil` for no limit.
    public var maximumBytesPerSecond: Int64?
    /// Called repeatedly; `true` stops the backup, and no file is created.
    public var shouldStop: @Sendable () -> Bool = { false }
    /// Called with the progress of the copy.
    public var progress: @Sendable (BackupProgress) -> Void = { _ in }

    /// Creates the default options: a shallow backup at full speed to a new file.
    public init() {}
}

/// The result of a backup.
public struct BackupReport: Equatable, Sendable {
    /// The file that was backed up.
    public let source: String
    /// Whether the backup includes cold rows.
    public let isDeep: Bool
    /// The number of cold rows in a deep backup; zero for a shallow one.
    public let coldRows: Int64
    /// The elapsed time.
    public let elapsed: Duration
    /// The description of the backup.
    public let backup: BackupDescription

    package init(
        source: String, isDeep: Bool, coldRows: Int64, elapsed: Duration, backup: BackupDescription
    ) {
        self.source = source
        self.isDeep = isDeep
        self.coldRows = coldRows
        self.elapsed = elapsed
        self.backup = backup
    }
}
