package import StretchCatalog
package import StretchEndpoint
package import StretchSQLite
internal import StretchText

/// The identity of a list of fingerprints: what decides which fingerprint a cold row has.
package struct UniqueListKey: Hashable, Sendable {
    let relation: Int64
    /// For each column of the constraint, what its values and their comparison depend on.
    let columns: [UInt8]

    /// - Parameters:
    ///   - schema: The table's definition.
    ///   - current: The catalog's columns, in the definition's order.
    package init(
        _ constraint: UniqueConstraint, of schema: TableSchema, relation: Int64,
        current: [CatalogColumn]
    ) {
        self.relation = relation
        columns = Value.encode(
            constraint.terms.flatMap { term -> [Value] in
                let column = current[term.column]
                return [
                    .integer(column.id), .text(term.collation.rawValue),
                    .text(column.affinity.rawValue),
                    .text(schema.columns[term.column].affinity.rawValue),
                    .blob(Value.encode([column.defaultValue])),
                ]
            })
    }

    init(relation: Int64, columns: [UInt8]) {
        self.relation = relation
        self.columns = columns
    }
}

/// Makes fingerprints of 40 bits from the values of a row.
///
/// Values that are equal under their collations have the same fingerprint. Of a million rows, one
/// other value in a million has the fingerprint of a row.
package enum UniqueFingerprint {
    static let bitCount = 40

    package static func make(
        _ values: [Value], _ collations: [Collation], salt: UInt64
    ) -> UInt64 {
        var state = salt
        // The finalizer of SplitMix64 for each word: https://prng.di.unimi.it/splitmix64.c
        func mix(_ word: UInt64) {
            state = (state ^ word) &+ 0x9e37_79b9_7f4a_7c15
            state = (state ^ (state >> 30)) &* 0xbf58_476d_1ce4_e5b9
            state = (state ^ (state >> 27)) &* 0x94d0_49bb_1331_11eb
            state ^= state >> 31
        }
        let bytes = KeyIdentity.encode(values, collations)
        bytes.withUnsafeBytes { bytes in
            var offset = 0
            while offset + 8 <= bytes.count {
                mix(
                    UInt64(
                        littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)))
                offset += 8
            }
            var rest: UInt64 = 0
            while offset < bytes.count {
                rest = rest << 8 | UInt64(bytes[offset])
                offset += 1
            }
            mix(rest)
            mix(UInt64(bytes.count))
            mix(salt)
        }
        return state >> (64 - UInt64(bitCount))
    }
}

/// A page of a list: at most 8,192 fingerprints in order, in blocks of 128.
///
/// Each block begins with a fingerprint as it is; each following one is the distance to the one
/// before, in the code of Rice with one parameter per page. A page is the parameter (1 byte), for
/// each block its first fingerprint (5 bytes) and the place of its distances behind the blocks
/// (2 bytes), and the distances, which begin at a byte in each block. Numbers are little endian.
enum UniqueListPage {
    static let maximumCount = 8_192
    private static let blockCount = 128
    private static let entryByteCount = 7

    static func encode(_ fingerprints: [UInt64]) -> [UInt8] {
        precondition(!fingerprints.isEmpty && fingerprints.count <= maximumCount)
        let span = fingerprints[fingerprints.count - 1] - fingerprints[0]
        let mean = span / UInt64(fingerprints.count)
        let parameter = mean == 0 ? 0 : 63 - mean.leadingZeroBitCount
        var (directory, data): ([UInt8], [UInt8]) = ([UInt8(parameter)], [])
        for start in stride(from: 0, to: fingerprints.count, by: blockCount) {
            let block = fingerprints[start..<min(start + blockCount, fingerprints.count)]
            directory += bytes(block[start], count: 5) + bytes(UInt64(data.count), count: 2)
            var bits = BitWriter()
            for place in block.indices.dropFirst() {
                let distance = block[place] - block[place - 1]
                bits.append(ones: Int(distance >> UInt64(parameter)))
                bits.append(distance, count: parameter)
            }
            data += bits.bytes
        }
        return directory + data
    }

