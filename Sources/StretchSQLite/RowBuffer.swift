internal import CSQLite

/// Rows in one block of memory.
///
/// Rows are transferred between local and remote, compared, and hashed in this form.
///
/// A row is the concatenation of its values. A value is a tag byte (0 NULL, 1 INTEGER, 2 REAL, 3
/// TEXT, 4 BLOB) and a payload: nothing; 8 bytes, little endian (for REAL the IEEE 754 bits); or a
/// length of 4 bytes, little endian, and that many bytes. The encoding is canonical: two rows are
/// equal, value by value and storage class by storage class, if and only if their bytes are.
public final class RowBuffer {
    /// The number of values in each row.
    public let columnCount: Int
    // These are accessed for each value of each row. No closure runs while one of them changes, and
    // only one thread at a time uses a buffer. Exclusivity checks at run time, which take a fifth
    // of a scan, are therefore unnecessary.
    @exclusivity(unchecked) package private(set) var base: UnsafeMutableRawPointer
    @exclusivity(unchecked) private var capacity: Int
    /// The number of bytes in use.
    @exclusivity(unchecked) public private(set) var byteCount = 0
    /// The offset of each row's first byte.
    @exclusivity(unchecked) package private(set) var rowOffsets: [Int] = []
    /// The identifier of each row for its reader, such as a rowid or a location.
    @exclusivity(unchecked) package var rowIdentifiers: [Int64] = []

