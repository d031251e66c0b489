import Foundation
import Testing

/// Random lives of a table that triggers write and read.
@Suite struct AuditTests {
    /// A long run by hand: `STRETCH_MODEL_LIVES=1000 STRETCH_SEED=1 swift test --filter Audit`.
    @Test(arguments: MigratedTwin.Remote.allCases)
    func `a table of other tables' triggers answers as its plain twin`(
        remote: MigratedTwin.Remote
    ) throws {
        let environment = ProcessInfo.processInfo.environment
        let lives = environment["STRETCH_MODEL_LIVES"].flatMap(UInt64.init)
        let lifeCount = remote == .embedded ? lives ?? 40 : 4
        let firstSeed = environment["STRETCH_SEED"].flatMap(UInt64.init) ?? 1
        var movedRowCount: Int64 = 0
        var (statementCount, failureCount, bodies) = (0, 0, Set<Int>())
        for seed in firstSeed..<firstSeed + lifeCount {
            do {
                let twin = try AuditTwin(seed: seed, on: remote)
                for _ in 0..<50 { try twin.step() }
                try twin.finish()
                movedRowCount += twin.counts.movedRows
                statementCount += twin.counts.statements
                failureCount += twin.counts.failures
                bodies.formUnion(twin.counts.bodies)
            } catch {
                Issue.record("STRETCH_SEED=\(seed): \(error)")
            }
        }
        print("audit: \(statementCount) statements, \(failureCount) failed, \(movedRowCount) moved")
        #expect(movedRowCount > Int64(lifeCount))
        #expect(lifeCount < 40 || bodies.count == 11)
    }
}
