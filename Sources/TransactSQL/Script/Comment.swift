/// Block comments, which nest in SQL Server and end at the first `*/` in SQLite.
enum Comment {
    /// Returns the end of the block comment that starts at `start`, or `nil` if there is none.
    static func end(
        in bytes: some ScriptBytes, from start: Int, isNested: Bool
    ) -> (offset: Int, isClosed: Bool, holdsOpener: Bool)? {
        guard isOpener(bytes, start) else { return nil }
        var depth = 1
        var holdsOpener = false
        var offset = start + 2
        while offset < bytes.count {
            if bytes[offset] == UInt8(ascii: "*"), bytes.byte(at: offset + 1) == UInt8(ascii: "/") {
                depth -= 1
                offset += 2
                if depth == 0 { return (offset, true, holdsOpener) }
            } else if isOpener(bytes, offset) {
                holdsOpener = true
                if isNested { depth += 1 }
                offset += isNested ? 2 : 1
            } else {
                offset += 1
            }
        }
        return (bytes.count, false, holdsOpener)
    }

    private static func isOpener(_ bytes: some ScriptBytes, _ offset: Int) -> Bool {
        bytes.byte(at: offset) == UInt8(ascii: "/")
            && bytes.byte(at: offset + 1) == UInt8(ascii: "*")
    }
}
