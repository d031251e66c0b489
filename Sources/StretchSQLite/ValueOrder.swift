internal import CSQLite

extension EncodedValue {
    /// Compares values in SQLite's order: NULL, numbers, text, blobs.
    ///
    /// - Parameters:
    ///   - foldsCase: Whether text is compared as in NOCASE.
    ///   - ignoresTrailingSpaces: Whether text is compared as in RTRIM.
    /// - Returns: A negative number, zero or a positive number, as `memcmp` does.
    ///
    /// Source: <https://sqlite.org/datatype3.html#sort_order>.
    package func compare(
        _ other: EncodedValue, foldsCase: Bool = false, ignoresTrailingSpaces: Bool = false
    ) -> Int {
        let classes = (storageRank, other.storageRank)
        guard classes.0 == classes.1 else { return classes.0 - classes.1 }
        switch (tag, other.tag) {
        case (.null, _): return 0
        case (.integer, .integer): return order(integer, other.integer)
        case (.real, .real): return order(real, other.real)
        case (.integer, .real): return compareExactly(integer, other.real)
        case (.real, .integer): return -compareExactly(other.integer, real)
        case (.blob, _): return compareBytes(bytes, other.bytes)
        default:
            if foldsCase { return compareFolded(bytes, other.bytes) }
            if ignoresTrailingSpaces { return compareBytes(trimmed(bytes), trimmed(other.bytes)) }
            return compareBytes(bytes, other.bytes)
        }
    }

    private var storageRank: Int {
        switch tag {
        case .null: 0
        case .integer, .real: 1
        case .text: 2
        case .blob: 3
        }
    }
}

private func order<Number: Comparable>(_ left: Number, _ right: Number) -> Int {
    left < right ? -1 : left > right ? 1 : 0
}

/// Compares an integer with a real, without the rounding of a conversion.
private func compareExactly(_ left: Int64, _ right: Double) -> Int {
    // 2⁶³ is exact as a Double; every Int64 lies below it and not below −2⁶³.
    if right >= 9_223_372_036_854_775_808 { return -1 }
    if right < -9_223_372_036_854_775_808 { return 1 }
    let whole = Int64(right.rounded(.towardZero))
    if left != whole { return left < whole ? -1 : 1 }
    return order(0, right - right.rounded(.towardZero))
}

private func compareBytes(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    let count = min(left.count, right.count)
    if count > 0 {
        let result = csqlite_compare(left.baseAddress, right.baseAddress, count)
        if result != 0 { return Int(result) }
    }
    return left.count - right.count
}

/// Compares as SQLite's NOCASE: after a common NUL, only the lengths count.
private func compareFolded(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    for index in 0..<min(left.count, right.count) {
        let difference = Int(fold(left[index])) - Int(fold(right[index]))
        if difference != 0 { return difference }
        // SQLite's NOCASE stops at a NUL and then compares the lengths.
        if left[index] == 0 { break }
    }
    return left.count - right.count
}

@inline(__always)
private func fold(_ byte: UInt8) -> UInt8 {
    byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
}

private func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var count = bytes.count
    while count > 0, bytes[count - 1] == 0x20 { count -= 1 }
    return UnsafeRawBufferPointer(rebasing: bytes[0..<count])
}
