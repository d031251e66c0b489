/// Names for tables and columns of rows that a person with `psql` recognizes.
enum RowNames {
    /// The server cuts longer names: <https://www.postgresql.org/docs/15/limits.html>.
    static let maximumByteCount = 63
    /// The names of columns that every table has or that Stretch uses.
    static let reservedColumns: Set<String> = [
        "tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", "_b", "_o", "_x",
    ]

    /// A name that is free: the wanted one where it can be, else one that begins alike.
    ///
    /// - Parameter number: Makes the name different from all others.
    static func free(
        _ wanted: String, number: Int64, isTaken: (String) -> Bool
    ) -> String {
        let name = wanted.replacing("\0", with: "")
        let isShort = !name.isEmpty && name.utf8.count <= maximumByteCount
        if isShort, !isTaken(name) { return name }
        let suffix = "_\(number)"
        var start = name
        while start.utf8.count + suffix.utf8.count > maximumByteCount { start.removeLast() }
        var candidate = start + suffix
        while isTaken(candidate) {
            if start.isEmpty { candidate += "_" } else { start.removeLast() }
            if !start.isEmpty { candidate = start + suffix }
        }
        return candidate
    }
}
