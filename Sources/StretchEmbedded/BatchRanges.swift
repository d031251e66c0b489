internal import StretchEndpoint

/// The rowids of a set of batches.
struct BatchRanges {
    /// The ranges in ascending order, with adjacent batches combined.
    let coalesced: [ClosedRange<Int64>]
    /// The number of rows of all batches.
    let rowCount: Int64
    /// The batches that have rows, in ascending order.
    let batches: [VisibleBatch]
    // Parallel to `batches`, in ascending order.
    private let firstRows: [Int64]
    private let endRows: [Int64]

    /// Creates an empty set.
    init() {
        (coalesced, rowCount) = ([], 0)
        (firstRows, endRows, batches) = ([], [], [])
    }

    /// Creates the ranges of batches in any order; duplicates count once.
    ///
    /// - Returns: `nil` if two batches share a row.
    init?(_ batches: [(batch: VisibleBatch, firstRow: Int64)]) {
        let sorted = batches.sorted { $0.firstRow < $1.firstRow }
        var (firstRows, endRows, kept): ([Int64], [Int64], [VisibleBatch]) = ([], [], [])
        var coalesced: [ClosedRange<Int64>] = []
        var rowCount: Int64 = 0
        for (batch, firstRow) in sorted where batch.rowCount > 0 {
            let end = firstRow + batch.rowCount
            if let last = endRows.last, firstRow < last {
                let isSame = firstRow == firstRows.last && end == last
                guard isSame, batch.number == kept.last?.number else { return nil }
                continue
            }
            if let last = coalesced.last, last.upperBound + 1 == firstRow {
                coalesced[coalesced.count - 1] = last.lowerBound...(end - 1)
            } else {
                coalesced.append(firstRow...(end - 1))
            }
            firstRows.append(firstRow)
            endRows.append(end)
            kept.append(batch)
            rowCount += batch.rowCount
        }
        (self.firstRows, self.endRows, self.batches) = (firstRows, endRows, kept)
        (self.coalesced, self.rowCount) = (coalesced, rowCount)
    }

    /// Returns the ordinal of a row in its batch, or `nil` if it belongs to none of ``batches``.
    ///
    /// - Parameter index: The index of the last row's batch, which makes sequential access cheap;
    ///   set to the index of this row's batch.
    func ordinal(ofRow row: Int64, near index: inout Int) -> Int64? {
        guard !firstRows.isEmpty else { return nil }
        if !(firstRows[index] <= row && row < endRows[index]) {
            // The last batch that starts at or before the row.
            var (low, high) = (0, firstRows.count)
            while low < high {
                let middle = (low + high) / 2
                if firstRows[middle] <= row { low = middle + 1 } else { high = middle }
            }
            guard low > 0, row < endRows[low - 1] else { return nil }
            index = low - 1
        }
        return row - firstRows[index]
    }
}
