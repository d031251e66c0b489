package import StretchSQLite
internal import StretchText

extension Value {
    /// A value that a person wrote: a number or `null` as in JSON, or else a text.
    package init(written text: String) {
        if text.isSameText(as: "null") {
            self = .null
        } else if let integer = Int64(text) {
            self = .integer(integer)
        } else if let real = Double(text), real.isFinite {
            self = .real(real)
        } else {
            self = .text(Text(text))
        }
    }
}
