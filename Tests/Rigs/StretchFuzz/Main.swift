internal import Foundation

/// Changes numbers, texts and bytes in every file that Stretch reads, and in the answers of a
/// server, and looks for crashes, endless waits and wrong answers.
///
///     stretch-fuzz [--minutes N] [--seed N] [--cases FIRST...LAST] [--server]
///
/// Each case changes a copy of a sample, and runs the library's calls on it in a process of its
/// own. Prints each finding with what was changed. Ends with status 0 when there was none, 1 when
/// there was one, 2 for wrong arguments.
@main
enum Main {
    static func main() {
        do {
            try run()
        } catch {
            print("error: \(error)")
            exit(1)
        }
    }

    private static func run() throws {
        let words = Array(CommandLine.arguments.dropFirst())
        if words.first == "child" { return try FuzzChild(Array(words.dropFirst())).run() }
        let arguments = Arguments(words)
        say("seed \(arguments.seed)")
        let count =
            arguments.isServer
            ? try ServerFuzzer(arguments).run() : try FileFuzzer(arguments).run()
        exit(count == 0 ? 0 : 1)
    }
}

/// Prints a line at once, also to a pipe.
func say(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }

/// What the command line says.
struct Arguments {
    private(set) var minutes = 10
    private(set) var seed = UInt64.random(in: 1...(1 << 62))
    private(set) var cases = 0...Int.max - 1
    private(set) var isServer = false

    init(_ words: [String]) {
        var words = words[...]
        while let option = words.popFirst() {
            if option == "--server" {
                isServer = true
                continue
            }
            guard let value = words.popFirst() else { Arguments.refuse(option) }
            switch option {
            case "--minutes": minutes = Arguments.number(value)
            case "--seed": seed = UInt64(Arguments.number(value))
            case "--cases":
                let parts = value.split(separator: ".", omittingEmptySubsequences: true)
                let numbers = parts.map { Arguments.number(String($0)) }
                guard let first = numbers.first, let last = numbers.last, first <= last else {
                    Arguments.refuse(value)
                }
                cases = first...last
            default: Arguments.refuse(option)
            }
        }
    }

    /// Whether another case shall run.
    func allows(_ number: Int, since start: ContinuousClock.Instant) -> Bool {
        cases.contains(number)
            && (cases.upperBound < Int.max - 1
                || ContinuousClock.now - start < .seconds(60 * minutes))
    }

    private static func number(_ text: String) -> Int {
        guard let number = Int(text), number >= 0 else { refuse(text) }
        return number
    }

    private static func refuse(_ word: String) -> Never {
        let text = """
            error: "\(word)" cannot be used here
            usage: stretch-fuzz [--minutes N] [--seed N] [--cases FIRST...LAST] [--server]

            """
        FileHandle.standardError.write(Data(text.utf8))
        exit(2)
    }
}

/// What was found, and how much was done.
struct FuzzSummary {
    private(set) var caseCount = 0
    private(set) var commandCount = 0
    private(set) var errorCount = 0
    private(set) var findingCount = 0

    /// Counts a case, and prints what is wrong with it.
    ///
    /// - Parameter wrong: The answers that differ from the sample's.
    mutating func add(_ run: FuzzProcess, _ description: @autoclosure () -> String, wrong: [String])
    {
        caseCount += 1
        commandCount += run.outcomes.count
        errorCount += run.outcomes.count { $0.value.hasPrefix("error") }
        var problems = wrong.map { "wrong answer of \($0)" }
        if let problem = run.problem { problems.append("\(problem) in \(run.lastCommand)") }
        guard !problems.isEmpty else { return }
        findingCount += 1
        say("FINDING \(problems.joined(separator: "; "))\n\(description())\n\(run.tail)")
    }

    var text: String {
        "\(caseCount) cases, \(commandCount) commands, \(errorCount) of which failed with an "
            + "error: \(findingCount) findings"
    }
}
