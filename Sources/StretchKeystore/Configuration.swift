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
    package var localVFS: String?
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
    /// The kinds of remote that this program reaches; the first that knows an address serves it.
    public var remotes: [any EndpointProvider] = []

    /// A configuration with the system's clock and generator.
    public init(routines: Routines) {
        self.routines = routines
        now = { SystemTime.now() }
        randomID = { Int64.random(in: 1...Int64.max) }
        credential = { _, _ in nil }
    }
}

extension Configuration {
    /// A session with a remote, for a role.
    ///
    /// - Throws: `unsupported` for an address of a kind that this program does not reach.
    package func endpoint(
        at address: EndpointAddress, localPath: String, isCreating: Bool = false,
        as role: RemoteRole, owner: OwnerProof? = nil
    ) throws(StretchError) -> any Endpoint {
        let request = EndpointRequest(
            address: address, localPath: localPath, isCreating: isCreating, role: role,
            owner: owner, routines: routines
        ) { [credential] () throws(StretchError) in try credential(address, role) }
        for remote in remotes {
            if let endpoint = try remote.endpoint(for: request) { return endpoint }
        }
        throw StretchError(
            .unsupported, "this program has no remotes of the kind of \"\(address)\"",
            hint: "Use a program that was built with them.")
    }
}

extension Configuration {
    package var busyTimeoutMilliseconds: Int32 {
        let (seconds, attoseconds) = busyTimeout.components
        return Int32(
            clamping: min(max(seconds, 0), 1 << 31) * 1_000 + attoseconds / 1_000_000_000_000_000)
    }
}
