import Foundation
import Stretch
import StretchPostgres
import StretchSQLite
import StretchTestSupport
import Testing

@Suite struct PostgresEndpointTests {
    @Test(arguments: EndpointConformance.checks)
    func `the PostgreSQL endpoint keeps the contract`(_ check: EndpointConformance.Check) throws {
        let remote = try PostgresRemote()
        try check.run(EndpointConformance { remote.makeEndpoint($0) })
    }
}
