internal import StretchEndpoint
internal import StretchSQLite

/// The type of a column of rows on the server.
///
/// A misfit, a value that the type cannot store exactly, is NULL in its column and stored exactly
/// in the row's `_x`.
enum ColumnType: String {
    /// `bigint`: integers.
    case integer
    /// `double precision`: reals, including −0.0 and infinities.
    case real
    /// `double precision`: integers up to 2⁵³, and reals that are not equal to such an integer.
    ///
    /// In a column of affinity NUMERIC, SQLite converts every such real to the integer, so only
    /// larger integers are misfits: <https://sqlite.org/datatype3.html>.
    case number
    /// `text` in bytewise collation: UTF-8 without NUL.
    case text
    /// `bytea`: blobs.
    case blob

    /// Creates the type for a column from a known value, or NULL.
    init(_ affinity: Affinity, holding value: Value) {
        switch (affinity, value) {
        case (.integer, _): self = .integer
        case (.real, _): self = .real
        case (.text, _): self = .text
        // Dates are text in a column of affinity NUMERIC.
        case (.numeric, .text), (.blob, .text): self = .text
        case (.numeric, _): self = .number
        case (.blob, .integer): self = .integer
        case (.blob, .real): self = .real
        case (.blob, _): self = .blob
        }
    }

    /// The type in SQL.
    var sql: String {
        switch self {
        case .integer: "bigint"
        case .real, .number: "double precision"
        case .text: "text COLLATE \"C\""
        case .blob: "bytea"
        }
    }

    /// The type as a cast; comparisons take the column's collation.
    var cast: String {
        switch self {
        case .integer: "pg_catalog.int8"
        case .real, .number: "pg_catalog.float8"
        case .text: "pg_catalog.text"
        case .blob: "pg_catalog.bytea"
        }
    }

    /// Returns whether the type can store values of a storage class, some of which may be misfits.
    func mayHold(_ value: Value) -> Bool {
        switch (self, value) {
        case (_, .null), (.integer, .integer), (.real, .real), (.number, .integer),
            (.number, .real), (.text, .text), (.blob, .blob):
            true
        default: false
        }
    }

    /// The class of values: numbers 1, text 2, blobs 3, in SQLite's order.
    var rank: Int {
        switch self {
        case .integer, .real, .number: 1
        case .text: 2
        case .blob: 3
        }
    }

    /// Not all integers beyond this limit are exact as a double.
    static let exactLimit = 9_007_199_254_740_992.0

    /// Returns whether ``number`` returns a real as an integer.
    @inline(__always)
    static func isInteger(_ real: Double) -> Bool {
        real.magnitude <= exactLimit && real.rounded(.towardZero) == real
    }

    /// Returns whether a value other than NULL is stored exactly.
    @inline(__always)
    func holds(_ value: EncodedValue) -> Bool {
        switch (self, value.tag) {
        case (.integer, .integer), (.blob, .blob): true
        case (.real, .real): !value.real.isNaN
        case (.number, .integer):
            value.integer.magnitude <= UInt64(ColumnType.exactLimit)
        case (.number, .real): !value.real.isNaN && !ColumnType.isInteger(value.real)
        case (.text, .text): ServerText.isValid(value.bytes)
        default: false
        }
    }
}

/// Text that a server with encoding UTF-8 accepts.
enum ServerText {
    /// Returns whether the bytes are UTF-8 without NUL.
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // Eight bytes at a time while they are ASCII without NUL.
        var offset = 0
        let high: UInt64 = 0x8080_8080_8080_8080
        let ones: UInt64 = 0x0101_0101_0101_0101
        while offset + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            if (word | (word &- ones)) & high != 0 { break }
            offset += 8
        }
        while offset < bytes.count, bytes[offset] < 0x80, bytes[offset] != 0 { offset += 1 }
        guard offset < bytes.count else { return true }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
        return !rest.contains(0) && String(validating: rest, as: UTF8.self) != nil
    }

    /// Returns the text, or `nil` if the server does not accept it.
    static func string(_ text: Text) -> String? {
        text.bytes.contains(0) ? nil : text.string
    }
}
