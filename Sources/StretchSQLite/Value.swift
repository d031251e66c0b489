/// A SQLite value with its exact storage class.
///
/// Equality is identity of the stored values: `1` and `1.0` differ, and so do `0.0` and `-0.0`.
/// Source: <https://sqlite.org/datatype3.html>.
public enum Value: Sendable {
    /// The NULL value.
    case null
    /// A signed integer of 64 bits.
    case integer(Int64)
    /// An IEEE 754 number of 64 bits; SQLite stores a NaN as NULL.
    case real(Double)
    /// Text, which is not necessarily valid UTF-8.
    case text(Text)
    /// Bytes.
    case blob([UInt8])

    /// Creates a text value from a string.
    public static func text(_ string: String) -> Value { .text(Text(string)) }
}

extension Value: Hashable {
    /// Whether two values have the same storage class and the same bits.
    public static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.integer(let left), .integer(let right)): left == right
        case (.real(let left), .real(let right)): left.bitPattern == right.bitPattern
        case (.text(let left), .text(let right)): left == right
        case (.blob(let left), .blob(let right)): left == right
        default: false
        }
    }

    /// Hashes the storage class and the bits.
    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .integer(let value): hasher.combine(value)
        case .real(let value): hasher.combine(value.bitPattern)
        case .text(let value): hasher.combine(value)
        case .blob(let value): hasher.combine(value)
        }
    }
}

extension Value: ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByNilLiteral
{
    /// An INTEGER.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// A REAL.
    public init(floatLiteral value: Double) { self = .real(value) }
    /// A TEXT.
    public init(stringLiteral value: String) { self = .text(Text(value)) }
    /// The INTEGER 1 or 0.
    public init(booleanLiteral value: Bool) { self = .integer(value ? 1 : 0) }
    /// A NULL.
    public init(nilLiteral: ()) { self = .null }
}

extension Value {
    /// The integer, if the value is an INTEGER.
    public var integerValue: Int64? {
        guard case .integer(let value) = self else { return nil }
        return value
    }

    /// The floating-point number, if the value is a REAL.
    public var realValue: Double? {
        guard case .real(let value) = self else { return nil }
        return value
    }

    /// The bytes, if the value is a BLOB.
    public var blobValue: [UInt8]? {
        guard case .blob(let value) = self else { return nil }
        return value
    }

    /// The text as a string, if the value is text in valid UTF-8.
    public var stringValue: String? {
        guard case .text(let value) = self else { return nil }
        return value.string
    }
}

/// Text as SQLite stores it: any bytes, including NUL and invalid UTF-8.
public struct Text: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The bytes, without a terminator.
    public let bytes: [UInt8]

    /// Creates text from raw bytes.
    public init(bytes: [UInt8]) { self.bytes = bytes }
    /// Creates text from a string, as UTF-8.
    public init(_ string: String) { bytes = Array(string.utf8) }
    /// Creates text from a literal.
    public init(stringLiteral value: String) { self.init(value) }

    /// The string, or `nil` if the bytes are not valid UTF-8.
    public var string: String? { String(validating: bytes, as: UTF8.self) }
    /// The string, with U+FFFD in place of invalid UTF-8.
    public var description: String { String(decoding: bytes, as: UTF8.self) }
}
