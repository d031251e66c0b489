internal import StretchEndpoint

/// The rowids of a set of batches: which rows belong to it, and where in it they are.
struct BatchRanges {
    /// Batches that lie side by side, as one range; ascending.
    let coalesced: [ClosedRange<Int64>]
    /// The rows of all batches.
    let rowCount: Int64
    /// The batches that have rows, ascending.
    let batches: [VisibleBatch]
    // Parallel and ascending, one element for each batch that has rows.
    private let firstRows: [Int64]
    private let endRows: [Int64]

    /// No row.
    init() {
        (coalesced, rowCount) = ([], 0)
        (firstRows, endRows, batches) = ([], [], [])
    }

    /// Makes the ranges of batches in any order; a batch that is named twice counts once.
    ///
    /// - Returns: `nil` when two batches have a row in common.
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

    /// The ordinal of a row in its batch, or `nil` when it belongs to none of ``batches``.
    ///
    /// - Parameter index: Where the last row was found, which makes rows in sequence cheap; gets
    ///   the place of this row's batch among ``batches``.
    func ordinal(ofRow row: Int64, near index: inout Int) -> Int64? {
        guard !firstRows.isEmpty else { return nil }
        if !(firstRows[index] <= row && row < endRows[index]) {
            // The last batch that begins at or before the row.
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
