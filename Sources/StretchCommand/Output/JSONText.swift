internal import Foundation

/// JSON in the format of the command line.
enum JSONText {
    /// Returns a report on one line.
    static func line(_ report: some Encodable) -> String { text(report, isPretty: false) }

    /// Returns a report on several lines, with fields in alphabetical order.
    static func pretty(_ report: some Encodable) -> String { text(report, isPretty: true) }

    private static func text(_ report: some Encodable, isPretty: Bool) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
        guard let data = try? encoder.encode(report) else {
            preconditionFailure("a report holds only strings, numbers and lists of them")
        }
        let text = String(decoding: data, as: UTF8.self)
        guard text.unicodeScalars.contains(where: \.isControl) else { return text }
        var result = ""
        for scalar in text.unicodeScalars { append(scalar, to: &result) }
        return result
    }

    /// Appends a scalar of a string, escaped if it could affect a terminal.
    private static func append(_ scalar: Unicode.Scalar, to text: inout String) {
        guard scalar.isControl else { return text.unicodeScalars.append(scalar) }
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }

    /// Returns a string in quotes, by <https://www.rfc-editor.org/rfc/rfc8259#section-7>.
    static func string(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            default: append(scalar, to: &result)
            }
        }
        return result + "\""
    }
}
