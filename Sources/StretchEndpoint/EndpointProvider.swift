public import StretchCore
public import StretchSQLite

/// Opens sessions with one kind of remote.
///
/// A program lists its providers in its configuration.
public protocol EndpointProvider: Sendable {
    /// Creates a session, which need not connect before its first call.
    ///
    /// - Returns: `nil` for an address of another kind.
    /// - Throws: `remoteUnavailable` for an unreachable remote, and other errors of the provider.
    func endpoint(for request: EndpointRequest) throws(StretchError) -> (any Endpoint)?
}

/// A request to an ``EndpointProvider`` for a session.
public struct EndpointRequest: Sendable {
    /// The address of the remote.
    public let address: EndpointAddress
    /// The path of the local database; a relative path of a remote file is resolved against its
    /// folder.
    public let localPath: String
    /// Whether a missing remote is created.
    public let isCreating: Bool
    /// The purpose of the session.
    public let role: RemoteRole
    /// The right to extend a branch, or `nil` for a branch without an owner.
    public let owner: OwnerProof?
    /// The SQLite library of this process.
    public let routines: Routines
    /// The login for ``role``, or `nil` if the remote needs none; called when a session begins.
    public let credential: @Sendable () throws(StretchError) -> RemoteCredential?

    /// Creates a request.
    public init(
        address: EndpointAddress, localPath: String, isCreating: Bool, role: RemoteRole,
        owner: OwnerProof?, routines: Routines,
        credential: @escaping @Sendable () throws(StretchError) -> RemoteCredential?
    ) {
        (self.address, self.localPath, self.isCreating) = (address, localPath, isCreating)
        (self.role, self.owner, self.routines) = (role, owner, routines)
        self.credential = credential
    }
}
