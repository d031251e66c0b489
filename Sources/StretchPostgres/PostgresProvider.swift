public import StretchCore
public import StretchEndpoint

/// A provider of remotes in PostgreSQL databases: `postgresql://host/database`.
public struct PostgresProvider: EndpointProvider {
    /// Creates a provider that connects with libpq.
    public init() {}

    /// Returns a session with the server of an address, which connects at its first call.
    public func endpoint(
        for request: EndpointRequest
    ) throws(StretchError) -> (any Endpoint)? {
        guard case .postgresql(let server) = request.address.kind else { return nil }
        return PostgresEndpoint(server, owner: request.owner, credential: request.credential)
    }
}

extension EndpointProvider where Self == PostgresProvider {
    /// A provider of remotes in PostgreSQL databases.
    public static var postgresql: PostgresProvider { PostgresProvider() }
}
