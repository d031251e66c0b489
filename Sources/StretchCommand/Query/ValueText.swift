internal import StretchSQLite

/// A value of SQLite as the command line writes it.
enum ValueText {
    /// The value in JSON, exactly: `Documentation/JSON.md` is the contract.
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

    /// The value in a table for people.
    static func plain(_ value: Value) -> String {
        switch value {
        case .null: "NULL"
        case .integer(let number): String(number)
        case .real(let number): number.isFinite ? real(number) : infinity(number)
        case .text(let text): text.description
        case .blob(let bytes): "x'\(hex(bytes))'"
        }
    }

    /// The shortest digits that give the same number again, always with a point or an exponent.
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
