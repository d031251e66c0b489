import StretchSQLite
import StretchTestSupport
import Testing

@Suite struct RowBufferTests {
    @Test func `the encoding is the documented one`() {
        #expect(Value.encode([nil, 1]) == [0, 1, 1, 0, 0, 0, 0, 0, 0, 0])
        #expect(Value.encode([.real(-0.0)]) == [2, 0, 0, 0, 0, 0, 0, 0, 0x80])
        #expect(Value.encode(["é", .blob([])]) == [3, 2, 0, 0, 0, 0xc3, 0xa9, 4, 0, 0, 0, 0])
    }

    @Test func `what was encoded is decoded, and nothing else is`() {
        let bytes = Value.encode(SampleValues.borders)
        #expect(Value.decode(bytes) == SampleValues.borders)
        #expect(Value.decode([]) == [])
        // Cut between two values the bytes are whole; everywhere else they are not.
        var wholeCount = 0
        for count in 0...bytes.count {
            guard let values = Value.decode(Array(bytes.prefix(count))) else { continue }
            #expect(values == Array(SampleValues.borders.prefix(wholeCount)))
            wholeCount += 1
        }
        #expect(wholeCount == SampleValues.borders.count + 1)
        #expect(Value.decode([5]) == nil)
        #expect(Value.decode([3, 0xff, 0xff, 0xff, 0xff]) == nil)
    }

    @Test func `rows keep their values and identifiers while the buffer grows`() {
        var random = SeededGenerator(seed: 3)
        let buffer = RowBuffer(columnCount: 3, capacity: 1)
        var expected: [[Value]] = []
        for row in 0..<500 {
            let values =
                SampleValues.random(2, using: &random)
                + [.blob([UInt8](repeating: UInt8(row % 251), count: row * 7))]
            expected.append(values)
            buffer.beginRow(identifier: Int64(row) - 250)
            for value in values { buffer.append(value) }
            if row % 5 == 0 {
                buffer.beginRow(identifier: 9_999)
                buffer.append("taken back")
                buffer.removeLastRow()
            }
        }
        let copy = RowBuffer(columnCount: 3)
        for row in (0..<500).reversed() { copy.appendRow(row, of: buffer) }
        for row in 0..<500 {
            #expect(buffer.values(ofRow: row) == expected[row])
            #expect(buffer.rowIdentifiers[row] == Int64(row) - 250)
            #expect(Array(buffer.bytes(ofRow: row)) == Value.encode(expected[row]))
            #expect(copy.values(ofRow: 499 - row) == expected[row])
            #expect(copy.rowIdentifiers[499 - row] == Int64(row) - 250)
        }
        #expect(buffer.value(row: 7, column: 2).value == expected[7][2])
        #expect(expected.reduce(0) { $0 + Value.encode($1).count } == buffer.byteCount)
        buffer.removeAll()
        #expect(buffer.rowCount == 0 && buffer.byteCount == 0 && buffer.rowIdentifiers.isEmpty)
    }

    @Test func `a statement's row is copied as it is`() throws {
        let connection = try SampleValues.memory()
        let count = SampleValues.borders.count
        let list = (1...count).map { "?\($0)" }.joined(separator: ", ")
        let statement = try connection.prepare("SELECT 'first', \(list)")
        try statement.bind(SampleValues.borders)
        try statement.step()
        let buffer = RowBuffer(columnCount: count)
        buffer.beginRow(identifier: 1)
        buffer.appendRow(of: statement, from: 1, routines: connection.routines)
        #expect(buffer.values(ofRow: 0) == SampleValues.borders)
        let echo = try connection.prepare("SELECT \(list)")
        for column in 0..<count {
            try echo.bind(buffer.value(row: 0, column: column), at: column + 1)
        }
        #expect(try echo.rows() == [SampleValues.borders])
    }
}
