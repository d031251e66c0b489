internal import StretchCore
internal import StretchSQLite

/// The content of `_x`: the values of a row that their columns cannot store.
///
/// | offset | size | field |
/// |---|---|---|
/// | 0 | 2 | the column's number, big endian |
/// | 2 | 1, 9, or 5 and the length | the value as in a row of a ``RowBuffer`` |
///
/// The entries are in ascending order of column numbers.
struct Misfits {
    private(set) var bytes: [UInt8] = []

    var isEmpty: Bool { bytes.isEmpty }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func append(_ value: EncodedValue, column number: Int) {
        bytes.append(UInt8(number >> 8))
        bytes.append(UInt8(number & 0xff))
        bytes += UnsafeRawBufferPointer(start: value.address, count: value.encodedByteCount)
    }

    /// Returns the value of a column, or `nil` if there is none.
    ///
    /// - Throws: An error if the bytes are damaged.
    static func value(
        ofColumn number: Int, in bytes: UnsafeRawBufferPointer
    ) throws(DamagedRow) -> EncodedValue? {
        try first(in: bytes) { $0 == number }?.value
    }

    /// Returns the first value whose column number meets a condition.
    ///
    /// - Throws: An error if the bytes are damaged.
    static func first(
        in bytes: UnsafeRawBufferPointer, where isWanted: (Int) -> Bool
    ) throws(DamagedRow) -> (number: Int, value: EncodedValue)? {
        var offset = 0
        while offset < bytes.count {
            guard bytes.count - offset >= 3 else { throw DamagedRow() }
            let found = Int(bytes[offset]) << 8 | Int(bytes[offset + 1])
            let start = offset + 2
            guard let tag = EncodedValue.Tag(rawValue: bytes[start]) else { throw DamagedRow() }
            let header = tag == .null ? 1 : (tag == .integer || tag == .real) ? 9 : 5
            guard bytes.count - start >= header else { throw DamagedRow() }
            let value = EncodedValue(address: bytes.baseAddress! + start)
            guard bytes.count - start >= value.encodedByteCount else { throw DamagedRow() }
            if isWanted(found) { return (found, value) }
            offset = start + value.encodedByteCount
        }
        return nil
    }
}

/// The columns of a relation that have misfits according to its definition.
///
/// Conditions and orders rely on it: a misfit of another column could be omitted or out of order.
final class AnnouncedMisfits {
    private let numbers: Set<Int>
    private let relation: Int64
    /// The number of a column with an unexpected misfit, if one was found.
    private(set) var unannounced: Int?

    init(_ relation: PostgresRelation) {
        numbers = Set(relation.orderedColumns.lazy.filter(\.hasMisfits).map(\.number))
        self.relation = relation.id
    }

    /// Returns whether a column has misfits.
    func areAnnounced(_ number: Int) -> Bool { numbers.contains(number) }

    /// Checks the `_x` of a row.
    func look(at bytes: UnsafeRawBufferPointer) throws(DamagedRow) {
        let found = try Misfits.first(in: bytes) { !numbers.contains($0) }
        if let found { unannounced = found.number }
    }

    /// - Throws: `damaged` unless a column has misfits, or it is `nil`.
    func require(_ number: Int?, remote: String) throws(StretchError) {
        guard let number, !numbers.contains(number) else { return }
        throw StretchError(
            .damaged,
            "remote \"\(remote)\": relation \(relation) has values in _x for column \(number), "
                + "whose has_misfits is false",
            hint: "Put the remote back from its backup, then: \(advice: .reauthorize).")
    }
}

/// A row that the server cannot have sent unless another program changed its table.
struct DamagedRow: Error {}
