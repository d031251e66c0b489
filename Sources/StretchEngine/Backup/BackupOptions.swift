/// How far a copy is.
public struct BackupProgress: Sendable {
    /// The pages that are copied.
    public let pages: Int64
    /// The pages of the database.
    public let totalPages: Int64
}

/// How a backup is made.
public struct BackupOptions: Sendable {
    /// Whether a file that is there already is replaced.
    public var overwrites = false
    /// Whether cold rows are written too, so that the backup needs no remote.
    public var isDeep = false
    /// Whether SQLite reads the whole backup before it gets its name.
    ///
    /// That takes several times as long as the copy itself; without it, a damage of the database is
    /// found when the backup is restored, which always checks.
    public var isChecked = true
    /// The most bytes to copy in a second, or `nil` for no limit.
    public var maximumBytesPerSecond: Int64?
    /// Asked again and again; `true` stops the backup, and no file is made.
    public var shouldStop: @Sendable () -> Bool = { false }
    /// Told how far the copy is.
    public var progress: @Sendable (BackupProgress) -> Void = { _ in }

    /// A shallow backup at full speed, to a new file.
    public init() {}
}

/// What a backup came to.
public struct BackupReport: Equatable, Sendable {
    /// The file that was backed up.
    public let source: String
    /// Whether the backup has the cold rows too.
    public let isDeep: Bool
    /// The cold rows that a deep backup has; zero for a shallow one.
    public let coldRows: Int64
    /// How long it took.
    public let elapsed: Duration
    /// The backup.
    public let backup: BackupDescription
}
