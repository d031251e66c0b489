/// Compares and splits text by bytes, as SQLite, PostgreSQL and file systems do.
///
/// Swift compares grapheme clusters under canonical equivalence: a quote before a combining mark
/// does not match a quote, and two names that SQLite distinguishes may be equal. Therefore SQL,
/// names, addresses and paths are never compared, searched or split by `Character`; `Scripts/check`
/// enforces this.
extension StringProtocol {
    /// Returns whether both have the same bytes.
    package func isSameText(as other: some StringProtocol) -> Bool {
        let isSame = utf8.withContiguousStorageIfAvailable { bytes in
            other.utf8.withContiguousStorageIfAvailable { bytes.hasSameBytes(as: $0) }
        }
        return (isSame ?? nil) ?? utf8.elementsEqual(other.utf8)
    }

    /// Returns whether the text starts with the bytes of another.
    package func beginsWith(_ other: some StringProtocol) -> Bool {
        utf8.starts(with: other.utf8)
    }

    /// Returns whether the text ends with the bytes of another.
    package func endsWith(_ other: some StringProtocol) -> Bool {
        utf8.count >= other.utf8.count && utf8.suffix(other.utf8.count).elementsEqual(other.utf8)
    }

    /// Returns whether the bytes of another text occur in this one.
    package func includes(_ other: some StringProtocol) -> Bool {
        offset(of: other) != nil
    }

    /// Returns the offset of the first occurrence of another text's bytes, or `nil`.
    private func offset(of other: some StringProtocol) -> Int? {
        let (bytes, wanted) = (Array(utf8), Array(other.utf8))
        guard let first = wanted.first else { return 0 }
        guard bytes.count >= wanted.count else { return nil }
        return (0...bytes.count - wanted.count).first { start in
            bytes[start] == first
                && bytes[start..<start + wanted.count].elementsEqual(wanted)
        }
    }

    /// Returns the parts between the occurrences of an ASCII byte.
    ///
    /// - Parameters:
    ///   - separator: A scalar below U+0080.
    ///   - maximumSplitCount: The maximum number of splits, after which the rest is the last part.
    ///   - omitsEmptyParts: Whether to omit empty parts.
    package func parts(
        between separator: Unicode.Scalar, maximumSplitCount: Int = .max,
        omitsEmptyParts: Bool = false
    ) -> [String] {
        precondition(separator.isASCII, "a separator is a byte of ASCII")
        return utf8.split(
            separator: UInt8(ascii: separator), maxSplits: maximumSplitCount,
            omittingEmptySubsequences: omitsEmptyParts
        ).map { String(decoding: $0, as: UTF8.self) }
    }

    /// Returns the text with each occurrence of an ASCII byte replaced.
    ///
    /// - Parameter scalar: A scalar below U+0080.
    package func substituting(_ scalar: Unicode.Scalar, with replacement: String) -> String {
        precondition(scalar.isASCII, "only a byte of ASCII stands for itself in UTF-8")
        let (byte, substitute) = (UInt8(ascii: scalar), Array(replacement.utf8))
        var bytes: [UInt8] = []
        bytes.reserveCapacity(utf8.count + 2 * substitute.count)
        for found in utf8 {
            if found == byte { bytes += substitute } else { bytes.append(found) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text with the letters A–Z in lower case: SQLite's rule for names, and the only one here.
    package var foldingCase: String {
        String(decoding: utf8.map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }, as: UTF8.self)
    }

    /// The text with the letters a–z in upper case.
    package var uppercasedASCII: String {
        String(decoding: utf8.map { $0 >= 0x61 && $0 <= 0x7a ? $0 & 0xdf : $0 }, as: UTF8.self)
    }

    /// The text without leading and trailing ASCII spaces, tabs and line terminators.
    package var trimmedASCII: String {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0d).contains($0) }
        let tail = utf8.drop(while: isSpace)
        let count = tail.reversed().drop(while: isSpace).count
        return String(decoding: tail.prefix(count), as: UTF8.self)
    }

    /// Returns whether two names are equal in SQLite, ignoring the case of ASCII letters.
    package func isEqualFoldingCase(_ other: some StringProtocol) -> Bool {
        utf8.count == other.utf8.count && foldingCase.isSameText(as: other.foldingCase)
    }
}

extension Sequence where Element: StringProtocol {
    /// Returns whether both have the same texts, byte by byte, in the same order.
    package func areSameTexts(as other: some Sequence<some StringProtocol>) -> Bool {
        elementsEqual(other) { $0.isSameText(as: $1) }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Returns whether both have the same bytes, comparing eight at a time.
    fileprivate func hasSameBytes(as other: Self) -> Bool {
        guard count == other.count else { return false }
        guard baseAddress != other.baseAddress else { return true }
        let (left, right) = (UnsafeRawBufferPointer(self), UnsafeRawBufferPointer(other))
        var index = 0
        while index + 8 <= count {
            let word = left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            guard word == right.loadUnaligned(fromByteOffset: index, as: UInt64.self) else {
                return false
            }
            index += 8
        }
        return left[index...].elementsEqual(right[index...])
    }
}
