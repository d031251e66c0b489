extension String {
    /// The text with control characters written as escapes, such as `\u{1B}`.
    ///
    /// Names, values and servers can thus not move a terminal's cursor, set its title, or change
    /// the text direction.
    ///
    /// Line feeds and tabs are kept.
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
    /// Whether it is in C0 except line feed and tab, DEL, C1, or a mark that changes the text
    /// direction.
    var isControl: Bool {
        switch value {
        case 0x09, 0x0a: false
        case 0..<0x20, 0x7f..<0xa0, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}
