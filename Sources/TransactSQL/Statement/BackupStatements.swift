/// What a backup holds.
public enum BackupContent: String, Equatable, Sendable {
    /// The whole database.
    case database = "DATABASE"
    /// The log since the last backup of it.
    case log = "LOG"
}

/// `BACKUP DATABASE|LOG name TO DISK = '…' [WITH …]`.
public struct BackupStatement: Equatable, Sendable {
    /// What is backed up.
    public let content: BackupContent
    /// The database.
    public let database: DatabaseName
    /// The file that the backup is written to.
    public let file: TextOperand
    /// The options, in the order in which they are written.
    public let options: [Option]

    /// An option of `BACKUP`.
    public enum Option: Equatable, Sendable {
        /// `INIT` or `FORMAT`: the file is overwritten; `NOINIT` and `NOFORMAT` are `false`.
        case overwrite(Bool)
        /// `COMPRESSION` or `NO_COMPRESSION`.
        case compression(Bool)
        /// `CHECKSUM` or `NO_CHECKSUM`.
        case checksum(Bool)
        /// `COPY_ONLY`: later backups do not build on it.
        case copyOnly
        /// `NAME = '…'`.
        case name(TextOperand)
        /// `DESCRIPTION = '…'`.
        case description(TextOperand)
        /// `STATS [= percent]`: progress is reported.
        case statistics
    }
}

/// `RESTORE DATABASE|LOG name FROM DISK = '…' [WITH …]`.
public struct RestoreStatement: Equatable, Sendable {
    /// What is restored.
    public let content: BackupContent
    /// The database.
    public let database: DatabaseName
    /// The file that the backup is read from.
    public let file: TextOperand
    /// The options, in the order in which they are written.
    public let options: [Option]

    /// An option of `RESTORE`.
    public enum Option: Equatable, Sendable {
        /// `REPLACE`: an existing database is overwritten.
        case replace
        /// `RECOVERY`: the database is ready for use afterwards.
        case recovery
        /// `FILE = n`: the backup's place in the file, from 1.
        case file(Int)
        /// `MOVE 'name' TO 'path'`: where a file of the database is written.
        case move(TextOperand, to: TextOperand)
        /// `CHECKSUM` or `NO_CHECKSUM`.
        case checksum(Bool)
        /// `STOPAT = 'time'`: the state at this time is restored.
        case stopAt(TextOperand)
        /// `STATS [= percent]`: progress is reported.
        case statistics
    }
}

/// `RESTORE HEADERONLY|FILELISTONLY|VERIFYONLY|LABELONLY FROM DISK = '…'`.
public struct BackupInspection: Equatable, Sendable {
    /// What is asked.
    public let question: Question
    /// The file with the backup.
    public let file: TextOperand
    /// `FILE = n`: the backup's place in the file, from 1, or `nil`.
    public let backupNumber: Int?

    /// What can be asked of a backup.
    public enum Question: String, Equatable, Sendable, CaseIterable {
        /// A row for each backup in the file.
        case header = "HEADERONLY"
        /// A row for each file of the database.
        case files = "FILELISTONLY"
        /// Whether the backup is whole and readable.
        case verification = "VERIFYONLY"
        /// The file's own label.
        case label = "LABELONLY"
    }
}
