internal import StretchText

/// Recognizable names, for users of `psql`, of row tables and their columns.
enum RowNames {
    /// The maximum length; the server truncates longer names:
    /// <https://www.postgresql.org/docs/15/limits.html>.
    static let maximumByteCount = 63
    /// The names of columns that every table has or that Stretch uses.
    static let reservedColumns = taken([
        "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", "_b", "_o", "_x",
        // Columns added to the rows of a point read.
        "_f", "_n",
    ])

    /// Returns names as compared by the server: by bytes.
    static func taken(_ names: some Sequence<String>) -> Set<[UInt8]> {
        Set(names.lazy.map { Array($0.utf8) })
    }

    /// Returns the name without NUL, which the server cannot store.
    static func storable(_ name: String) -> String { name.substituting("\0", with: "") }

    /// Returns an unused name: the wanted one if possible, otherwise one with the same prefix.
    ///
    /// - Parameter number: A number that makes the name unique.
    static func free(
        _ wanted: String, number: Int64, isTaken: (String) -> Bool
    ) -> String {
        let name = storable(wanted)
        let isShort = !name.isEmpty && name.utf8.count <= maximumByteCount
        if isShort, !isTaken(name) { return name }
        let suffix = "_\(number)"
        var start = name.unicodeScalars
        while String(start).utf8.count + suffix.utf8.count > maximumByteCount {
            start.removeLast()
        }
        var candidate = String(start) + suffix
        while isTaken(candidate) {
            if start.isEmpty { candidate += "_" } else { start.removeLast() }
            if !start.isEmpty { candidate = String(start) + suffix }
        }
        return candidate
    }
}
