internal import Foundation

extension Int64 {
    /// The number with separators: `1,000,000`.
    var grouped: String {
        var digits = String(magnitude)
        var groups: [String] = []
        while digits.count > 3 {
            groups.insert(String(digits.suffix(3)), at: 0)
            digits.removeLast(3)
        }
        return (self < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
    }

    /// Returns the number with its noun: `1 batch`, `2,000 batches`.
    func counted(_ one: String, _ many: String) -> String {
        "\(grouped) \(self == 1 ? one : many)"
    }

    /// The number as an amount of bytes: `12.3 MiB`.
    var byteText: String {
        var amount = Double(self)
        for unit in ["bytes", "KiB", "MiB", "GiB"] {
            if amount < 1_024 {
                return unit == "bytes" ? "\(self) bytes" : "\(amount.formatted(digits: 1)) \(unit)"
            }
            amount /= 1_024
        }
        return "\(amount.formatted(digits: 1)) TiB"
    }
}

extension Double {
    /// Returns the number with a fixed number of decimals, 0 to 6.
    func formatted(digits: Int) -> String {
        let scale = (0..<digits).reduce(1.0) { scale, _ in scale * 10 }
        let rounded = Int64((magnitude * scale).rounded())
        let text = String(rounded)
        let padded = String(repeating: "0", count: Swift.max(0, digits + 1 - text.count)) + text
        let sign = self < 0 && rounded > 0 ? "-" : ""
        guard digits > 0 else { return sign + padded }
        return sign + padded.dropLast(digits) + "." + padded.suffix(digits)
    }
}

extension Duration {
    /// The duration in seconds.
    var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    /// The duration in hours, to the millisecond.
    var hours: Double {
        let (seconds, attoseconds) = components
        return Double(seconds * 1_000 + attoseconds / 1_000_000_000_000_000) / 3_600_000
    }

    /// The duration as text: `0.4 ms`, `1.2 s`, `3 min 20 s`.
    var text: String {
        let value = seconds
        if value < 1 { return "\((value * 1_000).formatted(digits: 1)) ms" }
        if value < 60 { return "\(value.formatted(digits: 1)) s" }
        let whole = Int64(value.rounded())
        if whole < 3_600 { return "\(whole / 60) min \(whole % 60) s" }
        return "\(whole / 3_600) h \(whole % 3_600 / 60) min"
    }

    /// The duration as text in days if it is long, such as `12 days`; otherwise as ``text``.
    var longText: String {
        let days = Int64(seconds / 86_400)
        return days >= 3 ? "\(days.grouped) days" : text
    }
}
