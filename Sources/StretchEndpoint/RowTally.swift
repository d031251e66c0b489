internal import Foundation
package import StretchCore

/// Checks the rows that a scan receives from each batch.
///
/// Duplicate rows, rows of no batch and, in a complete scan, missing rows are errors.
///
/// The rows of a batch have the ordinals `0 ..< rowCount`. In a complete scan they nearly always
/// arrive in ascending order, and one number per batch records which rows were received. The first
/// rows of a partial scan are compared one by one. In all other cases, each affected batch has one
/// bit per row.
package final class RowTally {
    /// The number of rows of a scan that are compared one by one.
    private static let fewRowCount = 16

    private let batches: [VisibleBatch]
    private let isWhole: Bool
    /// In a complete scan, the number of rows of each batch that arrived in order, or -1 for a
    /// batch with bits; in a partial scan, the packed locations of the first rows.
    private let known: UnsafeMutablePointer<Int64>
    /// In a partial scan, the number of first rows, or one more if all rows have bits.
    private var knownCount = 0
    /// The bits of each batch that has any; allocated on first use.
    private var marks: UnsafeMutablePointer<UnsafeMutablePointer<UInt64>?>?
    /// The number of rows that arrived without their locations.
    private var placelessCount: Int64 = 0

    /// Creates a tally for a scan.
    ///
    /// - Parameters:
    ///   - batches: The batches whose rows are wanted, each once.
    ///   - isWhole: Whether the scan returns every row of them.
    package init(_ batches: [VisibleBatch], isWhole: Bool) {
        (self.batches, self.isWhole) = (batches, isWhole)
        let count = isWhole ? batches.count : Self.fewRowCount
        known = .allocate(capacity: count)
        known.initialize(repeating: 0, count: count)
    }

    deinit {
        known.deallocate()
        guard let marks else { return }
        for index in batches.indices { free(marks[index]) }
        free(marks)
    }

    /// Counts a row and returns its packed location.
    ///
    /// - Parameters:
    ///   - index: The index of the row's batch.
    ///   - remote: The remote's name in messages.
    /// - Throws: `damaged` for an ordinal outside the batch, and for a duplicate row.
    @inline(__always)
    package func take(
        batchAt index: Int, ordinal: Int64, remote: @autoclosure () -> String
    ) throws(StretchError) -> Int64 {
        let batch = batches[index]
        guard ordinal >= 0, ordinal < batch.rowCount else {
            throw Self.damage(batch.id, "has no row \(ordinal)", remote())
        }
        let location = ColdLocation(batchNumber: batch.number, ordinal: ordinal).packed
        let isNew: Bool
        if isWhole {
            if known[index] == ordinal {
                known[index] = ordinal + 1
                isNew = true
            } else {
                isNew = mark(ordinal, ofBatchAt: index)
            }
        } else if knownCount > Self.fewRowCount {
            isNew = mark(ordinal, ofBatchAt: index)
        } else {
            isNew = compare(location, ordinal, ofBatchAt: index)
        }
        guard isNew else { throw Self.damage(batch.id, "has row \(ordinal) twice", remote()) }
        return location
    }

    /// Counts rows without locations.
    package func take(rowCount: Int) { placelessCount += Int64(rowCount) }

    /// Ends a scan after its last row.
    ///
    /// - Throws: `damaged` if the scan is complete and rows are missing.
    package func finish(remote: @autoclosure () -> String) throws(StretchError) {
        guard isWhole else { return }
        if placelessCount > 0 {
            let total = batches.reduce(0) { $0 + $1.rowCount }
            guard placelessCount != total else { return }
            throw StretchError(
                .damaged, "remote \"\(remote())\" has \(placelessCount) of \(total) rows",
                hint: Self.hint)
        }
        for (index, batch) in batches.enumerated() {
            let count = known[index] < 0 ? markCount(ofBatchAt: index) : known[index]
            guard count == batch.rowCount else {
                throw Self.damage(batch.id, "has \(count) of \(batch.rowCount) rows", remote())
            }
        }
    }

    /// The error for a row of a batch that the remote's ledger does not know.
    package static func unknownBatch(_ batch: Int64, remote: String) -> StretchError {
        damage(batch, "has rows, but is not in the ledger", remote)
    }

    /// Records one of the first rows; returns `false` for a duplicate.
    private func compare(_ location: Int64, _ ordinal: Int64, ofBatchAt index: Int) -> Bool {
        for row in 0..<knownCount where known[row] == location { return false }
        guard knownCount == Self.fewRowCount else {
            known[knownCount] = location
            knownCount += 1
            return true
        }
        var indexes: [Int64: Int] = [:]
        for (index, batch) in batches.enumerated() { indexes[batch.number] = index }
        for row in 0..<knownCount {
            let location = ColdLocation(packed: known[row])
            guard let index = indexes[location.batchNumber] else { continue }
            _ = mark(location.ordinal, ofBatchAt: index)
        }
        knownCount += 1
        return mark(ordinal, ofBatchAt: index)
    }

    /// Records a row by its bit; returns `false` for a duplicate.
    @inline(__always)
    private func mark(_ ordinal: Int64, ofBatchAt index: Int) -> Bool {
        let bits = marks?[index] ?? makeBits(ofBatchAt: index)
        let (word, bit) = (Int(ordinal >> 6), UInt64(1) << UInt64(ordinal & 63))
        guard bits[word] & bit == 0 else { return false }
        bits[word] |= bit
        return true
    }

    @inline(never)
    private func makeBits(ofBatchAt index: Int) -> UnsafeMutablePointer<UInt64> {
        let marks = self.marks ?? Self.zeros(batches.count)
        self.marks = marks
        let bits: UnsafeMutablePointer<UInt64> = Self.zeros(Self.wordCount(batches[index]))
        marks[index] = bits
        guard isWhole else { return bits }
        for row in 0..<Int(known[index]) { bits[row >> 6] |= 1 << UInt64(row & 63) }
        known[index] = -1
        return bits
    }

    private func markCount(ofBatchAt index: Int) -> Int64 {
        guard let bits = marks?[index] else { return 0 }
        return (0..<Self.wordCount(batches[index])).reduce(0) {
            $0 + Int64(bits[$1].nonzeroBitCount)
        }
    }

    private static func wordCount(_ batch: VisibleBatch) -> Int { Int(batch.rowCount >> 6) + 1 }

    /// Returns zeroed memory; large allocations cost nothing until they are written.
    private static func zeros<Element>(_ count: Int) -> UnsafeMutablePointer<Element> {
        guard let memory = calloc(count, MemoryLayout<Element>.stride) else {
            fatalError("out of memory")
        }
        return memory.bindMemory(to: Element.self, capacity: count)
    }

    private static func damage(_ batch: Int64, _ what: String, _ remote: String) -> StretchError {
        StretchError(.damaged, "remote \"\(remote)\": batch \(batch) \(what)", hint: hint)
    }

    private static let hint: StretchError.Hint =
        "Put the remote back from its backup, then: \(advice: .reauthorize)."
}

extension ColdScanRequest {
    /// Whether the scan, read to its end, returns every row of the batches.
    package var isWhole: Bool {
        (constraints.isEmpty || selectsAll) && limit == nil && !mayOmitDuplicates
    }
}
