internal import Foundation

/// JSON as the command line prints it.
enum JSONText {
    /// A report on one line.
    static func line(_ report: some Encodable) -> String { text(report, isPretty: false) }

    /// A report over several lines, fields in alphabetical order.
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

    /// Adds a scalar of a string, as an escape where it could do something to a terminal.
    private static func append(_ scalar: Unicode.Scalar, to text: inout String) {
        guard scalar.isControl else { return text.unicodeScalars.append(scalar) }
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }

    /// A string in quotes, by <https://www.rfc-editor.org/rfc/rfc8259#section-7>.
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
