public import StretchCore
public import StretchEndpoint
public import StretchSQLite

/// How a ``StretchDatabase`` works, with all that it takes from outside: the SQLite library, the
/// clock, randomness and the remote.
///
/// Tests inject their own.
public struct Configuration: Sendable {
    /// The SQLite library that serves the local file and embedded remotes.
    public var routines: Routines
    /// How long a call waits for another connection's lock.
    public var busyTimeout: Duration = .seconds(10)
    /// The VFS of the local file, or `nil` for SQLite's default.
    public var localVFS: String?
    /// The VFS of an embedded remote, or `nil` for SQLite's default.
    public var remoteVFS: String?
    /// The present time in UTC, as SQLite writes it: `2026-11-22 10:00:00.000`.
    public var now: @Sendable () -> String
    /// A random number from 1 to 2⁶³ − 1.
    public var randomID: @Sendable () -> Int64
    /// The user of the operating system who asks.
    public var user = SystemUser.current
    /// The login at a remote for a role, or `nil` when it needs none; asked when a session begins.
    public var credential:
        @Sendable (EndpointAddress, RemoteRole) throws(StretchError) -> RemoteCredential?
    /// Where the logins are kept that ``StretchDatabase/enable(server:credential:)`` makes; without
    /// it, none are made.
    public var keystore: Keystore?
    /// What the session that is made now shall be able to do.
    public var role = RemoteRole.reader
    /// The right to extend a branch by the session that is made now; `nil` for a branch that
    /// nobody owns.
    public var owner: OwnerProof?
    /// Makes a session with a remote, for the configuration's ``role``.
    ///
    /// - Parameters: the address, the local database's path, whether a missing remote is made, and
    ///   this configuration.
    public var makeEndpoint:
        @Sendable (EndpointAddress, String, Bool, Configuration) throws(StretchError) ->
            any Endpoint

    /// A configuration with the system's clock and generator.
    public init(routines: Routines) {
        self.routines = routines
        now = { SystemTime.now() }
        randomID = { Int64.random(in: 1...Int64.max) }
        credential = { _, _ in nil }
        makeEndpoint = { (address, localPath, isCreating, configuration) throws(StretchError) in
            throw StretchError(.unsupported, "no endpoint for \"\(address)\"")
        }
    }
}

extension Configuration {
    /// A session with a remote, for a role.
    package func endpoint(
        at address: EndpointAddress, localPath: String, isCreating: Bool = false,
        as role: RemoteRole, owner: OwnerProof? = nil
    ) throws(StretchError) -> any Endpoint {
        var configuration = self
        configuration.role = role
        configuration.owner = owner
        return try makeEndpoint(address, localPath, isCreating, configuration)
    }
}

extension Configuration {
    package var busyTimeoutMilliseconds: Int32 {
        let (seconds, attoseconds) = busyTimeout.components
        return Int32(
            clamping: min(max(seconds, 0), 1 << 31) * 1_000 + attoseconds / 1_000_000_000_000_000)
    }
}
