internal import CLibPQ
internal import StretchText

/// The result of one statement, cleared exactly once.
final class PostgresResult {
    let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { PQclear(handle) }

    var status: ExecStatusType { PQresultStatus(handle) }
    var rowCount: Int { Int(PQntuples(handle)) }

    /// Returns a value as text, or `nil` for NULL; for results in text format.
    func text(_ row: Int, _ column: Int) -> String? {
        guard PQgetisnull(handle, Int32(row), Int32(column)) == 0 else { return nil }
        return PQgetvalue(handle, Int32(row), Int32(column)).map { String(cString: $0) }
    }

    /// Returns an integer value, in text format; `nil` for NULL.
    func integer(_ row: Int, _ column: Int) -> Int64? { text(row, column).flatMap { Int64($0) } }

    /// Returns the integers in the first column of all rows, in text format.
    func integers() throws -> [Int64] {
        try (0..<rowCount).map { row in
            guard let value = integer(row, 0) else { throw DamagedRow() }
            return value
        }
    }

    func isNull(_ row: Int, _ column: Int) -> Bool {
        PQgetisnull(handle, Int32(row), Int32(column)) != 0
    }

    /// Returns an epoch or a count, in text format; `nil` for NULL and for values out of range.
    ///
    /// The range ensures that sums of a few values do not overflow.
    func count(_ row: Int, _ column: Int) -> Int64? {
        integer(row, column).flatMap { (0..<1 << 60).contains($0) ? $0 : nil }
    }

    /// Returns a `bigint` value of the first row, in binary format; `nil` for NULL.
    func bigEndian(_ column: Int) -> Int64? {
        let column = Int32(column)
        guard PQgetisnull(handle, 0, column) == 0, PQgetlength(handle, 0, column) == 8,
            let bytes = PQgetvalue(handle, 0, column)
        else { return nil }
        return Int64(bigEndian: UnsafeRawPointer(bytes).loadUnaligned(as: Int64.self))
    }

    /// Returns a Boolean value, in text format.
    func bool(_ row: Int, _ column: Int) -> Bool {
        text(row, column).map { $0.isSameText(as: "t") } ?? false
    }

    /// Returns a `bytea` value, in text format; `nil` for NULL.
    func bytes(_ row: Int, _ column: Int) -> [UInt8]? {
        guard let text = text(row, column) else { return nil }
        // The setting bytea_output of a role or a database selects one of two formats.
        guard text.beginsWith("\\x") else { return Self.unescaped(text) }
        let digits = Array(text.utf8.dropFirst(2))
        return stride(from: 0, to: digits.count - 1, by: 2).map { index in
            Hexadecimal.value(digits[index]) << 4 | Hexadecimal.value(digits[index + 1])
        }
    }

    /// Returns the bytes of a value in format "escape":
    /// <https://www.postgresql.org/docs/15/datatype-binary.html>.
    private static func unescaped(_ text: String) -> [UInt8] {
        var (bytes, rest) = ([UInt8](), Array(text.utf8)[...])
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let next = rest.first else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(3)
            if digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }) {
                bytes.append(digits.reduce(0) { $0 << 3 | ($1 & 7) })
                rest = rest.dropFirst(3)
            } else {
                bytes.append(next)
                rest = rest.dropFirst()
            }
        }
        return bytes
    }

    /// The number of rows changed by the statement.
    var changeCount: Int { PQcmdTuples(handle).flatMap { Int(String(cString: $0)) } ?? 0 }

    /// The error of a failed statement.
    var error: PostgresError {
        func field(_ letter: Unicode.Scalar) -> String? {
            PQresultErrorField(handle, Int32(letter.value)).map { String(cString: $0) }
        }
        let message = field("M") ?? String(cString: PQresultErrorMessage(handle))
        return PostgresError(sqlState: field("C") ?? "", message: message.firstLine)
    }

    /// Whether the statement failed.
    var isFailure: Bool {
        status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE
            || status == PGRES_PIPELINE_ABORTED
    }
}

enum Hexadecimal {
    static func value(_ digit: UInt8) -> UInt8 {
        digit <= 0x39 ? digit &- 0x30 : (digit | 0x20) &- 0x57
    }

    /// Returns the hexadecimal digits of bytes.
    static func digits(_ bytes: some Sequence<UInt8>) -> String {
        let table = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes { text += [table[Int(byte >> 4)], table[Int(byte & 15)]] }
        return String(decoding: text, as: UTF8.self)
    }
}

extension String {
    /// The text up to its first line break.
    var firstLine: String {
        String(
            decoding: utf8.drop { $0 <= 0x20 }.prefix { $0 != 0x0a && $0 != 0x0d }, as: UTF8.self)
    }
}
