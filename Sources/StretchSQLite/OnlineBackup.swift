internal import CSQLite

/// A copy of one database into another while others use it, some pages at a time.
///
/// Source: <https://sqlite.org/backup.html>.
package final class OnlineBackup {
    /// What one step came to.
    package enum Progress {
        /// Pages are left.
        case unfinished
        /// The last page is copied.
        case finished
        /// Another connection's lock stands in the way for now.
        case busy
    }

    private let source: Connection
    private let destination: Connection
    private let table: UnsafePointer<csqlite_routines>
    private var handle: OpaquePointer?

    /// Begins a copy of schema main; the destination must be empty or be overwritten.
    package init(from source: Connection, to destination: Connection) throws(SQLiteError) {
        self.source = source
        self.destination = destination
        table = destination.routines.table
        handle = table.pointee.backup_init(destination.handle, "main", source.handle, "main")
        guard handle != nil else {
            throw SQLiteError(
                destination.routines, destination.handle,
                code: table.pointee.errcode(destination.handle))
        }
    }

    // A copy that was not finished is given up; its error was thrown by the step.
    deinit { if let handle { _ = table.pointee.backup_finish(handle) } }

    /// Copies at most `pageCount` pages.
    package func step(pageCount: Int32) throws(SQLiteError) -> Progress {
        guard let handle else { return .finished }
        let code = table.pointee.backup_step(handle, pageCount)
        switch code & 0xff {
        case SQLITE_OK: return .unfinished
        case SQLITE_BUSY, SQLITE_LOCKED: return .busy
        case SQLITE_DONE:
            self.handle = nil
            let result = table.pointee.backup_finish(handle)
            guard result == SQLITE_OK else { throw error(result) }
            return .finished
        default: throw error(code)
        }
    }

    /// The pages of the source, and those that are left; as of the last step.
    package var pageCounts: (total: Int, remaining: Int) {
        guard let handle else { return (0, 0) }
        return (
            Int(table.pointee.backup_pagecount(handle)),
            Int(table.pointee.backup_remaining(handle))
        )
    }

    private func error(_ code: Int32) -> SQLiteError {
        SQLiteError(destination.routines, destination.handle, code: code)
    }
}
