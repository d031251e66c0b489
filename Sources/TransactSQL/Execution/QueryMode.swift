/// Which rows queries see, for every user of a database.
public enum QueryMode: String, Equatable, Sendable, CaseIterable {
    /// Queries of stretch-enabled tables fail.
    case disabled = "DISABLED"
    /// Local rows only.
    case localOnly = "LOCAL_ONLY"
    /// Local and remote rows.
    case localAndRemote = "LOCAL_AND_REMOTE"
}
