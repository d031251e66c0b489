/// A value of a variable, an argument, or a result.
///
/// A description never shows a text, which could be a password.
public enum TransactSQLValue: Equatable, Sendable {
    /// NULL.
    case null
    /// An integer or a bit.
    case integer(Int64)
    /// An exact number with a fraction.
    case decimal(DecimalNumber)
    /// An approximate number.
    case float(Double)
    /// A text.
    case text(String)
    /// A date and a time of day.
    case dateTime(DateTime)
    /// Bytes.
    case binary([UInt8])

    /// The value in the format of `PRINT`, or `nil` for NULL.
    public var text: String? {
        switch self {
        case .null: nil
        case .integer(let value): String(value)
        case .decimal(let value): value.description
        case .float(let value): String(value)
        case .text(let value): value
        case .dateTime(let value): value.description
        case .binary(let bytes): "0x" + bytes.map(Self.hexadecimal).joined()
        }
    }

    /// The kind of value, for messages.
    var kindName: String {
        switch self {
        case .null: "NULL"
        case .integer: "an integer"
        case .decimal: "a decimal number"
        case .float: "a floating-point number"
        case .text: "a text"
        case .dateTime: "a date and time"
        case .binary: "bytes"
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        let digits = String(byte, radix: 16, uppercase: true)
        return digits.count == 1 ? "0" + digits : digits
    }
}

extension TransactSQLValue: CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The value; for a text, only its length.
    public var description: String {
        switch self {
        case .null: "NULL"
        case .text(let value): "'…' (\(value.count))"
        case .binary(let bytes): "0x… (\(bytes.count))"
        case .integer, .decimal, .float, .dateTime: text ?? ""
        }
    }

    /// The same as ``description``.
    public var debugDescription: String { description }
    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}
