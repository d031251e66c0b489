/// A backup to be restored.
public struct RestoreRequest: Equatable, Sendable {
    /// What is restored.
    public let content: BackupContent
    /// The database, or `nil` for the current one.
    public let database: String?
    /// The file that is read.
    public let file: String
    /// The backup's place in the file, from 1, or `nil` when nothing is said.
    public internal(set) var backupNumber: Int?
    /// Whether an existing database is overwritten.
    public internal(set) var isReplacing = false
    /// The time whose state is restored, or `nil` for the newest one.
    public internal(set) var time: DateTime?
    /// New paths of the database's files, by their names in the backup.
    public internal(set) var moves: [String: String] = [:]
    /// Whether checksums are verified, or `nil` when nothing is said.
    public internal(set) var verifiesChecksums: Bool?
    /// Whether progress is reported.
    public internal(set) var reportsProgress = false
}
