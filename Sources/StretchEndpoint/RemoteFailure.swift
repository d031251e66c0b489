/// How far a connection with a remote came.
public enum ConnectionState: String, Sendable, CaseIterable {
    /// It answers, and knows the login.
    case healthy
    /// The address leads nowhere, or something turns this machine away: no such host, a closed
    /// port, a missing file, a rule of `pg_hba.conf`.
    case refused
    /// Nothing answers, or the connection breaks.
    case noConnection
    /// One side does not prove who it is: the login or its password, or the server's certificate or
    /// way to ask for the password.
    case authenticationFailure
    /// Anything else.
    case otherError
}

/// A lower-level error of a remote that says how far the connection came.
public protocol RemoteFailure: Error {
    /// How far it came.
    var connectionState: ConnectionState { get }
    /// The remote's own number: an SQLSTATE.
    var number: String? { get }
}
