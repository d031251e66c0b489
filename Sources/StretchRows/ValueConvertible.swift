public import Foundation
public import StretchCore
public import StretchSQLite

/// A type whose values can be bound to parameters and read from columns.
///
/// Reading is exact: a value that the type cannot represent, such as `2.5` for an `Int`, yields
/// `nil`.
public protocol ValueConvertible {
    /// The value in SQLite's representation.
    var sqliteValue: Value { get }
    /// Creates a value from a SQLite value, or `nil` if the type cannot represent it.
    init?(sqliteValue: Value)
}

extension Value {
    /// Creates a value from any type that can be bound.
    public init(_ value: some ValueConvertible) { self = value.sqliteValue }
}

extension Value: ValueConvertible {
    /// The value itself.
    public var sqliteValue: Value { self }
    /// The value itself.
    public init?(sqliteValue: Value) { self = sqliteValue }
}

// MARK: Numbers

extension FixedWidthInteger {
    /// An INTEGER, or a REAL without a fraction, in the type's range.
    init?(integerIn value: Value) {
        switch value {
        case .integer(let integer): self.init(exactly: integer)
        case .real(let real): self.init(exactly: real)
        default: return nil
        }
    }
}

extension Int: ValueConvertible {
    /// An INTEGER.
    public var sqliteValue: Value { .integer(Int64(self)) }
    /// An INTEGER, or a REAL without a fraction, in the type's range.
    public init?(sqliteValue: Value) { self.init(integerIn: sqliteValue) }
}

extension Int64: ValueConvertible {
    /// An INTEGER.
    public var sqliteValue: Value { .integer(self) }
    /// An INTEGER, or a REAL without a fraction, in the type's range.
    public init?(sqliteValue: Value) { self.init(integerIn: sqliteValue) }
}

extension Int32: ValueConvertible {
    /// An INTEGER.
    public var sqliteValue: Value { .integer(Int64(self)) }
    /// An INTEGER, or a REAL without a fraction, in the type's range.
    public init?(sqliteValue: Value) { self.init(integerIn: sqliteValue) }
}

extension UInt32: ValueConvertible {
    /// An INTEGER.
    public var sqliteValue: Value { .integer(Int64(self)) }
    /// An INTEGER, or a REAL without a fraction, in the type's range.
    public init?(sqliteValue: Value) { self.init(integerIn: sqliteValue) }
}

extension Bool: ValueConvertible {
    /// The INTEGER 1 or 0.
    public var sqliteValue: Value { .integer(self ? 1 : 0) }
    /// An INTEGER; every value but 0 is true.
    public init?(sqliteValue: Value) {
        guard case .integer(let integer) = sqliteValue else { return nil }
        self = integer != 0
    }
}

extension Double: ValueConvertible {
    /// A REAL; SQLite stores a NaN as NULL.
    public var sqliteValue: Value { .real(self) }
    /// A REAL, or an INTEGER that the type can represent exactly.
    public init?(sqliteValue: Value) {
        switch sqliteValue {
        case .real(let real): self = real
        case .integer(let integer): self.init(exactly: integer)
        default: return nil
        }
    }
}

// MARK: Text and bytes

extension String: ValueConvertible {
    /// A TEXT.
    public var sqliteValue: Value { .text(Text(self)) }
    /// A TEXT in valid UTF-8.
    public init?(sqliteValue: Value) {
        guard let string = sqliteValue.stringValue else { return nil }
        self = string
    }
}

extension Text: ValueConvertible {
    /// A TEXT.
    public var sqliteValue: Value { .text(self) }
    /// A TEXT of any bytes.
    public init?(sqliteValue: Value) {
        guard case .text(let text) = sqliteValue else { return nil }
        self = text
    }
}

extension [UInt8]: ValueConvertible {
    /// A BLOB.
    public var sqliteValue: Value { .blob(self) }
    /// A BLOB.
    public init?(sqliteValue: Value) {
        guard case .blob(let bytes) = sqliteValue else { return nil }
        self = bytes
    }
}

extension Data: ValueConvertible {
    /// A BLOB.
    public var sqliteValue: Value { .blob(Array(self)) }
    /// A BLOB.
    public init?(sqliteValue: Value) {
        guard case .blob(let bytes) = sqliteValue else { return nil }
        self.init(bytes)
    }
}

// MARK: Time

extension Timestamp: ValueConvertible {
    /// A TEXT in UTC: `2026-11-22 10:00:00.000`.
    public var sqliteValue: Value { .text(Text(description)) }
    /// A TEXT that ``init(parsing:)`` accepts.
    public init?(sqliteValue: Value) {
        guard let text = sqliteValue.stringValue else { return nil }
        self.init(parsing: text)
    }
}

extension Date: ValueConvertible {
    /// A TEXT in UTC with milliseconds: `2026-11-22 10:00:00.000`.
    ///
    /// NULL for a date with a year outside 0…9999, which SQLite's functions do not support.
    public var sqliteValue: Value {
        let milliseconds = (timeIntervalSince1970 * 1_000).rounded()
        guard (-62_167_219_200_000...253_402_300_799_999).contains(milliseconds) else {
            return .null
        }
        return Timestamp(milliseconds: Int64(milliseconds)).sqliteValue
    }
    /// A TEXT such as `2026-11-22 10:00:00` or `2026-11-22T10:00:00+01:00`; UTC without an offset.
    public init?(sqliteValue: Value) {
        guard let time = Timestamp(sqliteValue: sqliteValue) else { return nil }
        self.init(timeIntervalSince1970: Double(time.milliseconds) / 1_000)
    }
}
