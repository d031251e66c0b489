/// Counts the rows that a scan gets of each batch.
///
/// Rows which are missing, double or of no batch are an error and never an answer.
///
/// The rows of a batch have the ordinals `0 ..< rowCount`. They nearly always come in ascending
/// order, and then one number for each batch says which of them were here; a batch whose rows come
/// otherwise gets one bit for each row.
package final class RowTally {
    private let batches: [VisibleBatch]
    /// How many rows of each batch came, all of them in order, or -1 for one that has bits; `nil`
    /// when the scan may leave rows out.
    private let orderedCounts: UnsafeMutablePointer<Int64>?
    private var marks: [Int: Marks] = [:]
    /// The rows that came without their places.
    private var placelessCount: Int64 = 0

    private struct Marks {
        var bits: [UInt64]
        var count: Int64
    }

    /// Begins to count.
    ///
    /// - Parameters:
    ///   - batches: The batches whose rows are wanted, each once.
    ///   - isWhole: Whether the scan returns every row of them.
    package init(_ batches: [VisibleBatch], isWhole: Bool) {
        self.batches = batches
        guard isWhole, !batches.isEmpty else {
            orderedCounts = nil
            return
        }
        let counts = UnsafeMutablePointer<Int64>.allocate(capacity: batches.count)
        counts.initialize(repeating: 0, count: batches.count)
        orderedCounts = counts
    }

    deinit { orderedCounts?.deallocate() }

    /// Takes a row, and returns its packed location.
    ///
    /// - Parameters:
    ///   - index: The place of the row's batch among the batches.
    ///   - remote: The remote as messages name it.
    /// - Throws: `damaged` for an ordinal that the batch does not have, and for a row that came
    ///   before, where the scan is whole.
    @inline(__always)
    package func take(
        batchAt index: Int, ordinal: Int64, remote: @autoclosure () -> String
    ) throws(StretchError) -> Int64 {
        let batch = batches[index]
        guard ordinal >= 0, ordinal < batch.rowCount else {
            throw Self.damage(batch.id, "has no row \(ordinal)", remote())
        }
        if let orderedCounts {
            if orderedCounts[index] == ordinal {
                orderedCounts[index] = ordinal + 1
            } else if !mark(ordinal, ofBatchAt: index, orderedCounts) {
                throw Self.damage(batch.id, "has row \(ordinal) twice", remote())
            }
        }
        return ColdLocation(batchNumber: batch.number, ordinal: ordinal).packed
    }

    /// Takes rows whose places nobody asked for.
    package func take(rowCount: Int) { placelessCount += Int64(rowCount) }

    /// Ends a scan whose last row has come.
    ///
    /// - Throws: `damaged` when the scan is whole and rows are missing.
    package func finish(remote: @autoclosure () -> String) throws(StretchError) {
        guard let orderedCounts else { return }
        if placelessCount > 0 {
            let total = batches.reduce(0) { $0 + $1.rowCount }
            guard placelessCount != total else { return }
            throw StretchError(
                .damaged, "remote \"\(remote())\" has \(placelessCount) of \(total) rows",
                hint: Self.hint)
        }
        for (index, batch) in batches.enumerated() {
            let count = marks[index]?.count ?? orderedCounts[index]
            guard count == batch.rowCount else {
                throw Self.damage(batch.id, "has \(count) of \(batch.rowCount) rows", remote())
            }
        }
    }

    /// The error for a row of a batch that the remote's ledger does not know.
    package static func unknownBatch(_ batch: Int64, remote: String) -> StretchError {
        damage(batch, "has rows, but is not in the ledger", remote)
    }

    /// Notes a row out of order; returns `false` when it came before.
    @inline(never)
    private func mark(
        _ ordinal: Int64, ofBatchAt index: Int, _ counts: UnsafeMutablePointer<Int64>
    ) -> Bool {
        if marks[index] == nil {
            let wordCount = Int(batches[index].rowCount >> 6) + 1
            var bits = [UInt64](repeating: 0, count: wordCount)
            for row in 0..<Int(counts[index]) { bits[row >> 6] |= 1 << UInt64(row & 63) }
            marks[index] = Marks(bits: bits, count: counts[index])
            counts[index] = -1
        }
        let (word, bit) = (Int(ordinal >> 6), UInt64(1) << UInt64(ordinal & 63))
        guard let known = marks[index]?.bits[word], known & bit == 0 else { return false }
        marks[index]?.bits[word] = known | bit
        marks[index]?.count += 1
        return true
    }

    private static func damage(_ batch: Int64, _ what: String, _ remote: String) -> StretchError {
        StretchError(.damaged, "remote \"\(remote)\": batch \(batch) \(what)", hint: hint)
    }

    private static let hint = "Put the remote back from its backup, then use reauthorize."
}

extension ColdScanRequest {
    /// Whether the scan, read to its end, returns every row of the batches.
    package var isWhole: Bool { constraints.isEmpty && limit == nil && !mayOmitDuplicates }
}
