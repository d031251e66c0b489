import Foundation
import Testing

@testable import StretchCore

@Suite struct TimestampTests {
    @Test(arguments: [
        ("1970-01-01", 0), ("1970-01-01 00:00", 0), ("2026-11-23T02:33:07Z", 1_795_401_187_000),
        ("2026-11-23 02:33:07.5", 1_795_401_187_500),
        ("2026-11-23T03:33:07.123456789+01:00", 1_795_401_187_123),
        ("2024-02-29 23:59:59.999", 1_709_251_199_999), ("1969-12-31 23:59:59", -1_000),
        ("2000-03-01", 951_868_800_000), ("0001-01-01", -62_135_596_800_000),
    ])
    func `a time is read exactly`(_ text: String, _ milliseconds: Int64) {
        #expect(Timestamp(parsing: text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "now", "2026", "2026-13-01", "2026-02-29", "2026-11-23 24:00", "2026-11-23 10:60",
        "2026-11-23 10:00:60", "2026-11-23 10:00:00.", "2026-11-23x", "2026-11-23 10:00 UTC",
        "2026-11-23 10:00+1:00", "26-11-23", "2026-11-23Z",
    ])
    func `what is no time is refused`(_ text: String) {
        #expect(Timestamp(parsing: text) == nil)
    }

    @Test func `every day of 500 years is written as Foundation writes it`() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        for day in stride(from: Int64(-100_000), to: 100_000, by: 7) {
            let time = Timestamp(milliseconds: day * 86_400_000 + 3_723_004)
            let date = Date(timeIntervalSince1970: Double(day) * 86_400)
            let parts = calendar.dateComponents([.year, .month, .day], from: date)
            let expected = String(
                format: "%04d-%02d-%02d 01:02:03.004", parts.year!, parts.month!, parts.day!)
            #expect(time.description == expected)
            #expect(Timestamp(parsing: expected) == time)
        }
    }
}
