internal import CSQLite

extension Connection {
    /// SQLITE_IOERR_SHORT_READ: <https://sqlite.org/rescode.html#ioerr_short_read>.
    private static let shortRead: Int32 = 522

    /// Whether the file was moved, replaced or deleted since it was opened.
    ///
    /// Later writes are lost. `false` if the VFS does not support the query:
    /// <https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html#sqlitefcntlhasmoved>.
    package var hasMoved: Bool {
        var result: Int32 = 0
        // A VFS that does not support the query leaves the result unchanged.
        _ = routines.table.pointee.file_control(handle, nil, SQLITE_FCNTL_HAS_MOVED, &result)
        return result != 0
    }

    /// Stores the number of frames in the write-ahead log at an address, at each commit.
    ///
    /// It replaces automatic checkpoints: <https://sqlite.org/c3ref/wal_hook.html>.
    ///
    /// - Parameter count: Valid until the next call, or until the connection is released; `nil`
    ///   ends the counting.
    package func countLogFrames(into count: UnsafeMutablePointer<Int32>?) {
        _ = routines.table.pointee.wal_hook(
            handle,
            count.map { _ in
                { count, _, _, frames in
                    count?.assumingMemoryBound(to: Int32.self).pointee = frames
                    return SQLITE_OK
                }
            }, count)
    }

    /// Returns the first bytes of the database file, at most `count`.
    ///
    /// They are read with SQLite's own descriptor. Opening and closing another one would drop the
    /// locks of every connection of this process: <https://sqlite.org/howtocorrupt.html>, section
    /// 2.2.
    package func fileHeader(byteCount count: Int) -> [UInt8] {
        var file: UnsafeMutablePointer<sqlite3_file>?
        let code = routines.table.pointee.file_control(
            handle, "main", SQLITE_FCNTL_FILE_POINTER, &file)
        guard code == SQLITE_OK, let file, let methods = file.pointee.pMethods,
            let read = methods.pointee.xRead
        else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        // SQLite fills the missing part of a short read with zeros:
        // https://sqlite.org/c3ref/io_methods.html
        let result = read(file, &bytes, Int32(count), 0)
        return result & 0xff == SQLITE_OK || result == Self.shortRead ? bytes : []
    }
}
