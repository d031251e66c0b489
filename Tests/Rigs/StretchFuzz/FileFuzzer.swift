internal import Foundation
internal import StretchEndpointTesting
internal import StretchTestSupport

/// Changes the files of samples.
struct FileFuzzer {
    private let arguments: Arguments
    private let sample: FuzzSample
    /// What the calls answer before anything is changed, for each state.
    private var expected: [FuzzSample.State: [String: String]] = [:]

    init(_ arguments: Arguments) throws {
        self.arguments = arguments
        sample = try FuzzSample(seed: arguments.seed)
        for state in FuzzSample.State.allCases {
            try sample.restore(state)
            let run = try FuzzProcess([sample.work])
            let outcomes = run.outcomes
            let isConnected = state != .fork
            guard run.problem == nil,
                !isConnected || outcomes["query"]?.hasPrefix("ok") ?? false
            else {
                throw ConformanceFailure("the sample \(state) is unsound:\n\(run.tail)")
            }
            expected[state] = outcomes
        }
    }

    /// Runs cases until the time is over.
    ///
    /// - Returns: The number of findings.
    func run() throws -> Int {
        var summary = FuzzSummary()
        let start = ContinuousClock.now
        var number = arguments.cases.lowerBound
        while arguments.allows(number, since: start) {
            try run(number, &summary)
            number += 1
        }
        say(summary.text)
        return summary.findingCount
    }

    private func run(_ number: Int, _ summary: inout FuzzSummary) throws {
        var generator = SeededGenerator(seed: arguments.seed &+ UInt64(number) &* 0x9e37_79b9)
        let state = FuzzSample.State.allCases.randomElement(using: &generator) ?? .settled
        let hasLogin = Int.random(in: 0..<12, using: &generator) == 0
        try sample.restore(state, hasLogin: hasLogin)
        let changeCount = Int.random(in: 0..<6, using: &generator) == 0 ? 2 : 1
        var mutation = Mutation(generator)
        var changesCatalog = false
        for _ in 0..<changeCount {
            let target = Int.random(in: 0..<10, using: &generator)
            switch target {
            case 0...3:
                changesCatalog = true
                try change(&mutation, "app.db")
            case 4...6: try change(&mutation, "cold.db")
            case 7: try change(&mutation, "app.db-stretch-staging")
            default:
                let home = "\(sample.work)/home"
                let names = try FileManager.default.contentsOfDirectory(atPath: home).sorted()
                    .filter { !$0.hasSuffix("lock") }
                guard let name = names.randomElement(using: &generator) else { continue }
                try mutation.change(file: "\(home)/\(name)")
            }
        }
        let run = try FuzzProcess([sample.work] + (hasLogin ? ["login"] : []))
        let known = expected[state] ?? [:]
        // What the file itself says of its rows is the file's.
        let wrong = FuzzChild.answers.filter { name in
            guard !changesCatalog, let outcome = run.outcomes[name] else { return false }
            return outcome.hasPrefix("ok") && outcome != known[name]
        }
        summary.add(
            run,
            """
              seed \(arguments.seed), case \(number), state \(state), in \(sample.work)
            \(mutation.text)
            """, wrong: wrong.sorted())
    }

    /// Changes something that SQLite lets be changed.
    private func change(_ mutation: inout Mutation, _ name: String) throws {
        for _ in 0..<50 where try mutation.change(database: "\(sample.work)/\(name)") { return }
    }
}
