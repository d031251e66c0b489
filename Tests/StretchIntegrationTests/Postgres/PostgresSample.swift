import Stretch
import StretchCore
import StretchEndpoint
import StretchEndpointTesting
import StretchKeystore
import StretchPostgres
import StretchTestSupport
import Testing

/// A remote in a new database of the tests' own server.
final class PostgresRemote: Sendable {
    let server: PrivatePostgres
    let database: String
    let address: PostgresAddress

    init(on server: PrivatePostgres? = nil, isTCP: Bool = false) throws {
        let server = try server ?? PrivatePostgres.shared.get()
        self.server = server
        database = try server.makeDatabase()
        let text = server.address(of: database, isTCP: isTCP) + "&schema=stretch_1"
        address = try PostgresAddress(text)
    }

    static let credential = RemoteCredential(
        login: PrivatePostgres.login, password: PrivatePostgres.password)

    /// The system's configuration, with the server's login.
    static var configuration: Configuration {
        var configuration = Configuration.everyRemote
        configuration.credential = { (_, _) throws(StretchError) in PostgresRemote.credential }
        return configuration
    }

    /// A new session.
    func makeEndpoint(_ owner: OwnerProof? = nil) -> PostgresEndpoint {
        PostgresEndpoint(address, owner: owner) { PostgresRemote.credential }
    }

    @discardableResult
    func psql(_ sql: String) throws -> String {
        try server.psql("SET search_path = stretch_1;" + sql, database: database)
    }
}

extension PostgresAddress {
    init(_ text: String) throws {
        guard case .postgresql(let address) = try EndpointAddress(parsing: text).kind else {
            throw ConformanceFailure("\(text) is no PostgreSQL address")
        }
        self = address
    }
}