    /// Creates an empty buffer for rows of `columnCount` values.
    public init(columnCount: Int, capacity: Int = 4_096) {
        self.columnCount = columnCount
        self.capacity = max(capacity, 64)
        base = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    /// The number of complete rows.
    public var rowCount: Int { rowOffsets.count }

    /// Removes all rows and keeps the memory.
    public func removeAll() {
        byteCount = 0
        rowOffsets.removeAll(keepingCapacity: true)
        rowIdentifiers.removeAll(keepingCapacity: true)
    }

    /// Starts a row; exactly `columnCount` values must follow.
    public func beginRow(identifier: Int64) {
        rowOffsets.append(byteCount)
        rowIdentifiers.append(identifier)
    }

    /// Removes the row that was started last.
    public func removeLastRow() {
        byteCount = rowOffsets.removeLast()
        rowIdentifiers.removeLast()
    }

    // MARK: Appending

    /// Appends one value to the current row.
    public func append(_ value: Value) {
        switch value {
        case .null: appendNull()
        case .integer(let value): append(value)
        case .real(let value): append(value)
        case .text(let text): text.bytes.withUnsafeBytes { append(text: $0) }
        case .blob(let bytes): bytes.withUnsafeBytes { append(blob: $0) }
        }
    }

    /// Appends a NULL.
    public func appendNull() {
        reserve(1)
        put(tag: .null)
    }

    /// Appends an INTEGER.
    public func append(_ value: Int64) {
        reserve(9)
        put(tag: .integer)
        base.storeBytes(of: value.littleEndian, toByteOffset: byteCount, as: Int64.self)
        byteCount += 8
    }

    /// Appends a REAL.
    public func append(_ value: Double) {
        reserve(9)
        put(tag: .real)
        base.storeBytes(
            of: value.bitPattern.littleEndian, toByteOffset: byteCount, as: UInt64.self)
        byteCount += 8
    }

    /// Appends a TEXT of raw bytes.
    public func append(text: UnsafeRawBufferPointer) { append(tag: .text, text) }

    /// Appends a BLOB.
    public func append(blob: UnsafeRawBufferPointer) { append(tag: .blob, blob) }

    /// Appends an encoded value of another row.
    package func append(_ value: EncodedValue) {
        let bytes = UnsafeRawBufferPointer(start: value.address, count: value.encodedByteCount)
        reserve(bytes.count)
        (base + byteCount).copyMemory(from: bytes.baseAddress!, byteCount: bytes.count)
        byteCount += bytes.count
    }

    /// Appends a row of another buffer, with its identifier.
    package func appendRow(_ row: Int, of other: RowBuffer) {
        let bytes = other.bytes(ofRow: row)
        beginRow(identifier: other.rowIdentifiers[row])
        reserve(bytes.count)
        if let address = bytes.baseAddress {
            (base + byteCount).copyMemory(from: address, byteCount: bytes.count)
        }
        byteCount += bytes.count
    }

    /// Returns a copy in which a column of some rows is NULL.
    package func settingNull(column: Int, inRows rows: Set<Int>) -> RowBuffer {
        let copy = RowBuffer(columnCount: columnCount, capacity: byteCount)
        for row in 0..<rowCount {
            guard rows.contains(row) else {
                copy.appendRow(row, of: self)
                continue
            }
            copy.beginRow(identifier: rowIdentifiers[row])
            for other in 0..<columnCount {
                if other == column {
                    copy.appendNull()
                } else {
                    copy.append(value(row: row, column: other))
                }
            }
        }
        return copy
    }

    /// Replaces all rows with encoded ones, which a closure writes into the buffer's memory.
    ///
    /// Identifiers are the row indexes, starting at 0.
    ///
    /// - Returns: Whether the bytes are `rowCount` complete rows; if not, the buffer is empty.
    package func load<Failure: Error>(
        rowCount: Int, byteCount: Int,
        _ write: (UnsafeMutableRawBufferPointer) throws(Failure) -> Bool
    ) throws(Failure) -> Bool {
        removeAll()
        reserve(byteCount)
        guard try write(UnsafeMutableRawBufferPointer(start: base, count: byteCount)) else {
            return false
        }
        let bytes = UnsafeRawBufferPointer(start: base, count: byteCount)
        var offset = 0
        while self.rowCount < rowCount, offset < byteCount {
            rowOffsets.append(offset)
            rowIdentifiers.append(Int64(rowIdentifiers.count))
            for _ in 0..<columnCount {
                guard let value = EncodedValue(in: bytes, at: offset) else {
                    removeAll()
                    return false
                }
                offset += value.encodedByteCount
            }
        }
        guard self.rowCount == rowCount, offset == byteCount else {
            removeAll()
            return false
        }
        self.byteCount = byteCount
        return true
    }

    /// Appends the columns `first ..< first + columnCount` of a statement's current row.
    package func appendRow(of statement: Statement, from first: Int, routines: Routines) {
        let table = routines.table
        for index in Int32(first)..<Int32(first + columnCount) {
            append(columnOf: statement.handle, index, table)
        }
    }

    @inline(__always)
    func append(
        columnOf statement: OpaquePointer, _ index: Int32, _ table: UnsafePointer<csqlite_routines>
    ) {
        switch table.pointee.column_type(statement, index) {
        case SQLITE_INTEGER: append(table.pointee.column_int64(statement, index))
        case SQLITE_FLOAT: append(table.pointee.column_double(statement, index))
        case SQLITE_TEXT:
            let text = table.pointee.column_text(statement, index)
            let count = Int(table.pointee.column_bytes(statement, index))
            append(text: UnsafeRawBufferPointer(start: text, count: count))
        case SQLITE_BLOB:
            let blob = table.pointee.column_blob(statement, index)
            let count = Int(table.pointee.column_bytes(statement, index))
            append(blob: UnsafeRawBufferPointer(start: blob, count: count))
        default: appendNull()
        }
    }

    private func append(tag: EncodedValue.Tag, _ bytes: UnsafeRawBufferPointer) {
        reserve(5 + bytes.count)
        put(tag: tag)
        base.storeBytes(
            of: UInt32(bytes.count).littleEndian, toByteOffset: byteCount, as: UInt32.self)
        byteCount += 4
        if let address = bytes.baseAddress, bytes.count > 0 {
            (base + byteCount).copyMemory(from: address, byteCount: bytes.count)
            byteCount += bytes.count
        }
    }

    @inline(__always)
    private func put(tag: EncodedValue.Tag) {
        base.storeBytes(of: tag.rawValue, toByteOffset: byteCount, as: UInt8.self)
        byteCount += 1
    }

    @inline(__always)
    private func reserve(_ count: Int) {
        if byteCount + count > capacity { grow(count) }
    }

    @inline(never)
    private func grow(_ count: Int) {
        let larger = max(capacity * 2, byteCount + count)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        memory.copyMemory(from: base, byteCount: byteCount)
        base.deallocate()
        base = memory
        capacity = larger
    }

    // MARK: Reading

    /// The bytes of all rows, valid until the next change.
    public var bytes: UnsafeRawBufferPointer { .init(start: base, count: byteCount) }

    /// Returns the bytes of one row, valid until the next change.
    public func bytes(ofRow row: Int) -> UnsafeRawBufferPointer {
        let start = rowOffsets[row]
        let end = row + 1 < rowOffsets.count ? rowOffsets[row + 1] : byteCount
        return UnsafeRawBufferPointer(start: base + start, count: end - start)
    }

    /// Returns the value of one column of one row, valid until the next change.
    package func value(row: Int, column: Int) -> EncodedValue {
        var value = EncodedValue(address: UnsafeRawPointer(base + rowOffsets[row]))
        for _ in 0..<column { value = value.next }
        return value
    }

    /// Returns a copy of the values of one row.
    public func values(ofRow row: Int) -> [Value] {
        var values: [Value] = []
        values.reserveCapacity(columnCount)
        var next = EncodedValue(address: UnsafeRawPointer(base + rowOffsets[row]))
        for _ in 0..<columnCount {
            values.append(next.value)
            next = next.next
        }
        return values
    }
}

/// One value inside a row of a ``RowBuffer``; valid as long as the buffer does not change.
package struct EncodedValue {
    package enum Tag: UInt8 {
        case null = 0
        case integer, real, text, blob
    }

    package let address: UnsafeRawPointer

    /// Creates a value whose encoding starts at an address.
    package init(address: UnsafeRawPointer) { self.address = address }

    /// Creates the value at an offset of untrusted bytes, or `nil` if there is no valid value.
    init?(in bytes: UnsafeRawBufferPointer, at offset: Int) {
        let rest = bytes.count - offset
        guard rest > 0, let tag = Tag(rawValue: bytes[offset]) else { return nil }
        let headerByteCount = tag == .null ? 1 : (tag == .integer || tag == .real) ? 9 : 5
        guard rest >= headerByteCount else { return nil }
        address = bytes.baseAddress! + offset
        guard rest >= encodedByteCount else { return nil }
    }

    package var tag: Tag {
        // Only `RowBuffer` writes tags.
        Tag(rawValue: address.load(as: UInt8.self)).unsafelyUnwrapped
    }
    package var integer: Int64 {
        Int64(littleEndian: (address + 1).loadUnaligned(as: Int64.self))
    }
    package var real: Double {
        Double(bitPattern: UInt64(littleEndian: (address + 1).loadUnaligned(as: UInt64.self)))
    }
    package var bytes: UnsafeRawBufferPointer {
        let count = UInt32(littleEndian: (address + 1).loadUnaligned(as: UInt32.self))
        return UnsafeRawBufferPointer(start: address + 5, count: Int(count))
    }
    package var encodedByteCount: Int {
        switch tag {
        case .null: 1
        case .integer, .real: 9
        case .text, .blob: 5 + bytes.count
        }
    }
    package var next: EncodedValue { EncodedValue(address: address + encodedByteCount) }

    package var value: Value {
        switch tag {
        case .null: .null
        case .integer: .integer(integer)
        case .real: .real(real)
        case .text: .text(Text(bytes: [UInt8](bytes)))
        case .blob: .blob([UInt8](bytes))
        }
    }
}

extension Value {
    /// Returns the canonical encoding of values, as in a row of a ``RowBuffer``.
    package static func encode(_ values: [Value]) -> [UInt8] {
        let buffer = RowBuffer(columnCount: values.count)
        buffer.beginRow(identifier: 0)
        for value in values { buffer.append(value) }
        return [UInt8](buffer.bytes)
    }

    /// Decodes the values of bytes returned by `encode`; `nil` if they are damaged.
    package static func decode(_ bytes: [UInt8]) -> [Value]? {
        bytes.withUnsafeBytes { decode($0) }
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer) -> [Value]? {
        var values: [Value] = []
        var offset = 0
        while offset < bytes.count {
            guard let encoded = EncodedValue(in: bytes, at: offset) else { return nil }
            values.append(encoded.value)
            offset += encoded.encodedByteCount
        }
        return values
    }
}
