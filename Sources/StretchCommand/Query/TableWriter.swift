/// Prints a result as a table with column widths determined by the first rows.
struct TableWriter {
    /// The number of rows sampled before the first one is printed.
    static let sampledRowCount = 500
    private static let maximumWidth = 60

    private let columns: [String]
    private var sample: [[String]] = []
    private var widths: [Int]?
    private(set) var rowCount: Int64 = 0

    init(columns: [String]) {
        self.columns = columns
    }

    /// Adds a row, and prints available rows.
    mutating func append(_ row: [String]) {
        rowCount += 1
        if let widths {
            print(row, widths)
        } else {
            sample.append(row)
            if sample.count == Self.sampledRowCount { begin() }
        }
    }

    /// Prints the rest.
    mutating func finish() {
        if widths == nil { begin() }
    }

    private mutating func begin() {
        let widths = columns.indices.map { column in
            let cells = sample.map { $0[column].count }
            return min(Self.maximumWidth, max(columns[column].count, cells.max() ?? 0))
        }
        self.widths = widths
        print(columns, widths)
        print(widths.map { String(repeating: "-", count: $0) }, widths)
        for row in sample { print(row, widths) }
        sample = []
    }

    private func print(_ cells: [String], _ widths: [Int]) {
        var line = ""
        for (index, cell) in cells.enumerated() {
            if index > 0 { line += "  " }
            line += cell
            guard index < cells.count - 1, cell.count < widths[index] else { continue }
            line += String(repeating: " ", count: widths[index] - cell.count)
        }
        StandardOutput.writeLine(line)
    }
}
