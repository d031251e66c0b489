import StretchSQLite
import StretchTestSupport

@testable import StretchCore

/// What a stretched database and a plain one were told, and how their answers compare.
struct TwinLog {
    /// The first difference between the two, with all that is needed to see it again.
    struct Difference: Error, CustomStringConvertible {
        let description: String
    }

    private var lines: [String]

    init(_ lines: [String]) { self.lines = lines }

    mutating func append(_ line: String) { lines.append(line) }

    func difference(_ text: String) -> Difference {
        Difference(description: "\(text)\n" + lines.suffix(400).joined(separator: ";\n"))
    }

    /// Throws unless two answers have the same rows, in the same order where there is one.
    func requireSame(
        _ found: [[Value]], as expected: [[Value]], isOrdered: Bool = false, _ place: String
    ) throws {
        let isSame =
            isOrdered
            ? found == expected : TwinLog.multiset(found) == TwinLog.multiset(expected)
        guard isSame else {
            let missing = Set(expected).subtracting(found).prefix(3).map { $0.map(\.literal) }
            let wrong = Set(found).subtracting(expected).prefix(3).map { $0.map(\.literal) }
            throw difference(
                """
                \(place): \(found.count) rows and not \(expected.count); missing \(missing); \
                wrong \(wrong)
                """)
        }
    }

    private static func multiset(_ rows: [[Value]]) -> [[Value]: Int] {
        rows.reduce(into: [:]) { $0[$1, default: 0] += 1 }
    }

    /// The primary result code: which constraint an error names depends on the order of visits.
    static func code(_ error: any Error) -> Int32? {
        let cause = (error as? StretchError)?.cause ?? error
        return (cause as? SQLiteError)?.code
    }
}
