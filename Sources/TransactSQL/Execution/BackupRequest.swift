/// A backup to be made.
public struct BackupRequest: Equatable, Sendable {
    /// The database, or `nil` for the current one.
    public let database: String?
    /// The file that is written.
    public let file: String
    /// Whether a file that is there is overwritten.
    public internal(set) var isOverwriting = false
    /// After how many percent progress is told each time, or `nil` for never.
    public internal(set) var progressStep: Int?
}
