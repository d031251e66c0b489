import Foundation
import StretchEndpointTesting
import Testing

@Suite struct PostgresEndpointTests {
    @Test(arguments: EndpointConformance.checks)
    func `the PostgreSQL endpoint keeps the contract`(_ check: EndpointConformance.Check) throws {
        let remote = try PostgresRemote()
        try check.run(EndpointConformance { remote.makeEndpoint($0) })
    }

    @Test(arguments: EndpointConformance.damageChecks)
    func `the PostgreSQL endpoint counts its answers`(_ check: EndpointConformance.Check) throws {
        let remote = try PostgresRemote()
        try check.run(
            EndpointConformance(
                makeEndpoint: { remote.makeEndpoint($0) },
                damage: { damage, batch, ordinal in
                    let row = "WHERE _b = \(batch) AND _o = \(ordinal)"
                    switch damage {
                    case .lost: try remote.psql("DELETE FROM orders \(row)")
                    case .doubled: try remote.psql("INSERT INTO orders SELECT * FROM orders \(row)")
                    case .ofUnknownBatch: try remote.psql("UPDATE orders SET _b = 77 \(row)")
                    case .beyondBatch: try remote.psql("UPDATE orders SET _o = -1 \(row)")
                    }
                }))
    }
}
