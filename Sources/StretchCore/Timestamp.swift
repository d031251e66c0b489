/// A time in UTC with millisecond precision.
public struct Timestamp: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The milliseconds since 1970-01-01 00:00:00 UTC.
    public let milliseconds: Int64

    /// Creates a timestamp from milliseconds since 1970.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// Parses `2026-11-22 10:00:00.000`; date and time may be separated by `T`, and `Z` or `+02:00`
    /// may follow.
    ///
    /// Seconds and their fraction may be missing; without an offset the time is in UTC.
    ///
    /// - Returns: `nil` for anything else, such as a day that does not exist.
    public init?(parsing text: String) {
        var rest = Array(text.utf8)[...]
        func number(_ digitCount: Int) -> Int64? {
            let digits = rest.prefix(digitCount)
            guard digits.count == digitCount, digits.allSatisfy({ 0x30...0x39 ~= $0 }) else {
                return nil
            }
            rest = rest.dropFirst(digitCount)
            return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }
        func take(_ characters: String) -> UInt8? {
            guard let first = rest.first, characters.utf8.contains(first) else { return nil }
            rest = rest.dropFirst()
            return first
        }
        guard let year = number(4), take("-") != nil, let month = number(2), take("-") != nil,
            let day = number(2), (1...12).contains(month),
            (1...Self.dayCount(year, month)).contains(day)
        else { return nil }
        var milliseconds = Self.days(year, month, day) * 86_400_000
        if !rest.isEmpty {
            guard take(" Tt") != nil, let hour = number(2), hour < 24, take(":") != nil,
                let minute = number(2), minute < 60
            else { return nil }
            milliseconds += (hour * 60 + minute) * 60_000
            if take(":") != nil {
                guard let second = number(2), second < 60 else { return nil }
                milliseconds += second * 1_000
                if take(".") != nil {
                    let digits = rest.prefix { 0x30...0x39 ~= $0 }
                    guard !digits.isEmpty, digits.count <= 9 else { return nil }
                    rest = rest.dropFirst(digits.count)
                    let padded = Array(digits) + [0x30, 0x30]
                    milliseconds += padded.prefix(3).reduce(0) { $0 * 10 + Int64($1 - 0x30) }
                }
            }
            if let sign = take("+-") {
                guard let hour = number(2), hour < 24, take(":") != nil, let minute = number(2),
                    minute < 60
                else { return nil }
                let offset = (hour * 60 + minute) * 60_000
                milliseconds += sign == UInt8(ascii: "+") ? -offset : offset
            } else {
                _ = take("Zz")
            }
        }
        guard rest.isEmpty else { return nil }
        self.milliseconds = milliseconds
    }

    /// The time in SQLite's format: `2026-11-22 10:00:00.000`.
    public var description: String {
        let (day, time) = milliseconds.dividedFlooring(by: 86_400_000)
        let (year, month, date) = Self.date(day)
        func padded(_ number: Int64, _ count: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(count - digits.count, 0)) + digits
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(date, 2)) "
            + "\(padded(time / 3_600_000, 2)):\(padded(time / 60_000 % 60, 2)):"
            + "\(padded(time / 1_000 % 60, 2)).\(padded(time % 1_000, 3))"
    }

    /// Orders timestamps by time.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }

    // MARK: The Gregorian calendar

    private static func dayCount(_ year: Int64, _ month: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// The days since 1970-01-01, in years that begin in March, so that leap days come last.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let (era, yearOfEra) = shifted.dividedFlooring(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
            - 719_468
    }

    private static func date(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, day) = (days + 719_468).dividedFlooring(by: 146_097)
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        let isNextYear = month >= 10
        return (
            era * 400 + year + (isNextYear ? 1 : 0), isNextYear ? month - 9 : month + 3,
            dayOfYear - (153 * month + 2) / 5 + 1
        )
    }
}

extension Int64 {
    fileprivate func dividedFlooring(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
