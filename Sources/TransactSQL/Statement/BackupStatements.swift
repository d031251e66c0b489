/// `BACKUP DATABASE name TO DISK = '…' [WITH …]`.
public struct BackupStatement: Equatable, Sendable {
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
        /// `STATS [= percent]`: how often progress is told.
        case statistics(percent: Int)
        /// What every backup is in any case: `COPY_ONLY`, `NO_COMPRESSION`, `NO_CHECKSUM`.
        case standard
    }
}

/// `RESTORE DATABASE name FROM DISK = '…' [, DISK = '…'] [WITH …]`.
public struct RestoreStatement: Equatable, Sendable {
    /// The database.
    public let database: DatabaseName
    /// The backups, one of which is restored.
    public let files: [TextOperand]
    /// The options, in the order in which they are written.
    public let options: [Option]

    /// An option of `RESTORE`.
    public enum Option: Equatable, Sendable {
        /// `REPLACE`: an existing database is overwritten.
        case replace
        /// `MOVE 'name' TO 'path'`: where a file of the database is written.
        case move(TextOperand, to: TextOperand)
        /// `STOPAT = 'time'`: the state at this time is restored.
        case stopAt(TextOperand)
        /// `STATS [= percent]`: how often progress is told.
        case statistics(percent: Int)
        /// What every restore does in any case: `RECOVERY`, `FILE = 1`, `NO_CHECKSUM`.
        case standard
    }
}

/// `RESTORE HEADERONLY|FILELISTONLY|VERIFYONLY FROM DISK = '…'`.
public struct BackupInspection: Equatable, Sendable {
    /// What is asked.
    public let question: Question
    /// The file with the backup.
    public let file: TextOperand

    /// What can be asked of a backup.
    public enum Question: String, Equatable, Sendable, CaseIterable {
        /// A row with what the backup is.
        case header = "HEADERONLY"
        /// A row for each file of the database.
        case files = "FILELISTONLY"
        /// Whether the backup is whole and readable.
        case verification = "VERIFYONLY"
    }
}
