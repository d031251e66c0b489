/// A date and a time of day in the Gregorian calendar, with or without an offset from UTC.
public struct DateTime: Equatable, Sendable {
    /// The year: `1...9999`.
    public let year: Int
    /// The month: `1...12`.
    public let month: Int
    /// The day of the month: `1...31`.
    public let day: Int
    /// The seconds since midnight: `0..<86_400`.
    public let second: Int
    /// The nanoseconds of the second, in steps of 100.
    public let nanosecond: Int
    /// The offset of local time from UTC in minutes, or `nil` if none is written.
    public let offsetMinutes: Int?

    /// Parses a date with an optional time and offset.
    ///
    /// The format is `yyyy-mm-dd` or `yyyymmdd`, optionally followed by a space or `T` and
    /// `hh:mm[:ss[.fffffff]]`, and optionally by `Z` or `±hh:mm`.
    ///
    /// SQL Server interprets these formats identically in every language.
    public init?(_ text: String) {
        var reader = FieldReader(text)
        guard let year = reader.number(digits: 4) else { return nil }
        let hasDashes = reader.accept("-")
        guard let month = reader.number(digits: 2), !hasDashes || reader.accept("-"),
            let day = reader.number(digits: 2)
        else { return nil }
        var second = 0
        var nanosecond = 0
        if reader.accept("T") || reader.acceptSpaces() {
            guard let hour = reader.number(digits: 2), hour < 24, reader.accept(":"),
                let minute = reader.number(digits: 2), minute < 60
            else { return nil }
            second = hour * 3600 + minute * 60
            if reader.accept(":") {
                guard let seconds = reader.number(digits: 2), seconds < 60 else { return nil }
                second += seconds
                if reader.accept(".") {
                    guard let fraction = reader.fraction() else { return nil }
                    nanosecond = fraction
                }
            }
        }
        guard reader.acceptOffset(), reader.isAtEnd else { return nil }
        guard year >= 1, (1...12).contains(month),
            (1...Self.dayCount(ofMonth: month, year: year)).contains(day)
        else { return nil }
        (self.year, self.month, self.day) = (year, month, day)
        (self.second, self.nanosecond) = (second, nanosecond)
        offsetMinutes = reader.offsetMinutes
    }

    private static func dayCount(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension DateTime: CustomStringConvertible {
    /// `yyyy-mm-dd hh:mm:ss[.fffffff][Z|±hh:mm]`.
    public var description: String {
        let date = "\(Self.padded(year, 4))-\(Self.padded(month, 2))-\(Self.padded(day, 2))"
        let clock = [second / 3600, second / 60 % 60, second % 60]
            .map { Self.padded($0, 2) }.joined(separator: ":")
        var fraction = Self.padded(nanosecond / 100, 7)
        while fraction.last == "0" { fraction.removeLast() }
        return date + " " + clock + (fraction.isEmpty ? "" : "." + fraction) + offsetText
    }

    private var offsetText: String {
        guard let offsetMinutes else { return "" }
        guard offsetMinutes != 0 else { return "Z" }
        let minutes = abs(offsetMinutes)
        let sign = offsetMinutes < 0 ? "-" : "+"
        return "\(sign)\(Self.padded(minutes / 60, 2)):\(Self.padded(minutes % 60, 2))"
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// Reads fields of a fixed width.
private struct FieldReader {
    private var rest: ArraySlice<UInt8>
    /// The accepted offset, in minutes.
    private(set) var offsetMinutes: Int?

    init(_ text: String) {
        rest = Array(text.utf8)[...].drop(while: \.isSpace)
        while rest.last?.isSpace ?? false { rest.removeLast() }
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func number(digits count: Int) -> Int? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy(\.isDigit) else { return nil }
        rest.removeFirst(count)
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }

    /// Reads one to seven digits as nanoseconds.
    mutating func fraction() -> Int? {
        let digits = rest.prefix(while: \.isDigit)
        guard (1...7).contains(digits.count) else { return nil }
        rest.removeFirst(digits.count)
        let value = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
        return (digits.count..<9).reduce(value) { value, _ in value * 10 }
    }

    /// Accepts an optional offset, and returns whether the end follows.
    mutating func acceptOffset() -> Bool {
        if isAtEnd { return true }
        if accept("Z") {
            offsetMinutes = 0
            return true
        }
        let isNegative = accept("-")
        guard isNegative || accept("+"), let hour = number(digits: 2), hour <= 14, accept(":"),
            let minute = number(digits: 2), minute < 60
        else { return false }
        offsetMinutes = (isNegative ? -1 : 1) * (hour * 60 + minute)
        return true
    }

    mutating func accept(_ character: Character) -> Bool {
        guard let first = rest.first, first.asUppercase == character.asciiValue else {
            return false
        }
        rest.removeFirst()
        return true
    }

    mutating func acceptSpaces() -> Bool {
        let spaces = rest.prefix(while: \.isSpace)
        rest.removeFirst(spaces.count)
        return !spaces.isEmpty
    }
}
