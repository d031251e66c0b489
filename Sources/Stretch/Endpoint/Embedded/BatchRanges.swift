/// The rowids of a set of batches: which rows belong to it, and where in it they are.
struct BatchRanges {
    /// Batches that lie side by side, as one range; ascending.
    let coalesced: [ClosedRange<Int64>]
    /// The rows of all batches.
    let rowCount: Int64
    // Parallel and ascending, one element for each batch that has rows.
    private let firstRows: [Int64]
    private let endRows: [Int64]
    private let numbers: [Int64]

    /// No row.
    init() {
        (coalesced, rowCount) = ([], 0)
        (firstRows, endRows, numbers) = ([], [], [])
    }

    /// Makes the ranges of batches in any order; a batch that is named twice counts once.
    ///
    /// - Returns: `nil` when two batches have a row in common.
    init?(_ batches: [(firstRow: Int64, rowCount: Int64, number: Int64)]) {
        let sorted = batches.sorted { $0.firstRow < $1.firstRow }
        var (firstRows, endRows, numbers): ([Int64], [Int64], [Int64]) = ([], [], [])
        var coalesced: [ClosedRange<Int64>] = []
        var rowCount: Int64 = 0
        for batch in sorted where batch.rowCount > 0 {
            let end = batch.firstRow + batch.rowCount
            if let last = endRows.last, batch.firstRow < last {
                let isSame = batch.firstRow == firstRows.last && end == last
                guard isSame, batch.number == numbers.last else { return nil }
                continue
            }
            if let last = coalesced.last, last.upperBound + 1 == batch.firstRow {
                coalesced[coalesced.count - 1] = last.lowerBound...(end - 1)
            } else {
                coalesced.append(batch.firstRow...(end - 1))
            }
            firstRows.append(batch.firstRow)
            endRows.append(end)
            numbers.append(batch.number)
            rowCount += batch.rowCount
        }
        (self.firstRows, self.endRows, self.numbers) = (firstRows, endRows, numbers)
        (self.coalesced, self.rowCount) = (coalesced, rowCount)
    }

    /// The packed location of a row, or `nil` when it belongs to another batch.
    ///
    /// - Parameter index: Where the last row was found; it makes rows in sequence cheap.
    func location(ofRow row: Int64, near index: inout Int) -> Int64? {
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
        return ColdLocation(batchNumber: numbers[index], ordinal: row - firstRows[index]).packed
    }
}
