internal import StretchEndpoint
internal import StretchSQLite

/// Merges rows that the server cannot sort into the rows that it sends in order.
final class MisfitMerge {
    /// The maximum size of such rows in bytes; they are few unless a column's type is unsuitable.
    static let maximumByteCount = 256 << 20

    private struct Term {
        let column: Int
        let foldsCase: Bool
        let ignoresTrailingSpaces: Bool
        let isDescending: Bool
    }

    private let terms: [Term]
    private let columnCount: Int
    private let misfits: RowBuffer
    /// The rows of ``misfits`` in order.
    private let sorted: [Int]
    private var next = 0
    private let page: RowBuffer
    private var nextRow = 0
    private var isAtEnd = false

    /// - Parameters:
    ///   - columns: The ids of the columns of all rows; those after `columnCount` are used only for
    ///     sorting.
    ///   - misfits: The rows to merge, in any order.
    init(order: [OrderTerm], columns: [Int64], columnCount: Int, misfits: RowBuffer) {
        let terms = order.map { term in
            Term(
                column: columns.firstIndex(of: term.column) ?? 0,
                foldsCase: term.collation == .nocase,
                ignoresTrailingSpaces: term.collation == .rtrim,
                isDescending: term.isDescending)
        }
        self.terms = terms
        self.columnCount = columnCount
        self.misfits = misfits
        sorted = (0..<misfits.rowCount).sorted {
            MisfitMerge.compare(misfits, $0, misfits, $1, terms) < 0
        }
        page = RowBuffer(columnCount: columns.count)
    }

    private static func compare(
        _ left: RowBuffer, _ leftRow: Int, _ right: RowBuffer, _ rightRow: Int, _ terms: [Term]
    ) -> Int {
        for term in terms {
            let result = left.value(row: leftRow, column: term.column).compare(
                right.value(row: rightRow, column: term.column), foldsCase: term.foldsCase,
                ignoresTrailingSpaces: term.ignoresTrailingSpaces)
            if result != 0 { return term.isDescending ? -result : result }
        }
        return 0
    }

    /// Appends rows in order until the page is full or the rows end.
    func fill(_ target: RowBuffer, maximumRowCount: Int, from source: RowSource) throws {
        while target.rowCount < maximumRowCount,
            target.byteCount < PostgresScan.maximumPageByteCount
        {
            if nextRow == page.rowCount, !isAtEnd {
                page.removeAll()
                nextRow = 0
                try source.fill(page, maximumRowCount: maximumRowCount)
                isAtEnd = page.rowCount == 0
            }
            let hasServerRow = nextRow < page.rowCount
            guard hasServerRow || next < sorted.count else { return }
            let takesMisfit =
                next < sorted.count
                && (!hasServerRow
                    || MisfitMerge.compare(misfits, sorted[next], page, nextRow, terms) < 0)
            if takesMisfit {
                append(sorted[next], of: misfits, to: target)
                next += 1
            } else {
                append(nextRow, of: page, to: target)
                nextRow += 1
            }
        }
    }

    private func append(_ row: Int, of rows: RowBuffer, to target: RowBuffer) {
        target.beginRow(identifier: rows.rowIdentifiers[row])
        guard columnCount > 0 else { return }
        var value = rows.value(row: row, column: 0)
        for column in 0..<columnCount {
            target.append(value)
            if column + 1 < columnCount { value = value.next }
        }
    }
}
