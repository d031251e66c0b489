internal import CLibPQ
internal import Foundation
internal import StretchEndpoint
internal import StretchSQLite

/// Writes the rows of a batch as binary COPY data:
/// <https://www.postgresql.org/docs/15/sql-copy.html#id-1.9.3.55.9.4>.
struct BatchWriter {
    /// The number of bytes passed to libpq in one call.
    static let chunkByteCount = 1 << 17

    /// A column of the table to which the batch is written.
    private struct Target {
        let number: Int
        let type: ColumnType
    }

    /// The quoted names of the table's columns, in the order of the data.
    let columnNames: [String]
    private let targets: [Target]
    /// The encoded defaults of the columns that the rows lack, which follow the rows' own columns.
    private let defaults: RowBuffer
    private let batch: NewBatch
    private let rows: RowBuffer

    init(_ batch: NewBatch, rows: RowBuffer, of relation: PostgresRelation) throws {
        self.batch = batch
        self.rows = rows
        let given = Set(batch.columns)
        let missing = relation.orderedColumns.filter {
            !given.contains($0.id) && $0.defaultValue != .null
        }
        let columns = try batch.columns.map { try relation.column($0) } + missing
        targets = columns.map { Target(number: $0.number, type: $0.type) }
        columnNames = ["_b", "_o"] + columns.map(\.name) + ["_x"]
        defaults = RowBuffer(columnCount: missing.count)
        defaults.beginRow(identifier: 0)
        for column in missing { defaults.append(column.defaultValue) }
    }

    /// Returns the COPY statement for the rows.
    func copySQL(into relation: PostgresRelation) -> String {
        """
        COPY \(relation.table)(\(columnNames.joined(separator: ", "))) FROM STDIN (FORMAT binary)
        """
    }

    /// Returns the numbers of the columns that get misfits.
    func misfitColumns() -> Set<Int> {
        var found: Set<Int> = []
        for row in 0..<rows.rowCount {
            forEachValue(ofRow: row) { index, value in
                let target = targets[index]
                if value.tag != .null, !target.type.holds(value) { found.insert(target.number) }
            }
        }
        return found
    }

    @inline(__always)
    private func forEachValue(ofRow row: Int, _ body: (Int, EncodedValue) -> Void) {
        let ownCount = rows.columnCount
        if ownCount > 0 {
            var value = rows.value(row: row, column: 0)
            for index in 0..<ownCount {
                body(index, value)
                if index + 1 < ownCount { value = value.next }
            }
        }
        guard defaults.columnCount > 0 else { return }
        var value = defaults.value(row: 0, column: 0)
        for index in 0..<defaults.columnCount {
            body(ownCount + index, value)
            if index + 1 < defaults.columnCount { value = value.next }
        }
    }

    /// Sends the rows after the server has accepted the COPY statement.
    func send(on connection: PostgresConnection) throws {
        var buffer = CopyBuffer(capacity: BatchWriter.chunkByteCount + 4_096)
        buffer.appendHeader()
        var misfits = Misfits()
        let fieldCount = Int16(targets.count + 3)
        for row in 0..<rows.rowCount {
            buffer.append(fieldCount)
            buffer.append(Int32(8))
            buffer.append(batch.id)
            buffer.append(Int32(4))
            buffer.append(Int32(truncatingIfNeeded: row))
            misfits.removeAll()
            forEachValue(ofRow: row) { index, value in
                let target = targets[index]
                if value.tag == .null {
                    buffer.append(Int32(-1))
                } else if target.type.holds(value) {
                    buffer.append(value, as: target.type)
                } else {
                    buffer.append(Int32(-1))
                    misfits.append(value, column: target.number)
                }
            }
            if misfits.isEmpty {
                buffer.append(Int32(-1))
            } else {
                misfits.bytes.withUnsafeBytes { buffer.append($0) }
            }
            if buffer.count >= BatchWriter.chunkByteCount {
                try connection.putCopyData(buffer.bytes)
                buffer.removeAll()
            }
        }
        buffer.append(Int16(-1))
        try connection.putCopyData(buffer.bytes)
        try connection.endCopy()
    }
}

/// A buffer of bytes to be sent to the server.
struct CopyBuffer: ~Copyable {
    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 16)
    }

    deinit { base.deallocate() }

    var bytes: UnsafeRawBufferPointer { .init(start: base, count: count) }

    mutating func removeAll() { count = 0 }

    mutating func appendHeader() {
        let signature: [UInt8] = Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0]
        signature.withUnsafeBytes { copy($0) }
        append(Int32(0))
        append(Int32(0))
    }

    @inline(__always)
    mutating func append<Number: FixedWidthInteger>(_ number: Number) {
        reserve(MemoryLayout<Number>.size)
        base.storeBytes(of: number.bigEndian, toByteOffset: count, as: Number.self)
        count += MemoryLayout<Number>.size
    }

    /// Appends a field: its length and its bytes.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        append(Int32(truncatingIfNeeded: bytes.count))
        copy(bytes)
    }

    /// Appends a field with a value that the type can store.
    @inline(__always)
    mutating func append(_ value: EncodedValue, as type: ColumnType) {
        switch type {
        case .integer:
            append(Int32(8))
            append(value.integer)
        case .real, .number:
            append(Int32(8))
            let real = value.tag == .integer ? Double(value.integer) : value.real
            append(real.bitPattern)
        case .text, .blob: append(value.bytes)
        }
    }

    private mutating func copy(_ bytes: UnsafeRawBufferPointer) {
        guard let address = bytes.baseAddress, !bytes.isEmpty else { return }
        reserve(bytes.count)
        (base + count).copyMemory(from: address, byteCount: bytes.count)
        count += bytes.count
    }

    @inline(__always)
    private mutating func reserve(_ more: Int) {
        if count + more > capacity { grow(more) }
    }

    @inline(never)
    private mutating func grow(_ more: Int) {
        let larger = max(capacity * 2, count + more)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 16)
        memory.copyMemory(from: base, byteCount: count)
        base.deallocate()
        (base, capacity) = (memory, larger)
    }
}
