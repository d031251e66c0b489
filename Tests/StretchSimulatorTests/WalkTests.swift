import StretchTimeline
import Testing

@testable import StretchSimulator

@Suite struct WalkTests {
    /// New seeds each time: a walk that fails prints its seed and its shortest story.
    @Test func `new walks keep every invariant`() {
        let start = ContinuousClock.now
        var simulation = Simulation(seed: .random(in: 1...(1 << 62)))
        let failed = simulation.run { $0 < 10 || ContinuousClock.now - start < .seconds(4) }
        if let failed {
            Issue.record("\(failed.shrunk().story.joined(separator: "\n"))")
        }
        let census = simulation.census
        #expect(census.migratedBatches > 0 && census.forks > 0 && census.restores > 0)
    }

    /// The seeds are near a failure, so that the test is short; the bound holds for others too.
    @Test(arguments: [
        (Variant.retentionFromRetirement, UInt64(500_020), Violation.Rule.collectedInRetention),
        (.pendingUnderChild, 200_000, .aheadOfRemote),
        (.forkByEpoch, 100_000, .historyProvesLedger),
        (.ignoringSeen, 1, .olderIsConnected),
    ])
    func `a rule that is broken on purpose is found`(
        variant: Variant, seed: UInt64, rule: Violation.Rule
    ) throws {
        var simulation = Simulation(seed: seed, variant: variant)
        let failed = try #require(simulation.run { $0 < 5_000 })
        #expect(failed.violation?.rule == rule)
        let short = failed.shrunk()
        #expect(short.violation?.rule == rule)
        #expect(short.operations.count <= 16)
        // The story without the broken rule is a good one.
        let good = Walk(seed: seed, stepCount: 0)
        #expect(good.replay(short.operations) == nil)
    }

    /// Seed 5,062,080: nobody remembers that the file went on after the backup, and the batch that
    /// the backup's step in flight takes out was collected in the meantime.
    @Test func `a backup inside a retirement is readable after the batch was collected`() {
        let world = World.afterSteps(
            [
                .insert(place: 0, count: 2), .migrate(place: 0, actions: 40),
                .delete(place: 0, choice: 0), .migrate(place: 0, actions: 3),
                .backUp(place: 0, shelf: 2), .proceed(place: 0, actions: 40, fault: .none),
                .migrate(place: 0, actions: 2), .wait(days: 8),
                .powerCut(machine: 0, loses: true), .restore(shelf: 2, place: 0),
                .wait(days: 19), .condemn, .collect,
            ], retention: 25)
        #expect(world.violation == nil)
        #expect(world.places[0].file?.pending?.kind == .retirement)
        #expect(world.remote.isCondemned(1))
        #expect(world.link(0) == .connected)
        #expect(world.places[0].file.map(world.isReadable) == true)
    }

    @Test func `a walk is repeated by its seed`() {
        let (one, other) = (Walk(seed: 7, stepCount: 150), Walk(seed: 7, stepCount: 150))
        #expect(one.operations == other.operations)
        #expect(one.story == other.story)
        #expect(one.operations != Walk(seed: 8, stepCount: 150).operations)
    }

    @Test func `a step that cannot be done changes nothing`() {
        var world = World(variant: .none, retention: nil, stagingBudget: 0)
        world.narration = []
        for operation: Operation in [
            .insert(place: 3, count: 1), .migrate(place: 5, actions: 9), .kill(place: 0),
            .restore(shelf: 2, place: 0), .rollBackRemote(shelf: 1), .undrop(branch: 9),
            .proceed(place: 2, actions: 3, fault: .lostReply), .copy(place: 4, to: 0),
        ] {
            world.perform(operation)
        }
        #expect(world.narration == [])
        world.check()
        #expect(world.violation == nil)
    }
}

extension World {
    /// A world after some steps, each of which is checked.
    fileprivate static func afterSteps(_ steps: [Operation], retention: Int) -> World {
        var world = World(variant: .none, retention: retention, stagingBudget: 0)
        for step in steps {
            world.perform(step)
            world.check()
        }
        return world
    }
}

@Suite struct ShrinkerTests {
    @Test func `only the steps that matter are left, each in its smallest form`() {
        let noise = (0..<40).map { Operation.delete(place: $0 % 6, choice: $0) }
        var steps = noise
        steps.insert(.insert(place: 1, count: 3), at: 11)
        steps.insert(.wait(days: 21), at: 33)
        let shrunk = Shrinker.shrink(steps) { steps in
            let insert = steps.firstIndex { if case .insert = $0 { true } else { false } }
            let wait = steps.firstIndex { step in
                if case .wait(let days) = step { days >= 5 } else { false }
            }
            guard let insert, let wait else { return false }
            return insert < wait
        }
        #expect(shrunk == [.insert(place: 1, count: 1), .wait(days: 5)])
    }
}
