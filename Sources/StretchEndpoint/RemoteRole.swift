/// What a login at a remote is used for; each needs less than the one before.
public enum RemoteRole: String, Codable, Sendable, CaseIterable {
    /// Makes the remote and changes its definitions.
    case administrator
    /// Moves rows, and reads them.
    case writer
    /// Reads rows.
    case reader
}

/// The lesser logins of a remote.
public enum RemoteLogins: Sendable {
    /// Logins with random passwords were made.
    case made(writer: RemoteCredential, reader: RemoteCredential)
    /// None were made, for this reason: `login "app" may not create roles`.
    case refused(reason: String)
}
