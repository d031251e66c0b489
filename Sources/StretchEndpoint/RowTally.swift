internal import Foundation
package import StretchCore

/// Watches the rows that a scan gets of each batch.
///
/// Rows which are double or of no batch, and missing ones where the scan is whole, are an error and
/// never an answer.
///
/// The rows of a batch have the ordinals `0 ..< rowCount`. In a whole scan they nearly always come
/// in ascending order, and then one number for each batch says which of them were here. The first
/// rows of another scan are compared one by one. What comes otherwise has one bit for each row of
/// the batches that it is of.
package final class RowTally {
    /// The rows of a scan that are compared one by one.
    private static let fewRowCount = 16

    private let batches: [VisibleBatch]
    private let isWhole: Bool
    /// In a whole scan how many rows of each batch came, all of them in order, or -1 for a batch
    /// that has bits; in others the packed locations of the first rows.
    private let known: UnsafeMutablePointer<Int64>
    /// In a scan that is not whole the number of the first rows, or one more where all have bits.
    private var knownCount = 0
    /// The bits of each batch that has some; made with the first ones.
    private var marks: UnsafeMutablePointer<UnsafeMutablePointer<UInt64>?>?
    /// The rows that came without their places.
    private var placelessCount: Int64 = 0

    /// Begins to watch.
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

    /// Takes a row, and returns its packed location.
    ///
    /// - Parameters:
    ///   - index: The place of the row's batch among the batches.
    ///   - remote: The remote as messages name it.
    /// - Throws: `damaged` for an ordinal that the batch does not have, and for a row that came
    ///   before.
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

    /// Takes rows whose places nobody asked for.
    package func take(rowCount: Int) { placelessCount += Int64(rowCount) }

    /// Ends a scan whose last row has come.
    ///
    /// - Throws: `damaged` when the scan is whole and rows are missing.
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

    /// Notes one of the first rows; returns `false` when it came before.
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

    /// Notes a row by its bit; returns `false` when it came before.
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

    /// Zeroed memory, which costs nothing before it is written where it is much.
    private static func zeros<Element>(_ count: Int) -> UnsafeMutablePointer<Element> {
        guard let memory = calloc(count, MemoryLayout<Element>.stride) else {
            fatalError("out of memory")
        }
        return memory.bindMemory(to: Element.self, capacity: count)
    }

    private static func damage(_ batch: Int64, _ what: String, _ remote: String) -> StretchError {
        StretchError(.damaged, "remote \"\(remote)\": batch \(batch) \(what)", hint: hint)
    }

    private static let hint = "Put the remote back from its backup, then use reauthorize."
}

extension ColdScanRequest {
    /// Whether the scan, read to its end, returns every row of the batches.
    package var isWhole: Bool {
        (constraints.isEmpty || selectsAll) && limit == nil && !mayOmitDuplicates
    }
}
