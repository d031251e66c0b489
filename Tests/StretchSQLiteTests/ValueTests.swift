import Stretch
import StretchSQLite
import StretchTestSupport
import Testing

/// Values on the borders of every storage class, and random ones.
enum SampleValues {
    static let borders: [Value] = [
        nil, .integer(.min), -1, 0, 1, 9_007_199_254_740_993, .integer(.max), 0.0, .real(-0.0),
        1.0, 0.1, .real(.leastNonzeroMagnitude), .real(.greatestFiniteMagnitude),
        .real(.infinity), .real(-.infinity), .real(9_223_372_036_854_775_808), "", "a", "A", "a ",
        .text(Text(bytes: [0])), .text(Text(bytes: [0x61, 0, 0x62])),
        .text(Text(bytes: [0x61, 0, 0x43])), .text(Text(bytes: [0xff, 0xc3])), "é", .blob([]),
        .blob([0]), .blob([0x61]), .blob([0xff, 0]),
    ]

    static func random(_ count: Int, using random: inout SeededGenerator) -> [Value] {
        (0..<count).map { _ in
            let bytes = (0..<Int.random(in: 0...3, using: &random)).map { _ in
                [UInt8](arrayLiteral: 0, 0x20, 0x41, 0x42, 0x61, 0x62, 0xc3)
                    .randomElement(using: &random)!
            }
            switch Int.random(in: 0..<6, using: &random) {
            case 0: return borders.randomElement(using: &random)!
            case 1: return .integer(Int64.random(in: -3...3, using: &random))
            case 2: return .real(Double(Int.random(in: -6...6, using: &random)) / 2)
            case 3: return .blob(bytes)
            default: return .text(Text(bytes: bytes))
            }
        }
    }

    static func memory() throws -> Connection {
        try Connection(path: ":memory:", access: .create, routines: .linked)
    }
}

@Suite struct ValueTests {
    @Test func `values are equal only when class and bits are`() {
        #expect(Value.integer(1) != .real(1))
        #expect(Value.real(0) != .real(-0.0))
        #expect(Value.real(.nan) == .real(.nan))
        #expect(Value.text("a") != .blob([0x61]))
        #expect(Value.text("é") != .text("e\u{301}"))
        #expect(Set(SampleValues.borders).count == SampleValues.borders.count)
    }

    @Test func `text keeps its bytes, and is a string only when they are UTF-8`() {
        #expect(Text(bytes: [0xff]).string == nil)
        #expect(Text(bytes: [0xff]).description == "\u{fffd}")
        #expect(Text(bytes: [0x61, 0]).string == "a\0")
        #expect(Value.blob([0x61]).stringValue == nil)
        #expect(Value.real(1).integerValue == nil)
    }

    @Test func `every value survives binding, storing and reading`() throws {
        let connection = try SampleValues.memory()
        try connection.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, v)")
        for (id, value) in SampleValues.borders.enumerated() {
            try connection.run("INSERT INTO t VALUES(?, ?)", .integer(Int64(id)), value)
        }
        #expect(
            try connection.rows("SELECT v FROM t ORDER BY id") == SampleValues.borders.map { [$0] })
        // SQLite has no NaN.
        #expect(try connection.rows("SELECT ?", .real(.nan)) == [[nil]])
    }

    @Test(arguments: ["BINARY", "NOCASE", "RTRIM"])
    func `the order of encoded values is that of ORDER BY`(collation: String) throws {
        let seed = SeededGenerator.seedFromEnvironment(default: 8)
        var random = SeededGenerator(seed: seed)
        let connection = try SampleValues.memory()
        let statement = try connection.prepare(
            """
            SELECT coalesce((?1 > ?2 COLLATE \(collation)) - (?1 < ?2 COLLATE \(collation)),
                (?1 IS NOT NULL) - (?2 IS NOT NULL))
            """)
        let values = SampleValues.borders + SampleValues.random(300, using: &random)
        for left in values {
            for right in values.shuffled(using: &random).prefix(60) {
                let rows = RowBuffer(columnCount: 2)
                rows.beginRow(identifier: 0)
                rows.append(left)
                rows.append(right)
                let order = rows.value(row: 0, column: 0).compare(
                    rows.value(row: 0, column: 1), foldsCase: collation == "NOCASE",
                    ignoresTrailingSpaces: collation == "RTRIM")
                let expected = try statement.firstRow(left, right)?.first?.integerValue
                #expect(Int64(order.signum()) == expected, "seed \(seed): \(left), \(right)")
            }
        }
    }
}
