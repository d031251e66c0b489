/// `BACKUP DATABASE name TO DISK = '…' [WITH …]`.
public struct BackupStatement: Equatable, Sendable {
    /// The database.
    public let database: DatabaseName
    /// The file to which the backup is written.
    public let file: TextOperand
    /// The options, in their order in the statement.
    public let options: [Option]

    /// An option of `BACKUP`.
    public enum Option: Equatable, Sendable {
        /// `INIT` or `FORMAT`: the file is overwritten; `NOINIT` and `NOFORMAT` are `false`.
        case overwrite(Bool)
        /// `STATS [= percent]`: the interval of progress messages.
        case statistics(percent: Int)
        /// An option that applies to every backup: `COPY_ONLY`, `NO_COMPRESSION`, `NO_CHECKSUM`.
        case standard
    }
}

/// `RESTORE DATABASE name FROM DISK = '…' [, DISK = '…'] [WITH …]`.
public struct RestoreStatement: Equatable, Sendable {
    /// The database.
    public let database: DatabaseName
    /// The backups, one of which is restored.
    public let files: [TextOperand]
    /// The options, in their order in the statement.
    public let options: [Option]

    /// An option of `RESTORE`.
    public enum Option: Equatable, Sendable {
        /// `REPLACE`: an existing database is overwritten.
        case replace
        /// `MOVE 'name' TO 'path'`: the path to which a file of the database is written.
        case move(TextOperand, to: TextOperand)
        /// `STOPAT = 'time'`: the state at this time is restored.
        case stopAt(TextOperand)
        /// `STATS [= percent]`: the interval of progress messages.
        case statistics(percent: Int)
        /// An option that applies to every restore: `RECOVERY`, `FILE = 1`, `NO_CHECKSUM`.
        case standard
    }
}

/// `RESTORE HEADERONLY|FILELISTONLY|VERIFYONLY FROM DISK = '…'`.
public struct BackupInspection: Equatable, Sendable {
    /// The requested information.
    public let question: Question
    /// The file with the backup.
    public let file: TextOperand

    /// The information that can be requested about a backup.
    public enum Question: String, Equatable, Sendable, CaseIterable {
        /// A row that describes the backup.
        case header = "HEADERONLY"
        /// A row for each file of the database.
        case files = "FILELISTONLY"
        /// Whether the backup is complete and readable.
        case verification = "VERIFYONLY"
    }
}
