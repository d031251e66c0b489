internal import StretchSQLite

/// The text form of SQLite values on the command line.
enum ValueText {
    /// Returns the exact value in JSON, as specified in `Documentation/JSON.md`.
    static func json(_ value: Value) -> String {
        switch value {
        case .null: "null"
        case .integer(let number): String(number)
        case .real(let number):
            number.isFinite ? real(number) : "{\"real\":\"\(infinity(number))\"}"
        case .text(let text):
            text.string.map(JSONText.string) ?? "{\"text\":\"\(hex(text.bytes))\"}"
        case .blob(let bytes): "{\"blob\":\"\(hex(bytes))\"}"
        }
    }

    /// Returns the value for a table.
    static func plain(_ value: Value) -> String {
        switch value {
        case .null: "NULL"
        case .integer(let number): String(number)
        case .real(let number): number.isFinite ? real(number) : infinity(number)
        case .text(let text): text.description
        case .blob(let bytes): "x'\(hex(bytes))'"
        }
    }

    /// Returns the shortest digits that yield the same number, always with a point or an exponent.
    private static func real(_ number: Double) -> String { number.description }

    private static func infinity(_ number: Double) -> String {
        number < 0 ? "-Infinity" : "Infinity"
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count * 2)
        for byte in bytes {
            result.append(digits[Int(byte >> 4)])
            result.append(digits[Int(byte & 15)])
        }
        return String(decoding: result, as: UTF8.self)
    }
}
