import Foundation
import StretchTestSupport
import Testing

@testable import TransactSQL

/// Mutated scripts: whatever is in them, reading ends, and its pieces are the script.
///
/// `STRETCH_FUZZ_SECONDS=600` fuzzes longer; a failure prints its seed, and `STRETCH_SEED` runs one
/// seed again.
@Suite struct ScriptFuzzTests {
    private static let environment = ProcessInfo.processInfo.environment

    @Test func `reading a script ends, whatever it holds`() throws {
        let seconds = Self.environment["STRETCH_FUZZ_SECONDS"].flatMap(Double.init) ?? 3
        let onlySeed = Self.environment["STRETCH_SEED"].flatMap(UInt64.init)
        let corpus = ScriptTests.scripts.map { Array($0.text.utf8) }
        try #require(corpus.count > 20)
        let first = onlySeed ?? UInt64.random(in: 0...UInt64(UInt32.max))
        print("fuzz: first seed \(first)")
        let clock = ContinuousClock()
        let end = clock.now.advanced(by: .seconds(seconds))
        var seed = first
        repeat {
            var mutator = ScriptMutator(seed: seed, corpus: corpus)
            let script = mutator.script()
            guard Self.check(script, seed: seed) else { return }
            seed += 1
        } while onlySeed == nil && clock.now < end
        print("fuzz: \(seed - first) scripts")
    }

    private static func check(_ script: [UInt8], seed: UInt64) -> Bool {
        var reader = ScriptReader(script)
        var offset = 0
        while let item = reader.next() {
            let isInside = !item.range.isEmpty && item.range.upperBound <= script.count
            guard item.range.lowerBound == offset, isInside, isValid(item, script) else {
                Issue.record("seed \(seed): piece at \(offset)")
                return false
            }
            offset = item.range.upperBound
        }
        guard offset == script.count, reader.workCount <= 8 * script.count + 64 else {
            Issue.record("seed \(seed): ended at \(offset) after \(reader.workCount) steps")
            return false
        }
        let host = RecordingHost()
        var executor = ScriptExecutor(host: host, output: host, stopsAtFirstError: false)
        // A repeated batch would only take long.
        if !holdsCount(script) { _ = try? executor.run(script) }
        return true
    }

    private static func isValid(_ item: ScriptItem, _ script: [UInt8]) -> Bool {
        let text = script[item.range]
        var positions = [item.position]
        if case .failure(let error) = item.kind, let position = error.position {
            positions.append(position)
        }
        if case .plain(let statement) = item.kind {
            positions += statement.overrides.map(\.position)
            guard
                !statement.overrides.isEmpty
                    || statement.text == String(decoding: text, as: UTF8.self)
            else { return false }
        }
        return positions.allSatisfy { position in
            (0...script.count).contains(position.offset) && position.column >= 1
                && position.line == 1 + script[..<position.offset].count { $0 == .lineFeed }
        }
    }

    private static func holdsCount(_ script: [UInt8]) -> Bool {
        ScriptReader(script).contains { item in
            if case .batchEnd(let count) = item.kind { count > 3 } else { false }
        }
    }
}

/// Makes scripts out of the ones that there are, the same for the same seed.
private struct ScriptMutator {
    private var random: SeededGenerator
    private let corpus: [[UInt8]]

    private static let words = [
        "'", "’", "‘", "“", "”", "N'", "N’", "[", "]", "\"", "`", "/*", "*/", "--", "\n", "\r\n",
        ";", "(",
        ")", "=", ",", "@", "@x", "\nGO\n", "\nGO 2\n", "EXEC", "DECLARE", "SET", "WITH", "CREATE",
        "TRIGGER", "BEGIN", "END", "SELECT", "TOP", "MASTER KEY", "ALTER TABLE", "NULL", "1", "0x",
        "1e9",
        ".", "-", "+", "REMOTE_DATA_ARCHIVE_OVERRIDE", "WITH (REMOTE_DATA_ARCHIVE_OVERRIDE =",
        "sp_",
        "\u{0}", "\u{301}", "\u{FEFF}", "💾",
    ].map { Array($0.utf8) }

    init(seed: UInt64, corpus: [[UInt8]]) {
        random = SeededGenerator(seed: seed)
        self.corpus = corpus
    }

    mutating func script() -> [UInt8] {
        var script = pick(corpus)
        if Bool.random(using: &random) { script += pick(corpus) }
        let start = Int.random(in: 0..<script.count, using: &random)
        script = Array(script[start...].prefix(Int.random(in: 1...2_000, using: &random)))
        for _ in 0..<Int.random(in: 1...12, using: &random) { mutate(&script) }
        return script
    }

    private mutating func mutate(_ script: inout [UInt8]) {
        let place = Int.random(in: 0...script.count, using: &random)
        let length = Int.random(in: 0...min(40, script.count - place), using: &random)
        switch Int.random(in: 0..<6, using: &random) {
        case 0: script.insert(contentsOf: pick(Self.words), at: place)
        case 1: script.removeSubrange(place..<place + length)
        case 2: script.replaceSubrange(place..<place + length, with: pick(Self.words))
        case 3: script.insert(contentsOf: script[place..<place + length], at: 0)
        case 4: script.insert(UInt8.random(in: 0...255, using: &random), at: place)
        default:
            guard place < script.count else { return }
            script[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        }
    }

    private mutating func pick(_ choices: [[UInt8]]) -> [UInt8] {
        choices[Int.random(in: 0..<choices.count, using: &random)]
    }
}
