public import StretchCore
public import StretchEndpoint
public import StretchSQLite

/// The configuration of a ``StretchDatabase``, including its dependencies.
///
/// The dependencies are the SQLite library, the clock, the random number generator and the remotes.
///
/// Tests supply their own.
public struct Configuration: Sendable {
    /// The SQLite library for the local file and embedded remotes.
    public var routines: Routines
    /// How long a call waits for another connection's lock.
    public var busyTimeout: Duration = .seconds(10)
    /// How long a remote that sends nothing may keep a statement that holds the file's write lock.
    ///
    /// All other writers of the file wait meanwhile.
    package var patienceOfWrites: Duration = .seconds(30)
    /// The VFS of the local file, or `nil` for SQLite's default.
    package var localVFS: String?
    /// Returns the current time in UTC, in SQLite's format: `2026-11-22 10:00:00.000`.
    public var now: @Sendable () -> String
    /// Returns a random number from 1 to 2⁶³ − 1.
    public var randomID: @Sendable () -> Int64
    /// The user of the operating system on whose behalf calls are made.
    public var user = SystemUser.current
    /// Returns the login of a remote for a role, or `nil` if none is needed; called when a session
    /// begins.
    public var credential:
        @Sendable (EndpointAddress, RemoteRole) throws(StretchError) -> RemoteCredential?
    /// The keystore for the logins that ``StretchDatabase/enable(server:credential:)`` creates.
    ///
    /// Without a keystore, no logins are created.
    public var keystore: Keystore?
    /// The supported kinds of remote; the first provider that accepts an address is used.
    public var remotes: [any EndpointProvider] = []

    /// Creates a configuration with the system's clock and random number generator.
    public init(routines: Routines) {
        self.routines = routines
        now = { SystemTime.now() }
        randomID = { Int64.random(in: 1...Int64.max) }
        credential = { _, _ in nil }
    }
}

extension Configuration {
    /// Returns a session with a remote, for a role.
    ///
    /// - Throws: `unsupported` for an address of an unsupported kind.
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
