import Foundation
import StretchCore
import StretchEndpoint
import StretchPostgres
import StretchTestSupport
import Testing

@Suite struct PostgresTLSTests {
    private static func endpoint(_ address: String) throws -> PostgresEndpoint {
        PostgresEndpoint(try PostgresAddress(address)) { PostgresRemote.credential }
    }

    @Test func `TLS proves the server's name and authority, and binds the password to it`() throws {
        let server = try PrivatePostgres()
        let certificate = try server.useTLS(names: ["localhost"])
        let database = try server.makeDatabase()
        func address(_ host: String, _ options: String) -> String {
            "postgresql://\(host):\(server.port)/\(database)?\(options)"
        }
        let root = "sslrootcert=\(certificate)"
        let good = [
            address("localhost", "sslmode=verify-full&\(root)"),
            address("127.0.0.1", "sslmode=verify-ca&\(root)"),
            address("127.0.0.1", "sslmode=require"), address("127.0.0.1", "sslmode=prefer"),
            address("localhost", "sslmode=verify-full&\(root)&channel_binding=prefer"),
        ]
        for address in good { #expect(try Self.endpoint(address).fence(branch: 1) == nil) }
        let bad = [
            // The certificate names another host, and no known authority signed it.
            address("127.0.0.1", "sslmode=verify-full&\(root)"),
            address("localhost", "sslmode=verify-full"),
        ]
        for address in bad {
            let endpoint = try Self.endpoint(address)
            let error = #expect(throws: StretchError.self) { _ = try endpoint.fence(branch: 1) }
            #expect(error?.code == .notPermitted)
        }
    }

    @Test func `a TLS server that asks for the password itself is told nothing`() throws {
        let server = try PrivatePostgres()
        _ = try server.useTLS(names: ["localhost"])
        let database = try server.makeDatabase()
        try server.setAuthentication("password")
        for option in ["sslmode=require", "sslmode=require&channel_binding=prefer"] {
            let endpoint = try Self.endpoint(
                "postgresql://127.0.0.1:\(server.port)/\(database)?\(option)")
            let error = #expect(throws: StretchError.self) { _ = try endpoint.fence(branch: 1) }
            #expect(error?.code == .notPermitted)
            #expect(error?.message.contains("nothing was sent") == true)
        }
    }
}
