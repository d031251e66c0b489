package import StretchSQLite

/// `stretch_lock`: an empty table, for writes that change nothing.
extension Catalog {
    private static let lock = "INSERT INTO main.stretch_lock(id, name) SELECT 1, 'lock' WHERE 0"

    /// Takes main's write lock, and changes nothing.
    package func takeWriteLock() throws(SQLiteError) { try connection.run(Self.lock) }

    /// A statement that does the same: it may abort and may write several rows, so that SQLite
    /// opens the savepoint of the running statement on main.
    package func lockStatement() throws(SQLiteError) -> Statement {
        try connection.prepare(Self.lock)
    }

    /// Writes a page with what it had, so that the log gets a frame.
    package func writeUnchangedPage() throws(SQLiteError) {
        try connection.run("INSERT INTO main.stretch_lock(name) VALUES('log')")
        try connection.run("DELETE FROM main.stretch_lock")
    }
}
