/// Which rows queries see, the narrowest mode first.
public enum QueryMode: String, Sendable, CaseIterable {
    /// No query on a stretch-enabled table is answered.
    case disabled = "DISABLED"
    /// Hot rows only.
    case localOnly = "LOCAL_ONLY"
    /// Hot and cold rows.
    case localAndRemote = "LOCAL_AND_REMOTE"
}
