internal import CSQLite

/// The work that SQLite performed for a connection.
package struct Effort {
    /// The number of statements started, including those that SQLite runs internally.
    package fileprivate(set) var statementCount = 0
    /// The number of instructions of SQLite's virtual machine, in tens.
    package fileprivate(set) var instructionCount = 0
}

extension Connection {
    /// Runs `body`, and counts SQLite's work for this connection.
    ///
    /// It replaces a trace callback and a progress handler:
    /// <https://sqlite.org/c3ref/trace_v2.html>, <https://sqlite.org/c3ref/progress_handler.html>.
    package func effort<Failure: Error>(
        of body: () throws(Failure) -> Void
    ) throws(Failure) -> Effort {
        let effort = UnsafeMutablePointer<Effort>.allocate(capacity: 1)
        effort.initialize(to: Effort())
        defer { effort.deallocate() }
        let table = routines.table
        table.pointee.progress_handler(
            handle, 10,
            { context in
                context!.assumingMemoryBound(to: Effort.self).pointee.instructionCount += 1
                return 0
            }, effort)
        // The call fails only for a misused handle.
        _ = table.pointee.trace_v2(
            handle, UInt32(SQLITE_TRACE_STMT),
            { _, context, _, _ in
                context!.assumingMemoryBound(to: Effort.self).pointee.statementCount += 1
                return 0
            }, effort)
        defer {
            table.pointee.progress_handler(handle, 0, nil, nil)
            _ = table.pointee.trace_v2(handle, 0, nil, nil)
        }
        try body()
        return effort.pointee
    }
}
