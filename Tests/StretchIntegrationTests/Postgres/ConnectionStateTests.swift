import Foundation
import Stretch
import StretchCore
import StretchEndpoint
import StretchEngine
import StretchKeystore
import StretchSQLite
import StretchTestSupport
import Testing

/// The five states of a connection, against real servers.
@Suite struct ConnectionStateTests {
    private static func test(
        _ address: String, login: RemoteCredential? = PostgresRemote.credential
    ) throws -> ConnectionTest {
        var configuration = Configuration.everyRemote
        configuration.credential = { (_, _) throws(StretchError) in login }
        return configuration.testConnection(to: try EndpointAddress(parsing: address))
    }

    private static func expect(
        _ test: ConnectionTest, _ state: ConnectionState, _ number: String? = nil,
        _ code: StretchError.Code? = nil, location: SourceLocation = #_sourceLocation
    ) {
        let report = test.report
        #expect(report.state == state, "\(report)", sourceLocation: location)
        #expect(report.number == number, "\(report)", sourceLocation: location)
        #expect(test.failure?.code == code, "\(report)", sourceLocation: location)
        let isExplained = state == .healthy || (report.message != nil && report.hint != nil)
        #expect(isExplained, "\(report)", sourceLocation: location)
        #expect(!"\(report)".contains("Secret"), sourceLocation: location)
    }

    @Test func `a server that answers is healthy, also before anything is enabled`() throws {
        let remote = try PostgresRemote()
        let test = try Self.test(remote.server.address(of: remote.database, isTCP: true))
        Self.expect(test, .healthy)
        #expect(test.report.login == PrivatePostgres.login)
    }

    @Test func `wrong logins, passwords and databases have the server's numbers`() throws {
        let remote = try PostgresRemote()
        let address = remote.server.address(of: remote.database)
        let wrong = RemoteCredential(login: PrivatePostgres.login, password: "a wrong Secret")
        Self.expect(
            try Self.test(address, login: wrong), .authenticationFailure, "28P01", .notPermitted)
        let nobody = RemoteCredential(login: "nobody_here", password: "a wrong Secret")
        Self.expect(
            try Self.test(address, login: nobody), .authenticationFailure, "28P01", .notPermitted)
        Self.expect(
            try Self.test(remote.server.address(of: "no_such_database")), .otherError, "3D000",
            .remoteUnavailable)
        try remote.server.psql(
            "CREATE ROLE \(remote.database)_idle NOLOGIN PASSWORD 'a Secret'",
            database: "postgres")
        let idle = RemoteCredential(login: "\(remote.database)_idle", password: "a Secret")
        Self.expect(
            try Self.test(address, login: idle), .authenticationFailure, "28000", .notPermitted)
    }

    @Test func `addresses that lead nowhere are refused`() throws {
        let folder = try TemporaryFolder()
        for address in [
            "postgresql://127.0.0.1:1/d?sslmode=disable",
            "postgresql://no-such-host.invalid/d",
            "postgresql:///d?host=\(folder.path)", "file:\(folder.path("missing.db"))",
        ] {
            let test = try Self.test(address)
            let number = address.hasPrefix("file:") ? "14" : nil
            Self.expect(test, .refused, number, .remoteUnavailable)
        }
    }

    @Test func `a rule of pg_hba conf refuses, with the server's number`() throws {
        let server = try PrivatePostgres()
        let database = try server.makeDatabase()
        try server.setAuthentication("reject")
        Self.expect(
            try Self.test(server.address(of: database, isTCP: true)), .refused, "28000",
            .notPermitted)
    }

    @Test func `a server that says nothing, or breaks off, is no connection`() throws {
        let silent = try FakeServer(answer: [])
        let options = "sslmode=disable&connect_timeout=1"
        Self.expect(
            try Self.test("postgresql://127.0.0.1:\(silent.port)/d?\(options)"), .noConnection,
            nil, .remoteUnavailable)
    }

    @Test func `a server that asks for the password itself fails authentication`() throws {
        for method: UInt8 in [3, 5] {
            let server = try FakeServer(answer: FakeServer.request(method, [1, 2, 3, 4]))
            Self.expect(
                try Self.test("postgresql://127.0.0.1:\(server.port)/d?sslmode=disable"),
                .authenticationFailure, nil, .notPermitted)
        }
    }

    @Test func `a certificate of another host or authority fails authentication`() throws {
        let server = try PrivatePostgres()
        let certificate = try server.useTLS(names: ["localhost"])
        let database = try server.makeDatabase()
        func address(_ host: String, _ options: String) -> String {
            "postgresql://\(host):\(server.port)/\(database)?sslmode=verify-full\(options)"
        }
        let root = "&sslrootcert=\(certificate)"
        Self.expect(try Self.test(address("localhost", root)), .healthy)
        for address in [address("127.0.0.1", root), address("localhost", "")] {
            Self.expect(try Self.test(address), .authenticationFailure, nil, .notPermitted)
        }
    }

    @Test func `an expired certificate, and no TLS at all, fail authentication`() throws {
        let server = try PrivatePostgres()
        let database = try server.makeDatabase()
        func address(_ options: String) -> String {
            "postgresql://localhost:\(server.port)/\(database)?\(options)"
        }
        Self.expect(
            try Self.test(address("sslmode=require")), .authenticationFailure, nil, .notPermitted)
        let certificate = try server.useExpiredTLS()
        let test = try Self.test(address("sslmode=verify-full&sslrootcert=\(certificate)"))
        Self.expect(test, .authenticationFailure, nil, .notPermitted)
        // libpq does not say what is wrong with a certificate.
        #expect(test.report.message?.contains("certificate verify failed") == true)
        #expect(test.report.hint?.contains("expired") == true)
    }

    @Test func `a file is tested, too`() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("app.db")
        try Connection(path: path, access: .create, routines: .linked).execute(
            "CREATE TABLE t(id INTEGER PRIMARY KEY)")
        let database = try StretchDatabase(path: path, configuration: .everyRemote)
        try database.enable(server: "file:cold.db")
        Self.expect(try database.remote.testConnection(), .healthy)
        Self.expect(try Self.test("file:\(folder.path("cold.db"))"), .healthy)
        try FileManager.default.removeItem(atPath: folder.path("cold.db"))
        let again = try StretchDatabase(path: path, configuration: .everyRemote)
        Self.expect(try again.remote.testConnection(), .refused, "14", .remoteUnavailable)
        // Another Stretch remote, which does not know this file.
        let other = folder.path("other.db")
        try Connection(path: other, access: .create, routines: .linked).execute(
            "CREATE TABLE t(id INTEGER PRIMARY KEY)")
        try StretchDatabase(path: other, configuration: .everyRemote).enable(server: "file:cold.db")
        Self.expect(try again.remote.testConnection(), .otherError, nil, .remoteMismatch)
        try Data("no database at all, only a note".utf8).write(
            to: URL(fileURLWithPath: folder.path("note")))
        Self.expect(
            try Self.test("file:\(folder.path("note"))"), .otherError, "26", .wrongState)
    }
}
