public import StretchCore
public import StretchEndpoint

/// Remotes that are PostgreSQL databases: `postgresql://host/database`.
public struct PostgresProvider: EndpointProvider {
    /// Remotes that libpq reaches.
    public init() {}

    /// A session with the server that an address names; it connects at its first call.
    public func endpoint(
        for request: EndpointRequest
    ) throws(StretchError) -> (any Endpoint)? {
        guard case .postgresql(let server) = request.address.kind else { return nil }
        return PostgresEndpoint(server, owner: request.owner, credential: request.credential)
    }
}

extension EndpointProvider where Self == PostgresProvider {
    /// Remotes that are PostgreSQL databases.
    public static var postgresql: PostgresProvider { PostgresProvider() }
}
