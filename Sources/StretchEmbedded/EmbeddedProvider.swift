public import StretchCore
public import StretchEndpoint

/// A provider of remotes in SQLite files: `file:archive.db`.
public struct EmbeddedProvider: EndpointProvider {
    /// The VFS of the remote's file, or `nil` for SQLite's default.
    private let vfs: String?

    /// Creates a provider for SQLite's default VFS.
    public init() { self.init(vfs: nil) }

    package init(vfs: String?) { self.vfs = vfs }

    /// Opens the file that an address names.
    public func endpoint(
        for request: EndpointRequest
    ) throws(StretchError) -> (any Endpoint)? {
        guard case .file = request.address.kind else { return nil }
        return try EmbeddedEndpoint(
            path: request.address.filePath(besides: request.localPath),
            routines: request.routines, isCreating: request.isCreating, vfs: vfs,
            besides: request.localPath, owner: request.owner, credential: request.credential)
    }
}

extension EndpointProvider where Self == EmbeddedProvider {
    /// A provider of remotes in SQLite files.
    public static var embedded: EmbeddedProvider { EmbeddedProvider() }
}
