/// A walk: a world, and the steps that it took.
package struct Walk: Sendable {
    /// The number that repeats the walk.
    package let seed: UInt64
    let variant: Variant
    let retention: Int?
    let stagingBudget: Int
    private(set) var operations: [Operation]
    /// What the last step broke, or `nil`.
    package private(set) var violation: Violation?
    /// What happened in the walk, by kind.
    package private(set) var census = Census()

    /// Takes a walk of random steps, which ends at the first violation.
    ///
    /// - Parameters:
    ///   - seed: Repeats the walk.
    ///   - stepCount: How many steps.
    ///   - variant: The rules.
    package init(seed: UInt64, stepCount: Int, variant: Variant = .none) {
        self.seed = seed
        self.variant = variant
        var choice = OperationChoice(seed: seed)
        retention = choice.chance.happens(85) ? 2 + choice.chance.number(25) : nil
        stagingBudget = [0, 2, .max][choice.chance.number(3)]
        operations = []
        operations.reserveCapacity(stepCount)
        var world = World(variant: variant, retention: retention, stagingBudget: stagingBudget)
        for _ in 0..<stepCount where world.violation == nil {
            let operation = choice.next(in: world)
            operations.append(operation)
            world.perform(operation)
            world.check()
        }
        violation = world.violation
        census = world.census
    }

    /// The violation that these steps end in, if they do.
    func replay(_ operations: [Operation]) -> Violation? { world(after: operations).violation }

    private func world(after operations: [Operation], isTold: Bool = false) -> World {
        var world = World(variant: variant, retention: retention, stagingBudget: stagingBudget)
        if isTold { world.narration = [] }
        for operation in operations where world.violation == nil {
            world.perform(operation)
            world.check()
        }
        return world
    }

    /// The shortest walk found that breaks the same invariant.
    package func shrunk() -> Walk {
        guard let violation else { return self }
        var walk = self
        walk.operations = Shrinker.shrink(operations) { replay($0)?.rule == violation.rule }
        walk.violation = replay(walk.operations)
        return walk
    }

    /// The walk in readable lines, ending with the violation and the seed.
    package var story: [String] {
        let told = world(after: operations, isTold: true)
        let days = retention.map { "\($0) days" } ?? "unlimited"
        let batches = stagingBudget == .max ? "unlimited" : "\(stagingBudget) batches"
        var lines = ["retention \(days), staging \(batches); a.db of the first machine is enabled"]
        lines += told.narration ?? []
        if let violation { lines.append("broken: \(violation.rule.rawValue): \(violation.detail)") }
        lines.append("seed \(seed), variant \(variant.rawValue), \(operations.count) steps")
        return lines
    }
}
