package import StretchSQLite

/// `stretch_lock`: an empty table for writes that change nothing.
extension Catalog {
    private static let lock = "INSERT INTO main.stretch_lock(id, name) SELECT 1, 'lock' WHERE 0"

    /// Acquires main's write lock without changing anything.
    package func takeWriteLock() throws(SQLiteError) { try connection.run(Self.lock) }

    /// Returns a statement that also opens the running statement's savepoint on main.
    ///
    /// SQLite opens the savepoint because the statement may abort and may write several rows.
    package func lockStatement() throws(SQLiteError) -> Statement {
        try connection.prepare(Self.lock)
    }

    /// Rewrites a page unchanged, so that a frame is added to the log.
    package func writeUnchangedPage() throws(SQLiteError) {
        try connection.run("INSERT INTO main.stretch_lock(name) VALUES('log')")
        try connection.run("DELETE FROM main.stretch_lock")
    }
}
