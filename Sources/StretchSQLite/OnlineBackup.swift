internal import CSQLite

/// An incremental copy of a database that stays in use.
///
/// Source: <https://sqlite.org/backup.html>.
package final class OnlineBackup {
    /// The result of one step.
    package enum Progress {
        /// Pages are left.
        case unfinished
        /// The last page is copied.
        case finished
        /// Another connection's lock blocks the copy for now.
        case busy
    }

    private let source: Connection
    private let destination: Connection
    private let table: UnsafePointer<csqlite_routines>
    private var handle: OpaquePointer?

    /// Starts a copy of schema main, which overwrites the destination.
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

    // An unfinished copy is abandoned; its error was thrown by the step.
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

    /// The number of pages of the source, and of the remaining pages, as of the last step.
    package var pageCounts: (total: Int, remaining: Int) {
        guard let handle else { return (0, 0) }
        return (
            Int(table.pointee.backup_pagecount(handle)),
            Int(table.pointee.backup_remaining(handle))
        )
    }

    /// The error of a step, which SQLite does not store in either connection:
    /// <https://sqlite.org/c3ref/backup_finish.html#sqlite3backupstep>.
    private func error(_ code: Int32) -> SQLiteError {
        let text = table.pointee.errstr(code).map { String(cString: $0) }
        return SQLiteError(extendedCode: code, message: text ?? "unknown error")
    }
}
