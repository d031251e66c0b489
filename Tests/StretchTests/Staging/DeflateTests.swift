import StretchCompression
import StretchSQLite
import StretchTestSupport
import Testing

@Suite struct DeflateTests {
    private func inflated(_ pieces: [[UInt8]], byteCount: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0xAA, count: byteCount)
        let isComplete = bytes.withUnsafeMutableBytes { memory in
            var inflate = Inflate(into: memory)
            for piece in pieces { piece.withUnsafeBytes { inflate.append($0) } }
            return inflate.isComplete
        }
        return isComplete ? bytes : nil
    }

    private func random(_ count: Int, seed: UInt64) -> [UInt8] {
        var generator = SeededGenerator(seed: seed)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    @Test(arguments: [0, 1, 1_000, 1 << 20, 3_000_000])
    func `bytes come back as they were`(_ count: Int) {
        for bytes in [random(count, seed: 7), [UInt8](repeating: 3, count: count)] {
            let pieces = bytes.withUnsafeBytes { Deflate.compress($0) }
            #expect(inflated(pieces, byteCount: count) == bytes)
            #expect(pieces.dropLast().allSatisfy { $0.count == Deflate.pieceByteCount })
            let byteCount = pieces.reduce(0) { $0 + $1.count }
            #expect(count / Deflate.maximumRatio <= byteCount)
        }
    }

    @Test func `what is cut, longer, or of another size is no answer`() {
        let bytes = random(5_000, seed: 1) + [UInt8](repeating: 0, count: 5_000)
        let whole = bytes.withUnsafeBytes { Deflate.compress($0) }.flatMap { $0 }
        #expect(inflated([whole], byteCount: bytes.count) == bytes)
        for count in [0, 1, 2, 100, whole.count - 1] {
            #expect(inflated([Array(whole.prefix(count))], byteCount: bytes.count) == nil)
        }
        #expect(inflated([whole, [0]], byteCount: bytes.count) == nil)
        #expect(inflated([whole + [0]], byteCount: bytes.count) == nil)
        for count in [0, bytes.count - 1, bytes.count + 1] {
            #expect(inflated([whole], byteCount: count) == nil)
        }
    }

    @Test func `a changed byte never traps, and is noticed`() {
        let bytes = [UInt8](repeating: 1, count: 400) + random(400, seed: 2)
        let whole = bytes.withUnsafeBytes { Deflate.compress($0) }.flatMap { $0 }
        for place in whole.indices {
            var changed = whole
            changed[place] ^= 0x10
            let found = inflated([changed], byteCount: bytes.count)
            #expect(found == nil || found == bytes, "byte \(place)")
        }
    }

    @Test func `rows are loaded as they were, and nothing but whole rows`() {
        let rows = RowBuffer(columnCount: 3)
        let values: [[Value]] = [
            [1, "a", .null], [-0.5, .blob([0, 1]), ""], [.integer(.min), .null, "längst"],
        ]
        for (place, row) in values.enumerated() {
            rows.beginRow(identifier: Int64(place))
            for value in row { rows.append(value) }
        }
        let bytes = [UInt8](rows.bytes)
        func load(_ bytes: [UInt8], rowCount: Int) -> [[Value]]? {
            let loaded = RowBuffer(columnCount: 3)
            let isLoaded = loaded.load(rowCount: rowCount, byteCount: bytes.count) { memory in
                memory.copyBytes(from: bytes)
                return true
            }
            guard isLoaded else {
                #expect(loaded.rowCount == 0 && loaded.byteCount == 0)
                return nil
            }
            #expect(loaded.rowIdentifiers == (0..<Int64(rowCount)).map { $0 })
            return (0..<loaded.rowCount).map { loaded.values(ofRow: $0) }
        }
        #expect(load(bytes, rowCount: 3) == values)
        for count in [0, 1, 2, 4, 100] { #expect(load(bytes, rowCount: count) == nil) }
        for count in 0..<bytes.count {
            #expect(load(Array(bytes.prefix(count)), rowCount: 3) == nil)
        }
        #expect(load([9] + bytes.dropFirst(), rowCount: 3) == nil)
    }
}
