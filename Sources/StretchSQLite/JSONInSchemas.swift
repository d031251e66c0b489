internal import CSQLite
internal import Synchronization

/// JSON functions in schemas that are not trusted.
extension Routines {
    private static let known = Mutex<[UInt: Bool]>([:])

    /// Whether the library takes its own JSON functions for unsafe in a schema that is not trusted.
    ///
    /// Versions around 3.40 do: a file could not be opened if one of its CHECK constraints, indexes
    /// or generated columns calls `json_valid` or `json_extract`.
    package var refusesJSONInSchemas: Bool {
        Self.known.withLock { known in
            let key = UInt(bitPattern: address)
            if let answer = known[key] { return answer }
            let answer = findRefusal()
            known[key] = answer
            return answer
        }
    }

    private func findRefusal() -> Bool {
        var handle: OpaquePointer?
        let code = table.pointee.open_v2(
            ":memory:", &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nil)
        defer { _ = table.pointee.close_v2(handle) }
        guard code == SQLITE_OK, let handle else { return false }
        let connection = Connection(borrowing: handle, routines: self)
        func accepts(isTrusted: Bool) -> Bool {
            connection.set(.trustedSchema, isTrusted)
            return (try? connection.prepare("CREATE TABLE t(a CHECK (json_valid(a)))")) != nil
        }
        return !accepts(isTrusted: false) && accepts(isTrusted: true)
    }
}
