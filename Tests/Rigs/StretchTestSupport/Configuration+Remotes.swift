internal import Stretch
public import StretchCore
public import StretchEndpoint
public import StretchKeystore
internal import StretchPostgres

extension Configuration {
    /// ``linked``, with remotes of all kinds.
    public static var everyRemote: Configuration {
        var configuration = linked
        configuration.remotes.append(.postgresql)
        return configuration
    }

    /// Puts something between the library and each session.
    public mutating func wrapSessions(
        _ wrap: @escaping @Sendable (any Endpoint) throws(StretchError) -> any Endpoint
    ) {
        remotes = remotes.map { WrappedProvider(base: $0, wrap: wrap) }
    }
}

private struct WrappedProvider: EndpointProvider {
    let base: any EndpointProvider
    let wrap: @Sendable (any Endpoint) throws(StretchError) -> any Endpoint

    func endpoint(for request: EndpointRequest) throws(StretchError) -> (any Endpoint)? {
        guard let endpoint = try base.endpoint(for: request) else { return nil }
        return try wrap(endpoint)
    }
}
