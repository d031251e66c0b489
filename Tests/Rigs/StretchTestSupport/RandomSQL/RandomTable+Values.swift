public import StretchSQLite

extension RandomTable {
    /// Draws a value to store in a column or to compare it with.
    ///
    /// Half of the values come from a small domain, so that keys and lookups collide; the others
    /// are of every kind that a move must keep as it is. A rowid alias gets no integer above
    /// 2^53 + 1, because SQLite draws keys at random beside the highest one.
    /// In a STRICT table about one value in 40 has a type that the column refuses.
    public func randomValue(
        for column: Column, using generator: inout SeededGenerator
    ) -> Value {
        if column.isRowIDAlias { return RandomValue.rowID(&generator) }
        let nullDenominator = column.isNotNull ? 60 : column.isKey ? 30 : 7
        if generator.isOne(in: nullDenominator) { return .null }
        guard isStrict, !generator.isOne(in: 40) else {
            return column.isKey && !generator.isOne(in: 5)
                ? RandomValue.key(column.affinity, &generator)
                : RandomValue.fitting(column.affinity, &generator)
        }
        switch column.declaredType {
        case "INT", "INTEGER": return RandomValue.integer(&generator)
        case "REAL": return RandomValue.number(&generator)
        case "TEXT": return RandomValue.text(&generator)
        case "BLOB": return RandomValue.blob(&generator)
        default: return RandomValue.any(&generator)
        }
    }

    /// Draws a row for the columns that a statement may set, in their order.
    public func randomRow(using generator: inout SeededGenerator) -> [Value] {
        writableColumns.map { randomValue(for: $0, using: &generator) }
    }
}

/// The pools of values.
enum RandomValue {
    static let largeIntegers: [Int64] = [
        .min, .min + 1, .max, .max - 1, 1 << 53, (1 << 53) + 1, (1 << 53) - 1, -(1 << 53) - 1,
        1 << 31, 1 << 32, -(1 << 31) - 1,
    ]
    static let reals: [Double] = [
        0.0, -0.0, .infinity, -.infinity, 0.1, -0.5, 1.5, 2.25, 1e300, .leastNonzeroMagnitude, 1e-7,
        9_007_199_254_740_992, 9_007_199_254_740_994, 9_223_372_036_854_775_808, 123456.789,
    ]
    static let words = [
        "alpha", "Alpha", "ALPHA", "beta", "Beta", "beta ", "beta  ", "gamma", "GAMMA", "delta",
        "äpfel", "Äpfel", "straße", "日本語", "🙂", "a_c", "a%c", "100%", "quo'te", "forbidden",
    ]
    static let numericTexts = [
        "7", "7.0", " 7", "7 ", "1e3", "0x10", "-0", "-0.0", "+3", "9223372036854775807",
        "9223372036854775808", "1.5", ".5", "inf", "nan", "12abc", "2024-02-29",
    ]
    static let oddTexts: [Text] = [
        "", " ", "\n", Text(bytes: [97, 0, 98]), Text(bytes: [0]), Text(bytes: [97, 0, 66]),
        Text(bytes: [0xff]), Text(bytes: [0xc3, 0x28]), Text(bytes: [97, 0xed, 0xa0, 0x80]),
        Text(String(repeating: "long ", count: 12)),
    ]
    static let blobs: [[UInt8]] = [
        [], [0], [0, 0], [55], [97], [65, 66], [255], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    ]

    static func rowID(_ generator: inout SeededGenerator) -> Value {
        if generator.isOne(in: 40) { return .null }
        if generator.isOne(in: 100) { return .integer((1 << 53) + 1) }
        if generator.isOne(in: 50) { return .integer(generator.choice([.min, -1, 0, -7])) }
        return .integer(Int64(generator.integer(1...80)))
    }

    /// A value of a domain with about a hundred members.
    static func key(_ affinity: RandomTable.Affinity, _ generator: inout SeededGenerator) -> Value {
        guard affinity == .text else { return .integer(Int64(generator.integer(0...9))) }
        let word = generator.choice(["ab", "Ab", "AB", "cd", "Cd", "ef", "x", "ab "])
        return .text("\(word)\(generator.integer(0...9))")
    }

    static func fitting(
        _ affinity: RandomTable.Affinity, _ generator: inout SeededGenerator
    ) -> Value {
        if generator.isOne(in: 5) { return any(&generator) }
        switch affinity {
        case .integer: return integer(&generator)
        case .real, .numeric: return number(&generator)
        case .text: return text(&generator)
        case .blob: return any(&generator)
        }
    }

    static func any(_ generator: inout SeededGenerator) -> Value {
        switch generator.integer(0...7) {
        case 0...2: integer(&generator)
        case 3: number(&generator)
        case 4...6: text(&generator)
        default: blob(&generator)
        }
    }

    static func integer(_ generator: inout SeededGenerator) -> Value {
        generator.isOne(in: 8)
            ? .integer(generator.choice(largeIntegers))
            : .integer(Int64(generator.integer(-3...12)))
    }

    static func number(_ generator: inout SeededGenerator) -> Value {
        switch generator.integer(0...3) {
        case 0: integer(&generator)
        case 1: .real(generator.choice(reals))
        case 2: .real(Double(generator.integer(-3...12)))
        default: .real(Double(generator.integer(-20...80)) / 4)
        }
    }

    static func text(_ generator: inout SeededGenerator) -> Value {
        switch generator.integer(0...9) {
        case 0: .text(generator.choice(oddTexts))
        case 1...2: .text(generator.choice(numericTexts))
        case 3: .text("\(generator.integer(0...12))")
        default: .text(generator.choice(words))
        }
    }

    static func blob(_ generator: inout SeededGenerator) -> Value {
        .blob(generator.choice(blobs))
    }
}

extension Value {
    /// The value as an SQL literal, or as an expression that gives exactly this value.
    ///
    /// Text with NUL or invalid UTF-8 becomes a cast of its bytes, which holds in UTF-8 databases.
    public var literal: String {
        switch self {
        case .null: "NULL"
        case .integer(let value): "\(value)"
        case .real(let value) where value.isInfinite: value < 0 ? "-9e999" : "9e999"
        case .real(let value): "\(value)"
        case .text(let text): Value.literal(text)
        case .blob(let bytes): "x'\(Value.hexadecimal(bytes))'"
        }
    }

    private static func literal(_ text: Text) -> String {
        guard let string = text.string, !text.bytes.contains(0) else {
            return "CAST(x'\(hexadecimal(text.bytes))' AS TEXT)"
        }
        return "'"
            + string.split(separator: "'", omittingEmptySubsequences: false)
            .joined(separator: "''") + "'"
    }

    private static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
