import Foundation
import StretchEndpoint
import StretchEndpointTesting
import StretchEngine
import StretchMigration
import StretchPostgres
import StretchTestSupport
import Testing

/// PgBouncer in transaction mode: no session state survives a transaction.
@Suite struct PgBouncerTests {
    private static let pooler = Result {
        try PrivatePgBouncer(before: try PrivatePostgres.shared.get())
    }

    private static func address(_ remote: PostgresRemote) throws -> String {
        try pooler.get().address(of: remote.database) + "&schema=stretch_1"
    }

    @Test(arguments: EndpointConformance.checks)
    func `the PostgreSQL endpoint keeps the contract behind PgBouncer`(
        _ check: EndpointConformance.Check
    ) throws {
        let address = try PostgresAddress(Self.address(PostgresRemote()))
        try check.run(
            EndpointConformance { owner in
                PostgresEndpoint(address, owner: owner) { PostgresRemote.credential }
            })
    }

    @Test func `sessions that share one of the server repeat point reads and scans`() throws {
        let remote = try PostgresRemote()
        let pooler = try PrivatePgBouncer(before: remote.server, sessionCount: 1)
        let file = try PostgresStretchedFile(
            server: pooler.address(of: remote.database) + "&schema=stretch_1")
        try file.makeMigrator().migrate(PostgresStretchedFile.options(rowCount: 30))
        let databases = try [file.reopen(), file.reopen()]
        for id in 1...40 {
            for database in databases {
                let query = "SELECT id, note, day FROM orders WHERE id = \(id)"
                #expect(try database.query(query).rows == [file.start[id - 1]])
            }
        }
        for database in databases {
            #expect(try database.query(PostgresStretchedFile.all).rows == file.start)
        }
        try file.checkSettled("behind PgBouncer")
    }
}
