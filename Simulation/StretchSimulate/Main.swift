internal import Foundation
internal import StretchSimulator

/// Walks through random lives of files and their remote, and checks the timeline after each step.
///
///     stretch-simulate [--walks N | --minutes N] [--steps N] [--seed N] [--variant NAME]
///
/// Prints what happened, or the shortest story of the first walk that broke an invariant. Ends with
/// status 0 when none did, 1 when one did, 2 for wrong arguments.
@main
enum Main {
    static func main() {
        let arguments = Arguments(Array(CommandLine.arguments.dropFirst()))
        let start = ContinuousClock.now
        print("seeds from \(arguments.seed)")
        var simulation = Simulation(
            seed: arguments.seed, stepCount: arguments.stepCount, variant: arguments.variant)
        let failed = simulation.run { walkCount in
            if let limit = arguments.walkCount { return walkCount < limit }
            return ContinuousClock.now - start < .seconds(60 * arguments.minutes)
        }
        print("\(simulation.walkCount) walks of \(arguments.stepCount) steps")
        print(simulation.census.text)
        print("time: \(ContinuousClock.now - start)")
        guard let failed else { return }
        print(failed.shrunk().story.joined(separator: "\n"))
        exit(1)
    }
}

/// What the command line says.
struct Arguments {
    private(set) var walkCount: Int?
    private(set) var minutes = 1
    private(set) var stepCount = 150
    private(set) var seed = UInt64.random(in: 1...(1 << 62))
    private(set) var variant = Variant.none

    init(_ words: [String]) {
        var words = words[...]
        while let option = words.popFirst() {
            guard let value = words.popFirst() else { Arguments.refuse(option) }
            switch option {
            case "--walks": walkCount = Arguments.number(value)
            case "--minutes": minutes = Arguments.number(value)
            case "--steps": stepCount = Arguments.number(value)
            case "--seed": seed = UInt64(Arguments.number(value))
            case "--variant":
                guard let variant = Variant(rawValue: value) else { Arguments.refuse(value) }
                self.variant = variant
            default: Arguments.refuse(option)
            }
        }
    }

    private static func number(_ text: String) -> Int {
        guard let number = Int(text), number >= 0 else { refuse(text) }
        return number
    }

    private static func refuse(_ word: String) -> Never {
        let variants = Variant.allCases.map(\.rawValue).joined(separator: ", ")
        let text = """
            error: "\(word)" cannot be used here
            usage: stretch-simulate [--walks N | --minutes N] [--steps N] [--seed N] \
            [--variant NAME]
            variants: \(variants)

            """
        FileHandle.standardError.write(Data(text.utf8))
        exit(2)
    }
}
