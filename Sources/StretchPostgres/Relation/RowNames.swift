internal import StretchText

/// Names for tables and columns of rows that a person with `psql` recognizes.
enum RowNames {
    /// The server cuts longer names: <https://www.postgresql.org/docs/15/limits.html>.
    static let maximumByteCount = 63
    /// The names of columns that every table has or that Stretch uses.
    static let reservedColumns = taken([
        "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", "_b", "_o", "_x",
        // What stands beside the rows in a point read.
        "_f", "_n",
    ])

    /// Names as the server compares them: by bytes.
    static func taken(_ names: some Sequence<String>) -> Set<[UInt8]> {
        Set(names.lazy.map { Array($0.utf8) })
    }

    /// The name as the server can hold it: without NUL.
    static func storable(_ name: String) -> String { name.substituting("\0", with: "") }

    /// A name that is free: the wanted one where it can be, else one that begins alike.
    ///
    /// - Parameter number: Makes the name different from all others.
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
