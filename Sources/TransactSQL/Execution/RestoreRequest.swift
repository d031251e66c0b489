/// A backup to be restored.
public struct RestoreRequest: Equatable, Sendable {
    /// The database, or `nil` for the current one.
    public let database: String?
    /// The backups to choose from; at least one.
    public let files: [String]
    /// Whether an existing database is overwritten.
    public internal(set) var isReplacing = false
    /// The time whose state is restored, or `nil` for the newest one.
    public internal(set) var time: DateTime?
    /// New paths of the database's files, by their names in the backup.
    public internal(set) var moves: [String: String] = [:]
    /// After how many percent progress is told each time, or `nil` for never.
    public internal(set) var progressStep: Int?
}
