internal import CLibPQ
internal import StretchSQLite

/// Converts rows of the server to rows of a ``RowBuffer``.
///
/// A row starts with the batch's id and the ordinal, unless they are not needed, and `_x`.
struct RowDecoder {
    private let types: [ColumnType]
    private let numbers: [Int]
    let misfits: AnnouncedMisfits
    let hasPlaces: Bool
    /// The columns before the wanted ones, in SQL.
    let prefix: [String]

    /// - Parameter provesPlaces: Whether a location with two rows is returned as -1.
    init(
        _ columns: [PostgresRelation.Column], of relation: PostgresRelation,
        hasPlaces: Bool = true, provesPlaces: Bool = false
    ) {
        types = columns.map(\.type)
        numbers = columns.map(\.number)
        misfits = AnnouncedMisfits(relation)
        self.hasPlaces = hasPlaces
        let equal = Comparison.equal.sql
        let ordinal =
            provesPlaces
            ? """
            CASE WHEN (SELECT pg_catalog.count(*) FROM ONLY \(relation.table) AS _d \
            WHERE _d._b \(equal) _n._b AND _d._o \(equal) _n._o) \(equal) 1 \
            THEN _o ELSE -1 END
            """ : "_o"
        prefix = (hasPlaces ? ["_b", ordinal] : []) + ["_x"]
    }

    /// The number of fields of a row.
    var fieldCount: Int { prefix.count + types.count }

    /// Appends a row that is read field by field: each call of `next` returns the next field.
    ///
    /// - Parameter identify: Returns the row's identifier, or `nil` to skip the row.
    @inline(__always)
    func append(
        to page: RowBuffer, identify: (Int64, Int64) throws -> Int64?,
        next: () throws -> UnsafeRawBufferPointer?
    ) throws {
        var identifier: Int64 = 0
        if hasPlaces {
            guard let batch = try next(), batch.count == 8, let ordinal = try next(),
                ordinal.count == 4
            else { throw DamagedRow() }
            let place = Int64(Int32(bigEndian: ordinal.loadUnaligned(as: Int32.self)))
            let batchID = Int64(bigEndian: batch.loadUnaligned(as: Int64.self))
            guard let found = try identify(batchID, place) else { return }
            identifier = found
        }
        let misfits = try next()
        if let misfits { try self.misfits.look(at: misfits) }
        page.beginRow(identifier: identifier)
        for index in 0..<types.count {
            guard let field = try next() else {
                guard let misfits,
                    let value = try Misfits.value(ofColumn: numbers[index], in: misfits)
                else {
                    page.appendNull()
                    continue
                }
                page.append(value)
                continue
            }
            switch types[index] {
            case .integer:
                guard field.count == 8 else { throw DamagedRow() }
                page.append(Int64(bigEndian: field.loadUnaligned(as: Int64.self)))
            case .real:
                page.append(try real(field))
            case .number:
                let value = try real(field)
                if ColumnType.isInteger(value) {
                    page.append(Int64(value))
                } else {
                    page.append(value)
                }
            case .text: page.append(text: field)
            case .blob: page.append(blob: field)
            }
        }
    }

    @inline(__always)
    private func real(_ field: UnsafeRawBufferPointer) throws -> Double {
        guard field.count == 8 else { throw DamagedRow() }
        return Double(bitPattern: UInt64(bigEndian: field.loadUnaligned(as: UInt64.self)))
    }
}

/// The fields of one row of binary COPY data.
struct CopyFields {
    private var next: UnsafeRawPointer
    private let end: UnsafeRawPointer

    init(_ bytes: UnsafeRawBufferPointer) throws {
        guard let base = bytes.baseAddress else { throw DamagedRow() }
        (next, end) = (base, base + bytes.count)
    }

    var isAtEnd: Bool { next == end }

    /// Skips the header that precedes the first row.
    mutating func skipHeader() throws {
        guard end - next >= 19, next.load(as: UInt8.self) == UInt8(ascii: "P") else {
            throw DamagedRow()
        }
        let extra = Int(Int32(bigEndian: (next + 15).loadUnaligned(as: Int32.self)))
        guard extra >= 0, end - next >= 19 + extra else { throw DamagedRow() }
        next += 19 + extra
    }

    /// Returns the number of fields of the next row; −1 after the last row.
    mutating func fieldCount() throws -> Int {
        guard end - next >= 2 else { throw DamagedRow() }
        defer { next += 2 }
        return Int(Int16(bigEndian: next.loadUnaligned(as: Int16.self)))
    }

    /// Returns the next field; `nil` for NULL.
    @inline(__always)
    mutating func field() throws -> UnsafeRawBufferPointer? {
        guard end - next >= 4 else { throw DamagedRow() }
        let count = Int(Int32(bigEndian: next.loadUnaligned(as: Int32.self)))
        next += 4
        guard count >= 0 else { return nil }
        guard end - next >= count else { throw DamagedRow() }
        defer { next += count }
        return UnsafeRawBufferPointer(start: next, count: count)
    }
}

/// The fields of a result's first row, in binary format.
struct ResultFields {
    private let result: PostgresResult
    private var column: Int32

    /// - Parameter first: The number of fields before those of the decoder.
    init(_ result: PostgresResult, of decoder: RowDecoder, from first: Int) throws {
        guard Int(PQnfields(result.handle)) == first + decoder.fieldCount else {
            throw DamagedRow()
        }
        self.result = result
        column = Int32(first)
    }

    /// Returns the next field; `nil` for NULL.
    @inline(__always)
    mutating func next() -> UnsafeRawBufferPointer? {
        defer { column += 1 }
        guard PQgetisnull(result.handle, 0, column) == 0 else { return nil }
        return UnsafeRawBufferPointer(
            start: PQgetvalue(result.handle, 0, column),
            count: Int(PQgetlength(result.handle, 0, column)))
    }
}
