/// The purpose of a login of a remote, in order of decreasing permissions.
public enum RemoteRole: String, Codable, Sendable, CaseIterable {
    /// Creates the remote and changes its definitions.
    case administrator
    /// Migrates and reads rows.
    case writer
    /// Reads rows.
    case reader
}

/// The result of creating the writer and reader logins of a remote.
public enum RemoteLogins: Sendable {
    /// Logins with random passwords were created.
    case made(writer: RemoteCredential, reader: RemoteCredential)
    /// No login was created, for this reason: `login "app" may not create roles`.
    case refused(reason: String)
}
