import Foundation
import StretchTestSupport
import Testing

/// Backups at random moments by every method, restored at random, compared with a log.
///
/// `STRETCH_BACKUP_RESTORES` sets how many are restored, and `STRETCH_SEED` the walk.
@Suite struct BackupOracleTests {
    @Test(arguments: [("file", 200), ("postgresql", 20)])
    func `every restored backup has every row of its moment`(
        _ kind: String, _ defaultCount: Int
    ) throws {
        let seed = SeededGenerator.seedFromEnvironment(default: UInt64.random(in: 0...1 << 40))
        let given = ProcessInfo.processInfo.environment["STRETCH_BACKUP_RESTORES"].flatMap(Int.init)
        let count = given ?? defaultCount
        let oracle = try BackupOracle(kind, seed: seed)
        do {
            while oracle.restoreCount < count { try oracle.step() }
            try oracle.compareAll()
        } catch {
            Issue.record(
                "seed \(seed), \(oracle.restoreCount) restores, \(oracle.lastStep): \(error)")
        }
        let restores = oracle.restoreCounts
        #expect(oracle.lives.count > 1, "seed \(seed)")
        guard count >= 200 else { return }
        let methods = BackupMethod.allCases.map(\.rawValue) + [OracleReplica.method]
        for method in methods { #expect(restores[method] ?? 0 > 0, "seed \(seed): \(restores)") }
    }
}
