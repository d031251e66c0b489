/// A backup to be made.
public struct BackupRequest: Equatable, Sendable {
    /// What is backed up.
    public let content: BackupContent
    /// The database, or `nil` for the current one.
    public let database: String?
    /// The file that is written.
    public let file: String
    /// Whether backups that the file holds are overwritten; otherwise one is added.
    public internal(set) var isOverwriting = false
    /// Whether it is compressed, or `nil` when nothing is said.
    public internal(set) var isCompressed: Bool?
    /// Whether it has checksums, or `nil` when nothing is said.
    public internal(set) var hasChecksums: Bool?
    /// Whether later backups do not build on it.
    public internal(set) var isCopyOnly = false
    /// Its name, or `nil`.
    public internal(set) var name: String?
    /// Its description, or `nil`.
    public internal(set) var description: String?
    /// Whether progress is reported.
    public internal(set) var reportsProgress = false
}
