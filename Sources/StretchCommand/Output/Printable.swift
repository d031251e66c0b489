extension String {
    /// The text with control characters written as escapes, such as `\u{1B}`.
    ///
    /// So no name, value or server can move a terminal's cursor, set its title, or turn the order
    /// of what is read.
    ///
    /// Line feeds and tabs stay.
    var printable: String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        var result = ""
        for scalar in unicodeScalars {
            if scalar.isControl {
                result += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension Unicode.Scalar {
    /// C0 but the line feed and the tab, DEL and C1, and the marks that turn the direction of text.
    var isControl: Bool {
        switch value {
        case 0x09, 0x0a: false
        case 0..<0x20, 0x7f..<0xa0, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}
