internal import StretchText

extension DataType {
    /// Converts a value to this type, as an assignment does.
    ///
    /// A text that is too long is refused; SQL Server would silently truncate a variable's value.
    ///
    /// - Throws: An error that names the type but never the value, with the
    ///   ``TransactSQLError/Code`` of a conversion, an overflow or a truncation.
    public func converting(_ value: TransactSQLValue) throws(TransactSQLError) -> TransactSQLValue {
        guard value != .null else { return .null }
        switch self {
        case .bit: return .integer(try bit(value))
        case .tinyInt: return .integer(try integer(value, in: 0...255))
        case .smallInt: return .integer(try integer(value, in: Int64(Int16.min)...Int64(Int16.max)))
        case .int: return .integer(try integer(value, in: Int64(Int32.min)...Int64(Int32.max)))
        case .bigInt: return .integer(try integer(value, in: Int64.min...Int64.max))
        case .decimal(let precision, let scale):
            return .decimal(try decimal(value, precision: precision, scale: scale))
        case .float: return .float(try float(value))
        case .date, .dateTime, .dateTime2: return .dateTime(try dateTime(value))
        case .uniqueIdentifier: return .text(try uniqueIdentifier(value))
        case .varchar(let length):
            return try text(value, fitting: length, \.utf8.count)
        case .nvarchar(let length): return try text(value, fitting: length, \.utf16.count)
        case .sysname: return try text(value, fitting: Self.maximumNameLength, \.utf16.count)
        }
    }

    private func mismatch(_ value: TransactSQLValue) -> TransactSQLError {
        TransactSQLError(
            .conversion, "\(value.kindName) cannot be converted to \(self)",
            hint: "Give a value that is one of the type \(self).")
    }

    private func overflow() -> TransactSQLError {
        TransactSQLError(
            .overflow, "the value is outside the range of \(self)",
            hint: "Give a smaller value, or use a wider type.")
    }

    private func bit(_ value: TransactSQLValue) throws(TransactSQLError) -> Int64 {
        if case .text(let text) = value {
            switch text.uppercasedASCII {
            case "TRUE": return 1
            case "FALSE": return 0
            default: break
            }
        }
        return try integer(value, in: Int64.min...Int64.max) == 0 ? 0 : 1
    }

    private func integer(
        _ value: TransactSQLValue, in range: ClosedRange<Int64>
    ) throws(TransactSQLError) -> Int64 {
        let integer: Int64?
        switch value {
        case .integer(let value): integer = value
        case .decimal(let value): integer = value.truncated
        case .float(let value): integer = abs(value) < 0x1p63 ? Int64(value) : nil
        case .text(let text):
            guard let number = DecimalNumber(text), number.scale == 0 else { throw mismatch(value) }
            integer = number.truncated
        case .null, .dateTime, .binary: throw mismatch(value)
        }
        guard let integer, range.contains(integer) else { throw overflow() }
        return integer
    }

    private func decimal(
        _ value: TransactSQLValue, precision: Int, scale: Int
    ) throws(TransactSQLError) -> DecimalNumber {
        let number: DecimalNumber?
        switch value {
        case .decimal(let value): number = value
        case .integer, .float, .text: number = value.text.flatMap(DecimalNumber.init)
        case .null, .dateTime, .binary: number = nil
        }
        guard let number else { throw mismatch(value) }
        let rounded = number.rounded(toScale: scale)
        guard rounded.wholeDigitCount <= precision - scale else { throw overflow() }
        return rounded
    }

    private func float(_ value: TransactSQLValue) throws(TransactSQLError) -> Double {
        switch value {
        case .integer(let value): return Double(value)
        case .float(let value): return value
        case .decimal, .text:
            guard let number = value.text.flatMap(Double.init), number.isFinite else {
                throw mismatch(value)
            }
            return number
        case .null, .dateTime, .binary: throw mismatch(value)
        }
    }

    private func dateTime(_ value: TransactSQLValue) throws(TransactSQLError) -> DateTime {
        let time: DateTime?
        switch value {
        case .dateTime(let value): time = value
        case .text(let text): time = DateTime(text)
        case .null, .integer, .decimal, .float, .binary: time = nil
        }
        guard let time else {
            throw TransactSQLError(
                .conversion, "\(value.kindName) cannot be converted to \(self)",
                hint: "Write the time as '2016-02-26T13:45:00'.")
        }
        if self == .dateTime, time.year < 1753 { throw overflow() }
        return time
    }

    /// Returns the identifier in upper case, as in SQL Server.
    private func uniqueIdentifier(_ value: TransactSQLValue) throws(TransactSQLError) -> String {
        guard case .text(var text) = value else { throw mismatch(value) }
        if text.beginsWith("{"), text.endsWith("}") {
            text = String(decoding: text.utf8.dropFirst().dropLast(), as: UTF8.self)
        }
        let groups = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        guard groups.map(\.count) == [8, 4, 4, 4, 12], groups.joined().allSatisfy(\.isHexDigit)
        else { throw mismatch(value) }
        return text.uppercasedASCII
    }

    private func text(
        _ value: TransactSQLValue, fitting length: Int?, _ measure: (String) -> Int
    ) throws(TransactSQLError) -> TransactSQLValue {
        guard let text = value.text else { return .null }
        guard length.map({ measure(text) <= $0 }) ?? true else {
            throw TransactSQLError(
                .truncation, "a text of length \(measure(text)) does not fit \(self)",
                hint: "Give a shorter text, or declare a longer type: nothing is cut off.")
        }
        return .text(text)
    }
}
