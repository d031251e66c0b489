import Foundation
import Testing

@testable import StretchEngine
@testable import StretchOverlay

/// Random statements inside transactions and savepoints, many of which fail or run again.
@Suite struct FamilyTests {
    /// A long run by hand: `STRETCH_FAMILY_LIVES=1500 STRETCH_SEED=1 swift test --filter Family`.
    @Test func `statements that fail or run again leave what they leave on a plain table`() throws {
        let environment = ProcessInfo.processInfo.environment
        let lifeCount = environment["STRETCH_FAMILY_LIVES"].flatMap(UInt64.init) ?? 60
        let firstSeed = environment["STRETCH_SEED"].flatMap(UInt64.init) ?? 1
        var total = FamilyTwin.Counts()
        var (failureCount, knownDifferenceCount) = (0, 0)
        for seed in firstSeed..<firstSeed + lifeCount where failureCount < 5 {
            do {
                let twin = try FamilyTwin(seed: seed)
                for _ in 0..<50 { try twin.step() }
                try twin.finish()
                total.statements += twin.counts.statements
                total.failures += twin.counts.failures
                total.refusals += twin.counts.refusals
                total.movedRows += twin.counts.movedRows
            } catch is FamilyTwin.KnownDifference {
                knownDifferenceCount += 1
            } catch {
                failureCount += 1
                Issue.record("STRETCH_SEED=\(seed): \(error)")
            }
        }
        print(
            "family: seeds \(firstSeed)..., \(total), \(knownDifferenceCount) known differences")
        #expect(total.statements >= 40 * Int(lifeCount))
        #expect(total.failures >= 3 * Int(lifeCount))
        #expect(total.refusals * 20 < total.statements)
        #expect(total.movedRows >= 4 * Int64(lifeCount))
    }

    @Test func `the comparison notices a recall that is not undone`() throws {
        let isNoticed = (UInt64(1)...40).contains { seed in
            do {
                let twin = try FamilyTwin(seed: seed)
                twin.database.overlay.unfinished.areUndone = false
                for _ in 0..<50 { try twin.step() }
                try twin.finish()
                return false
            } catch {
                return true
            }
        }
        #expect(isNoticed)
    }
}
