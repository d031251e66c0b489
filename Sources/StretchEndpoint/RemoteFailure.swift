/// The state of a connection to a remote.
public enum ConnectionState: String, Sendable, CaseIterable {
    /// The remote responds and accepts the login.
    case healthy
    /// The address is wrong or the connection is refused.
    ///
    /// Examples are an unknown host, a closed port, a missing file, and a rule of `pg_hba.conf`.
    case refused
    /// The remote does not respond, or the connection was lost.
    case noConnection
    /// The login or the server could not be authenticated.
    ///
    /// Causes are the login or its password, the server's certificate, and an authentication method
    /// that is not accepted.
    case authenticationFailure
    /// Anything else.
    case otherError
}

/// A lower-level error of a remote that reports the state of the connection.
public protocol RemoteFailure: Error {
    /// The state of the connection.
    var connectionState: ConnectionState { get }
    /// The remote's error code: an SQLSTATE.
    var number: String? { get }
}
