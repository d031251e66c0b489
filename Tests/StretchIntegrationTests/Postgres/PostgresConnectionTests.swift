import Foundation
import Stretch
import StretchPostgres
import StretchSQLite
import StretchTestSupport
import Testing

@Suite struct PostgresConnectionTests {
    @Test(arguments: [
        FakeServer.request(3), FakeServer.request(5, [1, 2, 3, 4]), FakeServer.request(7),
        FakeServer.request(10, Array("SCRAM-SHA-256".utf8) + [0, 0]) + FakeServer.request(3),
    ])
    func `a server that asks for more than a SCRAM proof is told nothing`(
        _ answer: [UInt8]
    ) throws {
        let server = try FakeServer(answer: answer)
        let address = try PostgresAddress("postgresql://127.0.0.1:\(server.port)/d?sslmode=disable")
        do {
            let endpoint = PostgresEndpoint(address) {
                RemoteCredential(login: "someone", password: "Secret!")
            }
            let error = #expect(throws: StretchError.self) { _ = try endpoint.fence(branch: 1) }
            #expect(error?.code == .notPermitted)
            #expect(error?.message.contains("was told nothing") == true)
        }
        #expect(server.received().isEmpty)
    }

    @Test func `a wrong password is reported, without the password`() throws {
        let remote = try PostgresRemote()
        let endpoint = PostgresEndpoint(remote.address) {
            RemoteCredential(login: PrivatePostgres.login, password: "a wrong Secret")
        }
        let error = #expect(throws: StretchError.self) { _ = try endpoint.fence(branch: 1) }
        #expect(error?.code == .notPermitted)
        #expect(error?.message.contains("SQLSTATE 28P01") == true)
        #expect(error?.message.contains("cannot be reached") == false)
        #expect(error.map { "\($0) \(String(reflecting: $0))".contains("Secret") } == false)
    }

    @Test
    func `a server that is not there, a missing database and a missing schema are told apart`()
        throws
    {
        let remote = try PostgresRemote()
        #expect(try remote.makeEndpoint().fence(branch: 1) == nil)
        let absent = try PostgresAddress("postgresql://127.0.0.1:1/d?sslmode=disable")
        let missing = try PostgresAddress(remote.server.address(of: "no_such_database"))
        for address in [absent, missing] {
            let endpoint = PostgresEndpoint(address) { PostgresRemote.credential }
            let error = #expect(throws: StretchError.self) { _ = try endpoint.fence(branch: 1) }
            #expect(error?.code == .remoteUnavailable)
        }
        let error = #expect(throws: StretchError.self) {
            _ = try remote.makeEndpoint().read(
                batch: 1, columns: [], from: 0, maximumRowCount: 1,
                into: RowBuffer(columnCount: 0))
        }
        #expect(error?.code == .remoteMismatch)
    }

    @Test func `a schema that holds something else is refused and stays as it is`() throws {
        let remote = try PostgresRemote()
        try remote.psql("CREATE SCHEMA stretch_1; CREATE TABLE stretch_1.notes(a int)")
        let start = TimelinePosition(branch: 1, epoch: 0, token: 2)
        let error = #expect(throws: StretchError.self) {
            try remote.makeEndpoint().register(database: 1, position: start)
        }
        #expect(error?.code == .wrongState)
        #expect(
            try remote.psql("SELECT count(*) FROM pg_tables WHERE schemaname = 'stretch_1'") == "1")
    }
}
