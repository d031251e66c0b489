/// Walks with consecutive seeds, until one fails or it is enough.
package struct Simulation: Sendable {
    private var seed: UInt64
    private let stepCount: Int
    private let variant: Variant
    /// The walks that were taken.
    package private(set) var walkCount = 0
    /// What happened in them.
    package private(set) var census = Census()

    /// Makes a simulation that has taken no walk yet.
    package init(seed: UInt64, stepCount: Int = 150, variant: Variant = .none) {
        self.seed = seed
        self.stepCount = stepCount
        self.variant = variant
    }

    /// Takes walks.
    ///
    /// - Parameter goesOn: Whether another walk is wanted after a number of them.
    /// - Returns: The first walk that broke an invariant, or `nil`.
    package mutating func run(while goesOn: (_ walkCount: Int) -> Bool) -> Walk? {
        while goesOn(walkCount) {
            let walk = Walk(seed: seed, stepCount: stepCount, variant: variant)
            walkCount += 1
            seed &+= 1
            census.add(walk.census)
            if walk.violation != nil { return walk }
        }
        return nil
    }
}
