/// A request to restore a backup.
public struct RestoreRequest: Equatable, Sendable {
    /// The database, or `nil` for the current one.
    public let database: String?
    /// The backups to choose from; at least one.
    public let files: [String]
    /// Whether to overwrite an existing database.
    public internal(set) var isReplacing = false
    /// The time of the state to restore, or `nil` for the newest state.
    public internal(set) var time: DateTime?
    /// New paths of the database's files, by name in the backup.
    public internal(set) var moves: [String: String] = [:]
    /// The interval of progress messages in percent, or `nil` for none.
    public internal(set) var progressStep: Int?
}
