/// Times of the same work on plain SQLite and on an overlay, taken in turns in one run, so that
/// noise meets both.
struct Measurement {
    let name: String
    /// The greatest ratio that the design allows, or `nil` when the figure is only reported.
    let limit: Double?
    private(set) var plain: [Double] = []
    private(set) var overlay: [Double] = []

    init(_ name: String, limit: Double?) {
        self.name = name
        self.limit = limit
    }

    /// Runs both sides in turns.
    ///
    /// - Parameters:
    ///   - operationCount: The operations in one call, for the time of one.
    ///   - roundCount: How often each side runs.
    mutating func run(
        operationCount: Int, roundCount: Int, plain: () throws -> Void, overlay: () throws -> Void
    ) throws {
        try plain()
        try overlay()
        for round in 0..<roundCount {
            // Neither side always has the caches that the other one left.
            if round % 2 == 0 {
                self.plain.append(try seconds(plain) / Double(operationCount))
                self.overlay.append(try seconds(overlay) / Double(operationCount))
            } else {
                self.overlay.append(try seconds(overlay) / Double(operationCount))
                self.plain.append(try seconds(plain) / Double(operationCount))
            }
        }
    }

    /// The ratio of the medians.
    var ratio: Double { overlay.median / plain.median }

    /// A row of the table that `make bench` prints; times in microseconds.
    var row: [String] {
        [
            name, (plain.median * 1e6).formatted(digits: 2),
            (overlay.median * 1e6).formatted(digits: 2),
            ratio.formatted(digits: 2), limit.map { "≤ \($0.formatted(digits: 1))" } ?? "",
            limit.map { ratio <= $0 ? "yes" : "NO" } ?? "",
        ]
    }
}

/// The time that `body` takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    try body()
    let (seconds, attoseconds) = (clock.now - start).components
    return Double(seconds) + Double(attoseconds) * 1e-18
}

extension [Double] {
    var median: Double {
        let sorted = sorted()
        guard !sorted.isEmpty else { return .nan }
        return (sorted[(sorted.count - 1) / 2] + sorted[sorted.count / 2]) / 2
    }
}

extension Double {
    func formatted(digits: Int) -> String {
        let scale = (0..<digits).reduce(1.0) { result, _ in result * 10 }
        let whole = Int64((self * scale).rounded())
        guard digits > 0 else { return "\(whole)" }
        let fraction = String(whole.magnitude % UInt64(scale))
        let zeros = String(repeating: "0", count: digits - fraction.count)
        return "\(whole < 0 ? "-" : "")\(whole.magnitude / UInt64(scale)).\(zeros)\(fraction)"
    }
}

/// Prints rows under headings, aligned.
func printTable(_ headings: [String], _ rows: [[String]]) {
    let widths = headings.indices.map { column in
        ([headings] + rows).map { $0[column].count }.max() ?? 0
    }
    for row in [headings] + rows {
        let cells = zip(row, widths).enumerated().map { index, cell in
            let space = String(repeating: " ", count: cell.1 - cell.0.count)
            return index == 0 ? cell.0 + space : space + cell.0
        }
        print(cells.joined(separator: "  "))
    }
}
