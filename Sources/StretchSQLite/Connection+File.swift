internal import CSQLite

extension Connection {
    /// Whether the file was moved, replaced or deleted since it was opened.
    ///
    /// What is written then is lost. `false` when the VFS cannot tell: <https://sqlite.org/c3ref/c_fcntl_begin_atomic_write.html#sqlitefcntlhasmoved>.
    package var hasMoved: Bool {
        var result: Int32 = 0
        // A VFS that does not know the question leaves the result as it is.
        _ = routines.table.pointee.file_control(handle, nil, SQLITE_FCNTL_HAS_MOVED, &result)
        return result != 0
    }
}
