/// A request for a backup.
public struct BackupRequest: Equatable, Sendable {
    /// The database, or `nil` for the current one.
    public let database: String?
    /// The file to write.
    public let file: String
    /// Whether to overwrite an existing file.
    public internal(set) var isOverwriting = false
    /// The interval of progress messages in percent, or `nil` for none.
    public internal(set) var progressStep: Int?
}
