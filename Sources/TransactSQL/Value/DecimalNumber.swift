/// An exact decimal number of at most 38 digits, as SQL Server's `decimal`.
public struct DecimalNumber: Equatable, Sendable, CustomStringConvertible {
    /// The maximum number of digits.
    public static let maximumPrecision = 38

    private let isNegative: Bool
    /// The digits before the point, without leading zeros, and those after it.
    private let digits: [UInt8]
    /// The number of digits after the point.
    public let scale: Int

    /// Parses `[+|-]digits[.digits]`, ignoring surrounding white space.
    ///
    /// - Returns: `nil` if the text is not such a number, or has more than 38 digits.
    public init?(_ text: String) {
        var rest = Array(text.utf8)[...].drop(while: \.isSpace)
        while rest.last?.isSpace ?? false { rest.removeLast() }
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        let whole = rest.prefix(while: \.isDigit)
        rest.removeFirst(whole.count)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = rest.prefix(while: \.isDigit)
            rest.removeFirst(fraction.count)
        }
        guard rest.isEmpty, !(whole.isEmpty && fraction.isEmpty) else { return nil }
        let significant = whole.drop { $0 == UInt8(ascii: "0") }
        let digits = Array(significant) + Array(fraction)
        guard digits.count <= Self.maximumPrecision else { return nil }
        self.init(digits.map { $0 - UInt8(ascii: "0") }, fraction.count, isNegative: isNegative)
    }

    private init(_ digits: [UInt8], _ scale: Int, isNegative: Bool) {
        self.digits = digits
        self.scale = scale
        self.isNegative = isNegative && digits.contains { $0 != 0 }
    }

    /// The number of digits before the point.
    var wholeDigitCount: Int { digits.count - scale }

    /// Returns the number rounded to another scale; half is rounded away from zero.
    func rounded(toScale newScale: Int) -> DecimalNumber {
        guard newScale < scale else {
            let zeros = [UInt8](repeating: 0, count: newScale - scale)
            return DecimalNumber(digits + zeros, newScale, isNegative: isNegative)
        }
        let kept = digits.count - (scale - newScale)
        var result = Array(digits.prefix(kept))
        if digits[kept] >= 5 {
            var index = kept - 1
            while index >= 0, result[index] == 9 {
                result[index] = 0
                index -= 1
            }
            if index >= 0 { result[index] += 1 } else { result.insert(1, at: 0) }
        }
        return DecimalNumber(result, newScale, isNegative: isNegative)
    }

    /// The number with the opposite sign.
    var negated: DecimalNumber { DecimalNumber(digits, scale, isNegative: !isNegative) }

    /// The number without its fraction, or `nil` if it is not a 64-bit integer.
    var truncated: Int64? {
        let whole = digits.prefix(wholeDigitCount)
        let text = (isNegative ? "-" : "") + (whole.isEmpty ? "0" : Self.text(whole))
        return Int64(text)
    }

    /// The digits, with a point if there is a fraction.
    public var description: String {
        let whole = digits.prefix(wholeDigitCount)
        var text = (isNegative ? "-" : "") + (whole.isEmpty ? "0" : Self.text(whole))
        if scale > 0 { text += "." + Self.text(digits.suffix(scale)) }
        return text
    }

    private static func text(_ digits: ArraySlice<UInt8>) -> String {
        String(decoding: digits.map { $0 + UInt8(ascii: "0") }, as: UTF8.self)
    }
}
