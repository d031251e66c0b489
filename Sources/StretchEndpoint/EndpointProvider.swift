public import StretchCore
public import StretchSQLite

/// Opens sessions with one kind of remote.
///
/// A program names the kinds that it can reach in its configuration.
public protocol EndpointProvider: Sendable {
    /// Makes a session, which need not connect before its first call.
    ///
    /// - Returns: `nil` for an address of another kind.
    /// - Throws: `remoteUnavailable` for a remote that cannot be reached, and other errors of the
    ///   remote's kind.
    func endpoint(for request: EndpointRequest) throws(StretchError) -> (any Endpoint)?
}

/// The session that is asked of an ``EndpointProvider``.
public struct EndpointRequest: Sendable {
    /// Where the remote is.
    public let address: EndpointAddress
    /// The path of the local database; the relative path of a remote file starts at its folder.
    public let localPath: String
    /// Whether a missing remote is made.
    public let isCreating: Bool
    /// What the session is used for.
    public let role: RemoteRole
    /// The right to extend a branch, or `nil` for a branch that nobody owns.
    public let owner: OwnerProof?
    /// The SQLite library of this process.
    public let routines: Routines
    /// The login for ``role``, or `nil` when the remote needs none; asked when a session begins.
    public let credential: @Sendable () throws(StretchError) -> RemoteCredential?

    /// Makes a request.
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