    private static func bytes(_ number: UInt64, count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: number >> UInt64(8 * $0)) }
    }

    private static func number(_ page: UnsafeRawBufferPointer, _ offset: Int, _ count: Int)
        -> UInt64
    {
        (0..<count).reduce(0) { $0 | UInt64(page[offset + $1]) << UInt64(8 * $1) }
    }

    /// Returns whether a page holds a fingerprint; `nil` if the page is damaged.
    static func contains(
        _ fingerprint: UInt64, _ page: UnsafeRawBufferPointer, count: Int
    ) -> Bool? {
        let blocks = (count + blockCount - 1) / blockCount
        guard page.count >= 1 + blocks * entryByteCount, blocks > 0 else { return nil }
        func first(_ block: Int) -> UInt64 { number(page, 1 + block * entryByteCount, 5) }
        var (low, high) = (0, blocks)
        while low < high {
            let middle = (low + high) / 2
            if first(middle) <= fingerprint { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return false }
        var found = false
        let isWhole = forEach(inBlock: low - 1, page, count: count) { other in
            found = other == fingerprint
            return other < fingerprint
        }
        return isWhole ? found : nil
    }

    /// Returns the fingerprints of a page, or `nil` if it is damaged.
    static func decode(_ page: UnsafeRawBufferPointer, count: Int) -> [UInt64]? {
        var fingerprints: [UInt64] = []
        fingerprints.reserveCapacity(count)
        for block in 0..<(count + blockCount - 1) / blockCount {
            let isWhole = forEach(inBlock: block, page, count: count) {
                fingerprints.append($0)
                return true
            }
            guard isWhole else { return nil }
        }
        return fingerprints
    }

    /// Calls `body` for the fingerprints of a block until it returns `false`.
    ///
    /// - Returns: `false` if the page is damaged.
    @inline(__always)
    private static func forEach(
        inBlock block: Int, _ page: UnsafeRawBufferPointer, count: Int, _ body: (UInt64) -> Bool
    ) -> Bool {
        let blocks = (count + blockCount - 1) / blockCount
        let start = 1 + blocks * entryByteCount
        guard page.count >= start, block < blocks else { return false }
        let parameter = UInt64(page[0])
        let entry = 1 + block * entryByteCount
        guard parameter < UInt64(UniqueFingerprint.bitCount) else { return false }
        var bits = BitReader(page, from: start + Int(number(page, entry + 5, 2)))
        var fingerprint = number(page, entry, 5)
        guard body(fingerprint) else { return true }
        for _ in 1..<max(min(blockCount, count - block * blockCount), 1) {
            guard let ones = bits.ones(), let rest = bits.number(Int(parameter)) else {
                return false
            }
            fingerprint &+= UInt64(ones) << parameter | rest
            guard body(fingerprint) else { return true }
        }
        return true
    }
}

/// Appends bits to bytes, the lowest bit of a byte first.
private struct BitWriter {
    private var whole: [UInt8] = []
    private var word: UInt64 = 0
    private var count = 0

    /// The bytes; the last one is filled with zeros.
    var bytes: [UInt8] { count == 0 ? whole : whole + [UInt8(truncatingIfNeeded: word)] }

    /// Appends the lowest bits of a number, at most 40.
    mutating func append(_ number: UInt64, count width: Int) {
        word |= (number & (1 << UInt64(width) - 1)) << UInt64(count)
        count += width
        while count >= 8 {
            whole.append(UInt8(truncatingIfNeeded: word))
            word >>= 8
            count -= 8
        }
    }

    /// Appends some ones and a zero.
    mutating func append(ones count: Int) {
        var rest = count
        while rest > 32 {
            append(.max, count: 32)
            rest -= 32
        }
        append(1 << UInt64(rest) - 1, count: rest + 1)
    }
}

/// Reads bits in the order of ``BitWriter``.
private struct BitReader {
    private let bytes: UnsafeRawBufferPointer
    private var next: Int
    private var word: UInt64 = 0
    private var count = 0

    init(_ bytes: UnsafeRawBufferPointer, from start: Int) {
        self.bytes = bytes
        next = start
    }

    private mutating func fill() {
        while count <= 56, next < bytes.count {
            word |= UInt64(bytes[next]) << UInt64(count)
            next += 1
            count += 8
        }
    }

    /// Returns how many ones precede the next zero; `nil` at the end.
    mutating func ones() -> Int? {
        var total = 0
        while true {
            if count == 0 { fill() }
            guard count > 0 else { return nil }
            let run = min((~word).trailingZeroBitCount, count)
            total += run
            let isDone = run < count
            drop(isDone ? run + 1 : run)
            if isDone { return total }
        }
    }

    mutating func number(_ width: Int) -> UInt64? {
        if count < width { fill() }
        guard count >= width else { return nil }
        let number = word & (1 << UInt64(width) - 1)
        drop(width)
        return number
    }

    private mutating func drop(_ bits: Int) {
        word = bits >= 64 ? 0 : word >> UInt64(bits)
        count -= bits
    }
}
