internal import Foundation

/// A generator of random numbers that repeats them for the same seed: SplitMix64.
///
/// Source: <https://prng.di.unimi.it/splitmix64.c>.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A generator whose numbers depend on the seed alone.
    public init(seed: UInt64) { state = seed }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var bits = state
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }

    /// The seed of the environment variable `STRETCH_SEED`, or else `default`.
    ///
    /// Print the seed with every failure, so that the run can be repeated.
    public static func seedFromEnvironment(default: UInt64) -> UInt64 {
        guard let text = ProcessInfo.processInfo.environment["STRETCH_SEED"] else {
            return `default`
        }
        guard let seed = UInt64(text) else {
            preconditionFailure("STRETCH_SEED is not an integer from 0 to 2^64 - 1: \(text)")
        }
        return seed
    }
}

extension SeededGenerator {
    /// True once in `count` times.
    package mutating func isOne(in count: Int) -> Bool {
        Int.random(in: 0..<count, using: &self) == 0
    }

    package mutating func integer(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &self)
    }

    /// One of the elements, each as likely as the others.
    package mutating func choice<Element>(_ elements: [Element]) -> Element {
        // A generator's list of choices is never empty.
        elements.randomElement(using: &self)!
    }
}
