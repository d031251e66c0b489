internal import CSQLite

/// What SQLite did for a connection while something ran.
package struct Effort {
    /// The statements that began to run, also those that SQLite runs by itself.
    package fileprivate(set) var statementCount = 0
    /// The instructions of SQLite's virtual machine, in tens.
    package fileprivate(set) var instructionCount = 0
}

extension Connection {
    /// Runs `body`, and counts what SQLite does for this connection meanwhile.
    ///
    /// It takes the place of a trace and of a progress handler:
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
        // Only a misused handle fails.
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
